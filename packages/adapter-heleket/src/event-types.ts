import type { EventTypeRow } from '@lastro/core/spec'
import { PAYMENT_STATUSES, PAYOUT_STATUSES } from './statuses.ts'

/** The `type` of a webhook. A `wallet` delivery is a deposit on a static wallet, with the statuses of a payment. */
export type Family = 'payment' | 'wallet' | 'payout'

const STATUSES: Readonly<Record<Family, Readonly<Record<string, { readonly becomes: string }>>>> = {
  payment: PAYMENT_STATUSES,
  wallet: PAYMENT_STATUSES,
  payout: PAYOUT_STATUSES,
}

const BECOMES: Readonly<Record<Family, (told: string) => string>> = {
  payment: (told) => `payment ${told}`,
  wallet: () => 'wallet_deposit changed',
  payout: (told) => `payout ${told}`,
}

/** True for the three types that Heleket documents. */
export const isFamily = (value: unknown): value is Family =>
  typeof value === 'string' && Object.hasOwn(STATUSES, value)

/**
 * Every type and status that Heleket documents. All of them are asked: the signature is weak and has no time in it. Fewer
 * are pushed (the page on payment webhooks leaves out `check`, `process`, `wrong_amount_waiting` and `locked`).
 */
export const EVENT_TYPES: readonly EventTypeRow[] = Object.entries(STATUSES).flatMap(([family, statuses]) =>
  Object.entries(statuses).map(
    ([status, { becomes }]): EventTypeRow => ({
      type: `${family}.${status}`,
      does: 'asked',
      becomes: BECOMES[family as Family](becomes),
    }),
  ),
)

const KNOWN = new Set(EVENT_TYPES.map(({ type }) => type))

/** True for an event type of the table. */
export const isKnownType = (topic: string): boolean => KNOWN.has(topic)
