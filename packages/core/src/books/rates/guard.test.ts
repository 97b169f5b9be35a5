import { describe, expect, it } from 'vitest'
import { Rate } from '../../spec/index.ts'
import { agreed } from './guard.ts'

const at = new Date('2026-03-02T12:00:00.000Z')
const of = (source: string, text: string) => ({
  rate: Rate.of({ base: 'USD/2', quote: 'BRL/2' }, text),
  source,
  observedAt: at,
  fetchedAt: at,
})
const guard = { maxDeviationBps: 1_000, windowMs: 1, quorum: 1 }
const sourceOf = (told: string[], last: string | null, quorum = 1) =>
  agreed(
    told.map((text, index) => of(`s${index}`, text)),
    { last: last === null ? null : of('last', last), guard: { ...guard, quorum } },
  )?.source ?? null

describe('which rate is believed', () => {
  it.each([
    ['the first, with nothing to compare', ['5'], null, 1, 's0'],
    ['the first that is near the last one', ['5.2'], '5', 1, 's0'],
    ['none, when it jumped and nobody else says so', ['6'], '5', 1, null],
    ['the one that jumped, when another source says so too', ['6', '6.1'], '5', 1, 's0'],
    ['the second, when the first is wrong by a factor', ['50', '5.1'], '5', 1, 's1'],
    ['none, when sources differ from the last and from each other', ['6', '8'], '5', 1, null],
    ['none, before the quorum', ['5'], null, 2, null],
    ['the first of a quorum', ['5', '5.1'], null, 2, 's0'],
    ['the pair that agrees, when the first stands alone', ['9', '5', '5.1'], null, 2, 's1'],
  ])('%s', (_what, told, last, quorum, source) => {
    expect(sourceOf(told, last, quorum)).toBe(source)
  })
})
