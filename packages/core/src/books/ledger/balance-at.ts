import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { parseInput } from '../../platform/input.ts'
import { ledgerIdSchema } from './account.ts'
import type { BalanceAt, TimeKind, TrialBalanceAt } from './reading-store.ts'
import type { LedgerTx } from './store.ts'
import { timeSchema } from './transfer.ts'

/** An instant, and the time of transfers it is compared with. */
export interface Instant {
  readonly at: Date
  /** Default `booked`. */
  readonly by?: TimeKind
}

/** The shape of `TimeKind`. */
export const timeKindSchema = z.enum(['booked', 'effective'], { error: 'must be booked or effective' })

const instantSchema = z.strictObject({ at: timeSchema, by: timeKindSchema.default('booked') })
const accountSchema = z.strictObject({ account: ledgerIdSchema })

/**
 * What an account held at an instant, everything at that very instant included.
 *
 * By `booked` the cost does not grow with the history: a few dozen index look-ups. By `effective` it grows with the
 * transfers that have a date of their own and lie on the other side of the instant: booked before and effective after,
 * or the reverse; to find those, it reads the ones with a date after the instant, or those booked after it.
 * @throws LastroError `not_found`, `invalid_input`.
 */
export async function balanceAt(tx: LedgerTx, account: string, instant: Instant): Promise<BalanceAt> {
  const { at, by } = parseInput(instantSchema, instant)
  parseInput(accountSchema, { account })
  const found = await tx.ledgerReads.balanceAt({ account, at, by })
  if (found === null) throw new LastroError('not_found', { kind: 'ledger account', id: account })
  return found
}

/**
 * The sums of all accounts at an instant, one row an asset. The cost grows with the number of accounts.
 * @throws LastroError `invalid_input`.
 */
export async function trialBalanceAt(tx: LedgerTx, instant: Instant): Promise<readonly TrialBalanceAt[]> {
  return tx.ledgerReads.trialBalanceAt(parseInput(instantSchema, instant))
}
