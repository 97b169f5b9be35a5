import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ContractEvent } from '../../spec/index.ts'
import { fingerprintOf, sortOut } from './sort-out.ts'
import type { RelayedEvent } from './stream.ts'

const event = (id: string, value: string): ContractEvent => ({
  id,
  contract: 'C',
  transactionHash: 't',
  operation: 0,
  ledger: 5n,
  occurredAt: new Date(0),
  name: null,
  topics: [],
  value,
})

/** What the tables hold, and what some events do to them. */
function createTable() {
  const known: RelayedEvent[] = []
  return (events: readonly ContractEvent[], isReread: boolean): string[] => {
    const prints = new Set(events.map(fingerprintOf))
    const ids = new Set(events.map(({ id }) => id))
    const asked = known.filter((row) => prints.has(row.fingerprint) || ids.has(row.id))
    const fresh = sortOut(events, { known: asked, isReread })
    known.push(...fresh.map(({ row }) => row))
    return fresh.map((one) => one.event.id)
  }
}

describe('sorting out what was relayed', () => {
  it('takes an id once, and twice the same content under two ids', () => {
    const take = createTable()
    expect(take([event('1', 'a'), event('2', 'a')], false)).toEqual(['1', '2'])
    expect(take([event('2', 'a'), event('3', 'a'), event('3', 'a')], false)).toEqual(['3'])
  })

  it('knows an event under another id when history is read again, and finds what was missed', () => {
    const take = createTable()
    take([event('1', 'a'), event('2', 'b')], false)
    expect(take([event('x1', 'a'), event('x2', 'b'), event('x3', 'c')], true)).toEqual(['x3'])
    expect(take([event('x1', 'a'), event('x2', 'b'), event('x3', 'c')], true)).toEqual([])
    expect(take([event('1', 'a'), event('2', 'b'), event('3', 'c')], true)).toEqual([])
  })

  it('an id that stands for another content is told apart', () => {
    const known = [{ id: '1', fingerprint: 'other', ledger: 5n }]
    expect(sortOut([event('1', 'a')], { known, isReread: false })[0]?.isIdTaken).toBe(true)
  })

  it('relays each event once, whatever was missed and however ids are counted when it is read again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.boolean()), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 4 }),
        (values, shifts) => {
          const take = createTable()
          const numbered = (shift: number) => values.map(([value], index) => event(`${index + shift}`, value))
          // The first reading missed some of them.
          const first = numbered(0).filter((_event, index) => values[index]?.[1] === true)
          const relayed = take(first, false).length
          const rest = shifts.flatMap((shift) => take(numbered(shift), true))
          expect(relayed + rest.length).toBe(values.length)
          for (const shift of shifts) expect(take(numbered(shift), true)).toEqual([])
        },
      ),
      { numRuns: 500 },
    )
  })
})
