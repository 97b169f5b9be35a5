import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quickTransfers } from './quick-transfers.ts'
import { newTransfersSchema } from './transfer.ts'

const whole = {
  kind: 'posted',
  id: 't',
  cause: 'c',
  debit: 'a',
  credit: 'b',
  amount: { amount: 5n, asset: 'BRL/2' },
} as const

const oddText = fc.oneof(
  fc.constantFrom('', 'a b', 'expire:h', 'título', 'x'.repeat(128), 'x'.repeat(129), 'a\n'),
  fc.string({ maxLength: 12 }),
  fc.constantFrom(undefined, null, 5, {}),
)
const oddMoney = fc.oneof(
  fc.record({
    amount: fc.oneof(fc.bigInt(), fc.constantFrom(0n, 10n ** 60n, 10n ** 60n - 1n), fc.integer()),
    asset: fc.constantFrom('BRL/2', 'ETH/18', 'BRL', '', 'brl/2', null),
  }),
  fc.constantFrom(null, 5n, [], { amount: 5n }, { amount: 5n, asset: 'BRL/2', more: 1 }),
)
const oddTransfer = fc
  .record(
    {
      kind: fc.constantFrom('posted', 'pending', 'void', null),
      id: oddText,
      cause: oddText,
      debit: oddText,
      credit: oddText,
      amount: oddMoney,
      memo: fc.constantFrom('word', undefined),
      linked: fc.boolean(),
      unknown: fc.constant(1),
    },
    { requiredKeys: [] },
  )
  .map((changes) => ({ ...whole, ...changes }))

test('nothing is right at first sight that the schema refuses, and both make the same of it', () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(whole), oddTransfer), { maxLength: 3 }), (list) => {
      const quick = quickTransfers(list)
      if (quick === null) return
      accepted += 1
      expect(newTransfersSchema.parse(list)).toEqual(quick)
    }),
    { numRuns: 5_000 },
  )
  expect(accepted).toBeGreaterThan(100)
})

test('it is a copy: what a caller changes later is not posted', () => {
  const mine = { ...whole, amount: { ...whole.amount } }
  const [copy] = quickTransfers([mine]) ?? []
  mine.amount.amount = 6n as never
  expect(copy).toEqual(whole)
})

test('what carries more, or comes from elsewhere than a literal, is left to the schema', () => {
  const made = Object.assign(Object.create({ memo: 'inherited' }), whole)
  for (const other of [{ ...whole, memo: 'word' }, { ...whole, linked: false }, made, null, 'posted'])
    expect(quickTransfers([other])).toBeNull()
  expect(quickTransfers(Array.from({ length: 1_001 }, () => whole))).toBeNull()
  expect(quickTransfers(whole)).toBeNull()
})
