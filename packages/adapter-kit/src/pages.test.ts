import { describe, expect, it, vi } from 'vitest'
import { type Page, walkPages } from './pages.ts'

const PAGES: Readonly<Record<number, Page<string, number>>> = {
  0: { items: ['a', 'b'], next: 1 },
  1: { items: [], next: 2 },
  2: { items: ['c'], next: null },
}
const read = async (cursor: number): Promise<Page<string, number>> =>
  PAGES[cursor] ?? { items: [], next: null }

async function collect<T>(walk: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = []
  for await (const item of walk) items.push(item)
  return items
}

describe('walkPages', () => {
  it('gives every item in order and stops at the end', async () => {
    const items = await collect(walkPages({ provider: 'x', first: 0, maxPages: 3, read }))
    expect(items).toEqual(['a', 'b', 'c'])
  })

  it('reads a page only when it is needed', async () => {
    const spy = vi.fn(read)
    for await (const item of walkPages({ provider: 'x', first: 0, maxPages: 3, read: spy })) {
      if (item === 'b') break
    }
    expect(spy).toHaveBeenCalledTimes(1)
  })

  it('throws rather than give a list that is not whole', async () => {
    const walk = collect(walkPages({ provider: 'x', first: 0, maxPages: 2, read }))
    await expect(walk).rejects.toThrow('x: a list has more than 2 pages.')
  })

  it('throws when a cursor comes back', async () => {
    const loop = async (): Promise<Page<string, number>> => ({ items: ['a'], next: 7 })
    const walk = collect(walkPages({ provider: 'x', first: 0, maxPages: 99, read: loop }))
    await expect(walk).rejects.toThrow('shown before')
  })
})
