import { type Money, ProviderError, type StatementEntry, type StatementSource } from '@lastro/core/spec'
import type { z } from 'zod'
import { moneyOf } from './amounts.ts'
import { movementObject } from './api.ts'
import type { StripeClient } from './client.ts'
import { keyOf } from './payment-refs.ts'
import { PROVIDER } from './provider.ts'

type Movement = z.output<typeof movementObject>
type Source = Exclude<Movement['source'], string | null>
type Kind = StatementEntry['kind']

/**
 * What each type of balance transaction is (docs.stripe.com/reports/balance-transaction-types). An adjustment is a
 * dispute where its source is one. All others move what is ours at Stripe, and belong to no payment.
 */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['charge', 'receipt'],
  ['payment', 'receipt'],
  ['refund', 'refund'],
  ['payment_refund', 'refund'],
  ['refund_failure', 'refund'],
  ['stripe_fee', 'fee'],
  ['stripe_fx_fee', 'fee'],
  ['tax_fee', 'fee'],
])

/** The most that Stripe puts on a page. */
const PAGE_SIZE = 100
/** A movement is there once its charge or refund is; the lists are as fresh as others of Stripe's, which is not stated. */
const LISTED_AFTER_MS = 10 * 60_000

const surprise = (message: string): ProviderError =>
  new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message })

function kindOf({ type }: Movement, source: Source | null): Kind {
  if (type === 'adjustment' && source?.object === 'dispute') return 'dispute'
  return KINDS.get(type) ?? 'other'
}

/**
 * What moved: where it was booked in another currency than it was paid in, the amount of its source, without a fee, since
 * a fee of another asset is no part of it.
 */
function amountsOf(
  { amount, fee, currency }: Movement,
  { source, kind }: { readonly source: Source | null; readonly kind: Kind },
): { readonly amount: Money | null; readonly fee?: Money } {
  const own = source?.currency ?? currency
  if (kind === 'other' || kind === 'fee' || own === currency) {
    const cost = fee === null || fee === 0 ? null : moneyOf(fee, currency)
    return { amount: moneyOf(amount, currency), ...(cost === null ? {} : { fee: cost }) }
  }
  const paid = moneyOf(source?.amount_captured ?? source?.amount ?? Number.NaN, own)
  return { amount: paid === null || amount >= 0 ? paid : { ...paid, amount: -paid.amount } }
}

/** How the movement is named: by what a receipt or refund is named elsewhere, unless it is a second one of the same. */
function namesOf(
  { id, type }: Movement,
  { source, kind }: { readonly source: Source | null; readonly kind: Kind },
): Pick<StatementEntry, 'ref' | 'providerRef' | 'idempotencyKey'> {
  if (source === null || kind === 'other' || kind === 'fee') return { ref: id }
  const isItself = source.balance_transaction === id && type !== 'refund_failure' && kind !== 'dispute'
  const key = kind === 'dispute' ? null : keyOf(source.metadata)
  return {
    ref: isItself ? source.id : id,
    ...(kind !== 'receipt' && source.charge !== null ? { providerRef: source.charge } : {}),
    ...(key === null ? {} : { idempotencyKey: key }),
  }
}

function entryOf(object: unknown): StatementEntry {
  const parsed = movementObject.safeParse(object)
  if (!parsed.success) throw surprise('a balance transaction cannot be read.')
  const movement = parsed.data
  const source = typeof movement.source === 'string' ? null : movement.source
  const kind = kindOf(movement, source)
  const { amount, ...fee } = amountsOf(movement, { source, kind })
  if (amount === null) throw surprise('a balance transaction has no amount that this adapter knows.')
  return {
    ...namesOf(movement, { source, kind }),
    kind,
    amount,
    ...fee,
    // What Stripe calls pending has moved, and cannot be paid out yet.
    state: 'settled',
    occurredAt: new Date(movement.created * 1_000),
  }
}

/** The first whole second that is not before this moment. */
const secondFrom = (date: Date): number => Math.ceil(date.getTime() / 1_000)

/** Stripe's own account of what moved: balance transactions, newest first. */
export function createStatements(client: StripeClient): StatementSource {
  return {
    specVersion: 1,
    listedAfterMs: LISTED_AFTER_MS,
    async entries({ from, to, cursor = null, signal }) {
      if (cursor !== null && !/^txn_\w{1,255}$/.test(cursor))
        throw new ProviderError({
          provider: PROVIDER,
          kind: 'invalid_request',
          message: 'cursor must be one that was told.',
        })
      const page = await client.ask(
        (stripe) =>
          stripe.balanceTransactions.list({
            created: { gte: secondFrom(from), lt: secondFrom(to) },
            limit: PAGE_SIZE,
            ...(cursor === null ? {} : { starting_after: cursor }),
            expand: ['data.source'],
          }),
        { subject: 'balance transactions', signal },
      )
      if (page === null || !Array.isArray(page.data)) throw surprise('the answer is no list of movements.')
      const items = page.data.map(entryOf)
      const last = page.data.at(-1)
      return { items, nextCursor: page.has_more && last !== undefined ? last.id : null }
    },
  }
}
