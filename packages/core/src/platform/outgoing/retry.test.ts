import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { afterRest, askedWaitMs, nextTry, restUntil, spreadOf } from './retry.ts'

const AT = new Date('2026-03-02T12:00:00.000Z')
const SCHEDULE = [0, 5_000, 300_000]
const msTo = (date: Date | null) => (date === null ? null : date.getTime() - AT.getTime())

describe('spread', () => {
  it('is the same for one text, between 0 and 1, and different for most', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const spread = spreadOf(seed)
        expect(spread).toBeGreaterThanOrEqual(0)
        expect(spread).toBeLessThan(1)
        expect(spreadOf(seed)).toBe(spread)
      }),
    )
    const many = Array.from({ length: 1_000 }, (_, index) => spreadOf(`whod_${index}:1`))
    expect(new Set(many).size).toBeGreaterThan(990)
    const mean = many.reduce((sum, one) => sum + one, 0) / many.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
  })
})

describe('the next try', () => {
  const next = (tries: number, askedMs = 0) =>
    msTo(nextTry({ scheduleMs: SCHEDULE, tries, seed: 'd:1', at: AT, askedMs }))

  it('comes after the wait of the schedule and at most a fifth more', () => {
    for (const [tries, wait] of [
      [1, 5_000],
      [2, 300_000],
    ] as const) {
      expect(next(tries)).toBeGreaterThanOrEqual(wait)
      expect(next(tries)).toBeLessThanOrEqual(wait * 1.2)
    }
  })

  it('is not when the schedule is used up, and is later where that was asked', () => {
    expect(next(3)).toBeNull()
    expect(next(1, 60_000)).toBe(60_000)
    expect(next(2, 60_000)).toBeGreaterThanOrEqual(300_000)
  })
})

describe('retry-after', () => {
  it.each([
    [undefined, 0],
    ['', 0],
    ['soon', 0],
    ['-5', 0],
    ['0', 0],
    ['7', 7_000],
    [' 7 ', 7_000],
    ['999999999', 86_400_000],
    ['Mon, 02 Mar 2026 12:01:00 GMT', 60_000],
    ['Mon, 02 Mar 2026 11:00:00 GMT', 0],
    ['Mon, 02 Mar 2027 12:00:00 GMT', 86_400_000],
  ])('%j asks for %i ms', (header, ms) => expect(askedWaitMs(header, AT)).toBe(ms))
})

describe('rest', () => {
  const rest = (status: number | null, failures: number, askedMs = 0) =>
    msTo(restUntil({ status, failures, askedMs, at: AT }))

  it('is given to who asks for it and to who keeps failing', () => {
    expect(rest(500, 1)).toBeNull()
    expect(rest(null, 4)).toBeNull()
    for (const status of [429, 502, 504]) expect(rest(status, 1)).toBe(60_000)
    expect(rest(503, 1, 120_000)).toBe(120_000)
    expect(rest(429, 1, 5_000)).toBe(60_000)
    expect([5, 6, 7, 9, 10, 1_000].map((failures) => rest(500, failures))).toEqual([
      30_000, 60_000, 120_000, 480_000, 600_000, 600_000,
    ])
  })

  it('ends for each delivery at a moment of its own', () => {
    const woken = ['a', 'b', 'c'].map((seed) => msTo(afterRest(AT, seed)) ?? -1)
    expect(new Set(woken).size).toBe(3)
    for (const ms of woken) expect(ms).toBeLessThan(5_000)
  })
})
