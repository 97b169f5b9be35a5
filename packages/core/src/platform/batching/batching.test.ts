import { describe, expect, it } from 'vitest'
import { createBatcher } from './index.ts'

const LIMITS = { items: 3, weight: 100, waitingItems: 5, waitingWeight: 1_000 }

/** A batcher whose batches end when the test says so. */
function held(limits = LIMITS) {
  const batches: { items: readonly number[]; end: (error?: Error) => void }[] = []
  const batcher = createBatcher<number, string>({
    limits,
    weigh: (item) => item,
    send: (items) =>
      new Promise((resolve, reject) => {
        batches.push({
          items,
          end: (error) => (error ? reject(error) : resolve(items.map((item) => `did ${item}`))),
        })
      }),
  })
  return { batcher, batches }
}

describe('a batcher', () => {
  it('sends a lone call at once, and what came meanwhile together, up to its limits', async () => {
    const { batcher, batches } = held()
    const results = [batcher.add(1)]
    await expect.poll(() => batches.length).toBe(1)
    for (const item of [2, 3, 4, 5]) results.push(batcher.add(item))
    batches[0]?.end()
    await expect.poll(() => batches.length).toBe(2)
    batches[1]?.end()
    await expect.poll(() => batches.length).toBe(3)
    batches[2]?.end()
    expect(await Promise.all(results)).toEqual(['did 1', 'did 2', 'did 3', 'did 4', 'did 5'])
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5]])
  })

  it('cuts a batch by weight, and takes one that is too heavy alone', async () => {
    const { batcher, batches } = held()
    const results = [60, 60, 500, 1].map((item) => batcher.add(item))
    for (let count = 1; count <= 4; count += 1) {
      await expect.poll(() => batches.length).toBe(count)
      batches[count - 1]?.end()
    }
    await Promise.all(results)
    expect(batches.map(({ items }) => items)).toEqual([[60], [60], [500], [1]])
  })

  it('fails every call of a batch that failed, and goes on with the next', async () => {
    const { batcher, batches } = held()
    const first = batcher.add(1)
    await expect.poll(() => batches.length).toBe(1)
    const second = [batcher.add(2), batcher.add(3)]
    batches[0]?.end()
    await first
    await expect.poll(() => batches.length).toBe(2)
    const failures = Promise.allSettled(second)
    batches[1]?.end(new Error('down'))
    expect((await failures).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const third = batcher.add(4)
    await expect.poll(() => batches.length).toBe(3)
    batches[2]?.end()
    expect(await third).toBe('did 4')
  })

  it('says when too much waits, and waits for all of it', async () => {
    const { batcher, batches } = held()
    const results = [1, 2, 3, 4].map((item) => batcher.add(item))
    expect(batcher.isFull()).toBe(false)
    results.push(batcher.add(5))
    expect(batcher.isFull()).toBe(true)
    let isDrained = false
    const drained = batcher.drain().then(() => {
      isDrained = true
    })
    await expect.poll(() => batches.length).toBe(1)
    batches[0]?.end()
    await expect.poll(() => batches.length).toBe(2)
    expect(isDrained).toBe(false)
    batches[1]?.end()
    await Promise.all(results)
    await drained
    expect(batcher.isFull()).toBe(false)
  })
})
