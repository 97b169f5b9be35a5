import {
  type AssetId,
  Money,
  type PaymentFacts,
  type ProviderDispute,
  type ProviderPaymentState,
  type ProviderReceipt,
  type ProviderRefund,
} from '../../spec/index.ts'

/** Money that arrived, with the most that was told of it. A charge that is captured in parts grows. */
export interface ReceiptFact {
  readonly ref: string
  readonly amount: Money
  readonly fee: Money | null
  readonly receivedAt: Date | null
}

/** A refund, at the furthest state that was told. */
export interface RefundFact {
  readonly ref: string
  readonly state: ProviderRefund['state']
  readonly amount: Money
  readonly receiptRef: string | null
  /** Our operation's id, where the provider repeats it. */
  readonly idempotencyKey: string | null
  readonly detail: string | null
}

/** A dispute or block, as it was told last. */
export interface DisputeFact {
  readonly ref: string
  readonly state: ProviderDispute['state']
  /** When the provider said the state. Null: it did not tell when. */
  readonly stateAt: Date | null
  readonly amount: Money
  readonly receiptRef: string | null
  /** What is taken or held back, as told last. Null: never told. */
  readonly withdrawn: Money | null
  readonly withdrawnState: ProviderDispute['state'] | null
  readonly withdrawnAt: Date | null
  readonly fee: Money | null
  readonly reason: string | null
  readonly respondBy: Date | null
}

/** All that a provider has told of one payment. */
export interface Story {
  readonly told: ReadonlySet<ProviderPaymentState>
  readonly authorized: Money
  readonly receipts: ReadonlyMap<string, ReceiptFact>
  readonly refunds: ReadonlyMap<string, RefundFact>
  readonly disputes: ReadonlyMap<string, DisputeFact>
}

/** Nothing was told yet. */
export function emptyStory(asset: AssetId): Story {
  return {
    told: new Set(),
    authorized: Money.zero(asset),
    receipts: new Map(),
    refunds: new Map(),
    disputes: new Map(),
  }
}

/** How far each state of a refund is. `failed` may come after `succeeded`, never the other way round. */
export const REFUND_RANK: Readonly<Record<ProviderRefund['state'], number>> = {
  pending: 0,
  succeeded: 1,
  failed: 2,
}

/**
 * How far each state of a dispute is, which decides only between words of one moment or without a time: a provider
 * may reopen what it closed, so a later word counts more than a further state.
 */
export const DISPUTE_RANK: Readonly<Record<ProviderDispute['state'], number>> = {
  warned: 0,
  inquiry: 1,
  blocked: 2,
  needs_response: 3,
  under_review: 4,
  closed: 5,
  won: 6,
  lost: 7,
}

/** In these states of a dispute the smaller of two amounts told at one moment is the later one: money comes back. */
const GIVES_BACK: ReadonlySet<ProviderDispute['state']> = new Set(['won', 'closed'])

/**
 * Adds news to the story. Pure; folding the same news in any order, any number of times, gives the same story. News
 * must have passed `screen`: every amount is of the payment's asset.
 */
export function fold(story: Story, facts: PaymentFacts, { at }: { readonly at: Date | null }): Story {
  const { state, authorized, receipts = [], refunds = [], disputes = [] } = facts
  return {
    told: state === undefined || story.told.has(state) ? story.told : new Set([...story.told, state]),
    authorized: authorized === undefined ? story.authorized : most(story.authorized, authorized),
    receipts: merged(story.receipts, receipts.map(toReceipt), joinReceipts),
    refunds: merged(story.refunds, refunds.map(toRefund), joinRefunds),
    disputes: merged(
      story.disputes,
      disputes.map((dispute) => toDispute(dispute, at)),
      joinDisputes,
    ),
  }
}

function merged<F extends { readonly ref: string }>(
  known: ReadonlyMap<string, F>,
  told: readonly F[],
  join: (left: F, right: F) => F,
): ReadonlyMap<string, F> {
  if (told.length === 0) return known
  const all = new Map(known)
  for (const fact of told) {
    const before = all.get(fact.ref)
    all.set(fact.ref, before === undefined ? fact : join(before, fact))
  }
  return all
}

function toReceipt({ ref, amount, fee, receivedAt }: ProviderReceipt): ReceiptFact {
  return { ref, amount, fee: fee ?? null, receivedAt: receivedAt ?? null }
}

function toRefund(told: ProviderRefund): RefundFact {
  const { ref, state, amount, receiptRef = null, idempotencyKey = null, detail = null } = told
  return { ref, state, amount, receiptRef, idempotencyKey, detail }
}

function toDispute(told: ProviderDispute, at: Date | null): DisputeFact {
  const { ref, state, amount, receiptRef = null, fee = null, reason = null, respondBy = null } = told
  const withdrawn = told.withdrawn ?? null
  const isTold = withdrawn !== null
  return {
    ref,
    state,
    stateAt: at,
    amount,
    receiptRef,
    withdrawn,
    withdrawnState: isTold ? state : null,
    withdrawnAt: isTold ? at : null,
    // The fee belongs to the word of what is withdrawn: a provider may give both back.
    fee: isTold ? (fee ?? Money.zero(amount.asset)) : null,
    reason,
    respondBy,
  }
}

function joinReceipts(left: ReceiptFact, right: ReceiptFact): ReceiptFact {
  return {
    ref: left.ref,
    amount: most(left.amount, right.amount),
    fee: mostOrNull(left.fee, right.fee),
    receivedAt: earliest(left.receivedAt, right.receivedAt),
  }
}

function joinRefunds(left: RefundFact, right: RefundFact): RefundFact {
  return {
    ref: left.ref,
    state: REFUND_RANK[left.state] >= REFUND_RANK[right.state] ? left.state : right.state,
    amount: most(left.amount, right.amount),
    receiptRef: greater(left.receiptRef, right.receiptRef),
    idempotencyKey: greater(left.idempotencyKey, right.idempotencyKey),
    detail: greater(left.detail, right.detail),
  }
}

function joinDisputes(left: DisputeFact, right: DisputeFact): DisputeFact {
  const state = isStateLater(left, right) ? left : right
  const taken = isWithdrawnLater(left, right) ? left : right
  return {
    ref: left.ref,
    state: state.state,
    stateAt: state.stateAt,
    amount: most(left.amount, right.amount),
    receiptRef: greater(left.receiptRef, right.receiptRef),
    withdrawn: taken.withdrawn,
    withdrawnState: taken.withdrawnState,
    withdrawnAt: taken.withdrawnAt,
    fee: taken.fee,
    reason: greater(left.reason, right.reason),
    respondBy: latest(left.respondBy, right.respondBy),
  }
}

function isStateLater(left: DisputeFact, right: DisputeFact): boolean {
  const byTime = timeOf(left.stateAt) - timeOf(right.stateAt)
  return byTime === 0 ? DISPUTE_RANK[left.state] >= DISPUTE_RANK[right.state] : byTime > 0
}

function isWithdrawnLater(left: DisputeFact, right: DisputeFact): boolean {
  if (left.withdrawn === null || left.withdrawnState === null) return false
  if (right.withdrawn === null || right.withdrawnState === null) return true
  const byTime = timeOf(left.withdrawnAt) - timeOf(right.withdrawnAt)
  if (byTime !== 0) return byTime > 0
  const byRank = DISPUTE_RANK[left.withdrawnState] - DISPUTE_RANK[right.withdrawnState]
  if (byRank !== 0) return byRank > 0
  const byAmount = left.withdrawn.amount - right.withdrawn.amount
  const more = byAmount === 0n ? (left.fee?.amount ?? 0n) - (right.fee?.amount ?? 0n) : byAmount
  return GIVES_BACK.has(left.withdrawnState) ? more <= 0n : more > 0n
}

/** Words without a time come before all that have one. */
function timeOf(at: Date | null): number {
  return at?.getTime() ?? 0
}

function most(left: Money, right: Money): Money {
  return right.amount > left.amount ? right : left
}

function mostOrNull(left: Money | null, right: Money | null): Money | null {
  if (left === null || right === null) return left ?? right
  return most(left, right)
}

/** The greater text: any rule will do, so long as it does not depend on the order of arrival. */
function greater(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right
  return right > left ? right : left
}

function earliest(left: Date | null, right: Date | null): Date | null {
  if (left === null || right === null) return left ?? right
  return right < left ? right : left
}

function latest(left: Date | null, right: Date | null): Date | null {
  if (left === null || right === null) return left ?? right
  return right > left ? right : left
}
