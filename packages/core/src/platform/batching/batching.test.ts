import { describe, expect, it } from 'vitest'
import { type BatcherParts, createBatcher } from './index.ts'

const LIMITS = { items: 3, weight: 100, waitingItems: 5, waitingWeight: 1_000 }

/** A batcher whose batches end when the test says so. */
function held(limits = LIMITS, more: Partial<BatcherParts<number, string>> = {}) {
  const batches: { items: readonly number[]; end: (error?: Error) => void }[] = []
  const batcher = createBatcher<number, string>({
    limits,
    weigh: (item) => item,
    ...more,
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

  describe('with two batches under way', () => {
    const wide = { items: 100, weight: 10_000, waitingItems: 1_000, waitingWeight: 100_000 }

    it('starts the second while the first is out, and lets nobody wait for the slower one', async () => {
      const { batcher, batches } = held(LIMITS, { flights: 2 })
      const first = batcher.add(1)
      await expect.poll(() => batches.length).toBe(1)
      const second = batcher.add(2)
      await expect.poll(() => batches.length).toBe(2)
      const third = batcher.add(3)
      batches[1]?.end()
      expect(await second).toBe('did 2')
      await expect.poll(() => batches.length).toBe(3)
      batches[2]?.end()
      expect(await third).toBe('did 3')
      batches[0]?.end()
      expect(await first).toBe('did 1')
      await batcher.drain()
    })

    it('never has one lane in both: its items go in their order, and others pass them', async () => {
      const { batcher, batches } = held(LIMITS, {
        flights: 2,
        laneOf: (item) => (item % 2 === 1 ? 'odd' : null),
      })
      const results = [batcher.add(1)]
      await expect.poll(() => batches.length).toBe(1)
      for (const item of [3, 2, 5, 4]) results.push(batcher.add(item))
      await expect.poll(() => batches.length).toBe(2)
      batches[1]?.end()
      expect(await Promise.all([results[2], results[4]])).toEqual(['did 2', 'did 4'])
      expect(batches.map(({ items }) => items)).toEqual([[1], [2, 4]])
      batches[0]?.end()
      await expect.poll(() => batches.length).toBe(3)
      batches[2]?.end()
      expect(await Promise.all(results)).toEqual([1, 3, 2, 5, 4].map((item) => `did ${item}`))
      expect(batches[2]?.items).toEqual([3, 5])
    })

    it('frees the lane of a batch that failed', async () => {
      const { batcher, batches } = held(LIMITS, { flights: 2, laneOf: () => 'one' })
      const first = Promise.allSettled([batcher.add(1)])
      await expect.poll(() => batches.length).toBe(1)
      const second = batcher.add(2)
      batches[0]?.end(new Error('down'))
      expect((await first)[0]?.status).toBe('rejected')
      await expect.poll(() => batches.length).toBe(2)
      batches[1]?.end()
      expect(await second).toBe('did 2')
    })

    it('shares many waiting items between both', async () => {
      const { batcher, batches } = held(wide, { flights: 2, weigh: () => 1 })
      const results = Array.from({ length: 90 }, (_, item) => batcher.add(item))
      await expect.poll(() => batches.length).toBe(2)
      expect(batches.map(({ items }) => items.length)).toEqual([45, 45])
      for (const batch of batches) batch.end()
      expect(await Promise.all(results)).toHaveLength(90)
    })
  })
})
