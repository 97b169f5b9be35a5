import { Money, type ProviderPaymentState } from '../../spec/index.ts'
import type { DisputeFact, Story } from './fold.ts'
import { isUnderWay, type PaymentOperation } from './operation.ts'
import { isFlexible, type Payment, type PaymentTotals } from './payment.ts'

/** How far each state that a provider tells is. The furthest one told counts. */
export const STATE_RANK: Readonly<Record<ProviderPaymentState, number>> = {
  pending: 1,
  requires_action: 2,
  processing: 3,
  authorized: 4,
  failed: 5,
  expired: 6,
  canceled: 7,
  paid: 8,
}

/** The step of the machine that leads to a state that was told. */
export const STEP_TO = {
  pending: 'await',
  requires_action: 'require',
  processing: 'process',
  authorized: 'authorize',
  failed: 'fail',
  expired: 'expire',
  canceled: 'cancel',
  paid: 'pay',
} as const satisfies Record<ProviderPaymentState, string>

/** Where the facts put a payment. Null: nothing was told yet, so its own steps decide. */
export function stateOf(
  payment: Pick<Payment, 'amount' | 'capture' | 'due' | 'endedHere'>,
  story: Pick<Story, 'told' | 'receipts'>,
): ProviderPaymentState | null {
  const received = sumOf(payment.amount, story.receipts.values())
  if (isPaid(payment, { received, told: story.told })) return 'paid'
  if (payment.endedHere !== null) return payment.endedHere
  let furthest: ProviderPaymentState | null = null
  for (const told of story.told) {
    // "Paid" without the money is a promise: only receipts make it true.
    const state = told === 'paid' ? 'processing' : told
    if (furthest === null || STATE_RANK[state] > STATE_RANK[furthest]) furthest = state
  }
  return furthest
}

function isPaid(
  payment: Pick<Payment, 'amount' | 'capture' | 'due'>,
  { received, told }: { readonly received: Money; readonly told: ReadonlySet<ProviderPaymentState> },
): boolean {
  if (received.amount >= payment.amount.amount) return true
  return isFlexible(payment) && told.has('paid') && Money.isPositive(received)
}

/** What facts and operations add up to. */
export function totalsOf(
  payment: Pick<Payment, 'amount'>,
  story: Story,
  { operations }: { readonly operations: readonly PaymentOperation[] },
): PaymentTotals {
  const zero = Money.zero(payment.amount.asset)
  const refunds = [...story.refunds.values()]
  const asked = operations.filter((operation) => isAskedOnly(operation, story))
  const fees = [...story.receipts.values(), ...story.disputes.values()].flatMap(({ fee }) =>
    fee === null ? [] : [{ amount: fee }],
  )
  return {
    authorized: story.authorized,
    received: sumOf(zero, story.receipts.values()),
    fees: sumOf(zero, fees),
    refunding: sumOf(zero, [...refunds.filter(({ state }) => state === 'pending'), ...asked]),
    refunded: sumOf(
      zero,
      refunds.filter(({ state }) => state === 'succeeded'),
    ),
    disputed: sumOf(
      zero,
      [...story.disputes.values()].map(({ withdrawn }) => ({ amount: withdrawn ?? zero })),
    ),
  }
}

/** A refund of ours that the provider has not told of: it may still take its money, so it counts. */
function isAskedOnly(operation: PaymentOperation, story: Story): boolean {
  if (operation.kind !== 'refund' || operation.state === 'declined') return false
  if (operation.providerRef !== null && story.refunds.has(operation.providerRef)) return false
  return isUnderWay(operation) || operation.providerRef !== null
}

/** What may still be given back, of the whole payment or of one of its receipts. */
export function refundable(
  payment: Pick<Payment, 'amount'>,
  story: Story,
  { operations, receiptRef }: { operations: readonly PaymentOperation[]; receiptRef: string | null },
): Money {
  const zero = Money.zero(payment.amount.asset)
  const isOf = (fact: { readonly receiptRef: string | null }) =>
    receiptRef === null || fact.receiptRef === receiptRef
  const came = [...story.receipts.values()].filter(({ ref }) => receiptRef === null || ref === receiptRef)
  const gone = [...story.refunds.values()].filter((refund) => refund.state !== 'failed' && isOf(refund))
  const asked = operations.filter((operation) => isOf(operation) && isAskedOnly(operation, story))
  const taken = [...story.disputes.values()]
    .filter(isOf)
    .map(({ withdrawn }) => ({ amount: withdrawn ?? zero }))
  const left = Money.subtract(sumOf(zero, came), sumOf(zero, [...gone, ...asked, ...taken]))
  return Money.isPositive(left) ? left : zero
}

/** True until the dispute has an end. */
export function isDisputeOpen({ state }: Pick<DisputeFact, 'state'>): boolean {
  return state !== 'won' && state !== 'lost' && state !== 'closed' && state !== 'warned'
}

function sumOf(of: Money, items: Iterable<{ readonly amount: Money }>): Money {
  let sum = 0n
  for (const { amount } of items) sum += amount.amount
  return Money.of(sum, of.asset)
}
