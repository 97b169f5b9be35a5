import { expect, test } from 'vitest'
import { manualClock } from '../src/clock.ts'
import { countingIds } from '../src/ids.ts'

test('a manual clock stands still until it is moved, and hands out dates of its own', async () => {
  const clock = manualClock('2026-01-01T00:00:00Z')
  clock.now().setFullYear(1999)
  expect(clock.now()).toEqual(new Date('2026-01-01T00:00:00Z'))
  await clock.advance(1_500)
  expect(clock.now()).toEqual(new Date('2026-01-01T00:00:01.500Z'))
  await clock.set('2025-01-01T00:00:00Z')
  expect(clock.now()).toEqual(new Date('2025-01-01T00:00:00Z'))
  await expect(clock.set('soon')).rejects.toThrow(RangeError)
  expect(() => manualClock('soon')).toThrow(RangeError)
})

test('a move ends when all who follow are there, and not after they stopped', async () => {
  const clock = manualClock('2026-01-01T00:00:00Z')
  const seen: string[] = []
  const stop = await clock.follow(async (now) => {
    await Promise.resolve()
    seen.push(now.toISOString())
  })
  await clock.advance(1_000)
  expect(seen).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'])
  stop()
  await clock.advance(1_000)
  expect(seen).toHaveLength(2)
})

test('counting ids are readable, and sort by the order of their making', () => {
  const ids = countingIds()
  const made = [ids.next('pout'), ids.next('pout'), ids.next('trd')]
  expect(made).toEqual(['pout_000001', 'pout_000002', 'trd_000003'])
  expect(countingIds().next('pout')).toBe('pout_000001')
})
