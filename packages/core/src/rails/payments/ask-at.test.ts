import { expect, it } from 'vitest'
import { nextAskAt } from './ask-at.ts'

const HOUR_MS = 3_600_000

it.each([
  ['pending', 60_000, 60_000],
  ['pending', HOUR_MS, 900_000],
  ['pending', 24 * HOUR_MS, 1_800_000],
  ['pending', 30 * 24 * HOUR_MS, 15 * HOUR_MS],
  ['paid', HOUR_MS, 900_000],
  ['paid', 10 * 24 * HOUR_MS, 6 * HOUR_MS],
  ['paid', 96 * 24 * HOUR_MS, 48 * HOUR_MS],
] as const)('a payment that is %s, of an age of %i ms, is asked about after %i ms', (state, age, wait) => {
  const createdAt = new Date(0)
  const clock = { now: () => new Date(age) }
  expect(nextAskAt({ clock }, { state, createdAt }).getTime() - age).toBe(wait)
})
