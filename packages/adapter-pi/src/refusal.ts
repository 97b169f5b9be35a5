import type { Answered } from '@lastro/adapter-kit'
import type { DeclineReason } from '@lastro/core/spec'
import { z } from 'zod'

/** Codes by which Pi refuses to create a payment to a user, from the unreleased source of its own client. */
const CREATE_REFUSALS: ReadonlyMap<string, DeclineReason> = new Map([
  ['invalid_amount', 'invalid_amount'],
  ['altered_amount', 'invalid_amount'],
  ['invalid_arguments', 'refused'],
  ['invalid_metadata', 'refused'],
  ['invalid_address', 'invalid_destination'],
  ['missing_wallet', 'invalid_destination'],
  ['user_not_found', 'invalid_destination'],
  ['missing_scope', 'not_permitted'],
  ['feature_not_available', 'not_permitted'],
  ['too_many_payments', 'limit_exceeded'],
  ['too_many_cancelled_payments', 'limit_exceeded'],
])

/** Codes that refuse nothing: they speak of Pi's own trouble. */
const TROUBLE: ReadonlySet<string> = new Set(['unknown_error'])

/** Why Pi will not create a payment, or null where the code does not say that it will not. New codes are `refused`. */
export function createRefusal(code: string | null): DeclineReason | null {
  if (code === null || TROUBLE.has(code)) return null
  return CREATE_REFUSALS.get(code) ?? 'refused'
}

/** What a code of `complete` comes to; a code that is not here is doubt. */
export const COMPLETE_CODES: ReadonlyMap<string, 'read' | 'wait' | 'alarm'> = new Map([
  ['already_completed', 'read'],
  ['cancelled_payment', 'read'],
  ['not_verified', 'wait'],
  ['txid_mismatch', 'alarm'],
  ['verification_failed', 'alarm'],
])

/** What a code of `cancel` comes to. `payment_tx_present`: money may have moved, so it is completed and not canceled. */
export const CANCEL_CODES: ReadonlyMap<string, 'read' | 'refused'> = new Map([
  ['cancelled_payment', 'read'],
  ['already_completed', 'refused'],
  ['payment_tx_present', 'refused'],
  ['forbidden', 'refused'],
])

/** What a refusal of the chain comes to. */
export type ChainRefusal =
  /** The envelope cannot apply any more: look again, and build anew; `dearer` with the highest fee allowed. */
  | { readonly do: 'again' | 'dearer' }
  | { readonly do: 'decline'; readonly reason: DeclineReason; readonly code: string }
  /** The wallet's seed cannot sign for the account, or the account is not there. */
  | { readonly do: 'credentials'; readonly code: string }
  | { readonly do: 'doubt'; readonly code: string }

const TRANSACTION_CODES: ReadonlyMap<string, ChainRefusal['do']> = new Map([
  ['tx_bad_seq', 'again'],
  ['tx_too_late', 'again'],
  ['tx_insufficient_fee', 'dearer'],
  ['tx_bad_auth', 'credentials'],
  ['tx_no_source_account', 'credentials'],
])

const OPERATION_CODES: ReadonlyMap<string, DeclineReason> = new Map([
  ['op_underfunded', 'insufficient_funds'],
  ['op_no_destination', 'invalid_destination'],
  ['op_not_authorized', 'not_permitted'],
])

const code = z.string().regex(/^[a-z_]{1,64}$/)
const failedAnswer = z.object({
  extras: z.object({ result_codes: z.object({ transaction: code, operations: z.array(code).nullish() }) }),
})

/** Reads Horizon's refusal of a transaction. */
export function chainRefusal({ json, status }: Answered): ChainRefusal {
  const parsed = failedAnswer.safeParse(json)
  if (!parsed.success) return { do: 'doubt', code: `status ${status}` }
  const { transaction, operations } = parsed.data.extras.result_codes
  if (transaction === 'tx_insufficient_balance')
    return { do: 'decline', reason: 'insufficient_funds', code: transaction }
  if (transaction === 'tx_failed') {
    const failed = operations?.find((it) => it !== 'op_success') ?? transaction
    return { do: 'decline', reason: OPERATION_CODES.get(failed) ?? 'refused', code: failed }
  }
  const known = TRANSACTION_CODES.get(transaction) ?? 'doubt'
  return known === 'again' || known === 'dearer'
    ? { do: known }
    : { do: known as 'credentials' | 'doubt', code: transaction }
}
