/** Runs the fold and the bookings over an order of news, with a ledger that is a map. */
import type { Payment } from '@lastro/core'
import { bookStory } from '../src/rails/payments/book-story.ts'
import { stateOf, totalsOf } from '../src/rails/payments/derive.ts'
import { emptyStory, fold, type Story } from '../src/rails/payments/fold.ts'
import { type Rows, rowsOf } from '../src/rails/payments/story.ts'
import type { End, Told, World } from './payments-model.ts'

const NOBODY = new Map<string, never>()

/** The end that the code comes to. Throws where two postings would carry one id. */
export function replay(world: World, order: readonly Told[]): End {
  const { asked } = world
  const payment = {
    id: 'pay_model',
    provider: 'psp',
    amount: asked,
    capture: 'automatic',
    due: null,
    endedHere: null,
    creditAccount: 'owner',
  } as unknown as Payment
  let story: Story = emptyStory(asked.asset)
  let rows: Rows = { receipts: [], refunds: [], disputes: [], operations: [] }
  const balances: Record<string, bigint> = {}
  const ids = new Set<string>()
  for (const { facts, at } of order) {
    story = fold(story, facts, { at })
    const booked = bookStory(payment, { ...rowsOf(payment, story, { rows, asked: NOBODY }), operations: [] })
    for (const transfer of booked.transfers) {
      if (transfer.kind !== 'posted') throw new Error('no refund of ours stands here')
      if (ids.has(transfer.id)) throw new Error(`${transfer.id} was booked before`)
      ids.add(transfer.id)
      balances[transfer.debit] = (balances[transfer.debit] ?? 0n) + transfer.amount.amount
      balances[transfer.credit] = (balances[transfer.credit] ?? 0n) - transfer.amount.amount
    }
    rows = booked
  }
  const of = (account: string) => balances[account] ?? 0n
  const totals = totalsOf(payment, story, { operations: [] })
  return {
    state: stateOf(payment, story) ?? 'pending',
    received: totals.received.amount,
    fees: totals.fees.amount,
    refunded: totals.refunded.amount,
    refunding: totals.refunding.amount,
    disputed: totals.disputed.amount,
    receivable: of('receivable:psp:BRL/2'),
    owner: -of('owner'),
    blocked: of('blocked:psp:BRL/2'),
    contested: of('disputed:psp:BRL/2'),
    refunds: [...story.refunds.values()].map(({ ref, state }) => `${ref}:${state}`).sort(),
    disputes: [...story.disputes.values()]
      .map(({ ref, state, withdrawn }) => `${ref}:${state}:${withdrawn?.amount ?? 0n}`)
      .sort(),
  }
}
