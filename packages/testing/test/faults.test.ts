import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFaultPlan, seededRandom } from '../src/faults.ts'

type Table = {
  readonly send: { readonly kind: 'drop' } | { readonly kind: 'slow'; readonly delayMs?: number }
  readonly read: { readonly kind: 'drop' } | { readonly kind: 'refuse'; readonly status: number }
}

describe('on request', () => {
  test('one-shots strike once each, in order, and only their operation', () => {
    const plan = createFaultPlan<Table>()
    plan.next('send', 'drop')
    plan.next('send', { kind: 'slow', delayMs: 5 })
    expect(plan.pending).toBe(2)
    expect(plan.take('read')).toBeNull()
    expect(plan.take('send', 'wd1')).toEqual({ kind: 'drop' })
    expect(plan.take('send')).toEqual({ kind: 'slow', delayMs: 5 })
    expect(plan.take('send')).toBeNull()
    expect(plan.pending).toBe(0)
    expect(plan.log).toEqual([
      { number: 1, operation: 'send', fault: { kind: 'drop' }, source: 'next', subject: 'wd1' },
      { number: 2, operation: 'send', fault: { kind: 'slow', delayMs: 5 }, source: 'next', subject: null },
    ])
  })

  test('a standing order strikes until it is cleared, after the one-shots', () => {
    const plan = createFaultPlan<Table>()
    plan.always('send', 'drop')
    plan.next('send', 'slow')
    expect([plan.take('send'), plan.take('send'), plan.take('send')].map((fault) => fault?.kind)).toEqual([
      'slow',
      'drop',
      'drop',
    ])
    plan.clear()
    expect(plan.take('send')).toBeNull()
    expect(plan.log.map(({ source }) => source)).toEqual(['next', 'always', 'always'])
  })

  test('a fault that needs more than its name is no bare name', () => {
    const plan = createFaultPlan<Table>()
    // @ts-expect-error `refuse` needs a status.
    plan.next('read', 'refuse')
    // @ts-expect-error `send` does not know it.
    plan.next('send', { kind: 'refuse', status: 400 })
    plan.next('read', { kind: 'refuse', status: 400 })
    expect(plan.pending).toBe(3)
  })
})

describe('by chance', () => {
  const rates = { send: { drop: 0.3, slow: 0.2 }, read: { drop: 0.5 } }
  const draw = (seed: number, operations: readonly (keyof Table)[]) => {
    const plan = createFaultPlan<Table>()
    plan.random({ seed, rates })
    return operations.map((operation) => `${operation} ${plan.take(operation)?.kind ?? 'fine'}`)
  }

  test('one seed gives one sequence for an operation, however the operations interleave', () => {
    const operations = fc.array(fc.constantFrom<keyof Table>('send', 'read'), { maxLength: 40 })
    fc.assert(
      fc.property(fc.integer(), operations, (seed, mixed) => {
        const sorted = mixed.toSorted()
        const only = (name: string) => (line: string) => line.startsWith(name)
        for (const name of ['send', 'read']) {
          expect(draw(seed, mixed).filter(only(name))).toEqual(draw(seed, sorted).filter(only(name)))
        }
      }),
    )
  })

  test('one-shots do not shift what chance brings', () => {
    const plain = createFaultPlan<Table>()
    const shot = createFaultPlan<Table>()
    for (const plan of [plain, shot]) plan.random({ seed: 7, rates })
    shot.next('send', 'slow')
    const take = (plan: typeof plain) => Array.from({ length: 20 }, () => plan.take('send')?.kind)
    expect(take(shot).slice(1)).toEqual(take(plain).slice(1))
  })

  test('rates are kept, roughly', () => {
    const kinds = draw(
      1,
      Array.from({ length: 10_000 }, () => 'send' as const),
    )
    const share = (kind: string) => kinds.filter((line) => line.endsWith(kind)).length / 10_000
    expect(share('drop')).toBeCloseTo(0.3, 1)
    expect(share('slow')).toBeCloseTo(0.2, 1)
  })

  test('a seed is picked where none is given, and told', () => {
    const plan = createFaultPlan<Table>()
    expect(plan.describe()).toBe('no seed: no faults')
    const { seed } = plan.random({ rates: { send: { drop: 1 } } })
    plan.take('send')
    plan.take('send')
    expect(plan.seed).toBe(seed)
    expect(plan.describe()).toBe(`seed ${seed}: send drop x2`)
  })

  test.each([
    [{ send: { drop: 1.1 } }],
    [{ send: { drop: -0.1 } }],
    [{ send: { drop: Number.NaN } }],
    [{ send: { drop: 0.6, slow: 0.6 } }],
  ])('refuses the rates %j', (wrong) => {
    expect(() => createFaultPlan<Table>().random({ rates: wrong })).toThrow(RangeError)
  })

  test('numbers lie from 0 up to 1', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed)
        const number = random()
        expect(number).toBeGreaterThanOrEqual(0)
        expect(number).toBeLessThan(1)
        expect(seededRandom(seed)()).toBe(number)
      }),
    )
  })
})
