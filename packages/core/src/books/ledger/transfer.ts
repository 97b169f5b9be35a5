import { z } from 'zod'
import { moneySchema } from '../../platform/input.ts'
import type { Money } from '../../spec/index.ts'
import { AMOUNT_LIMIT, type Balance, ledgerIdSchema, textSchema } from './account.ts'
import type { RefusalRule } from './refusals.ts'

/** What every kind of transfer carries. */
interface Common {
  /**
   * Chosen by you, and the idempotency key: 1 to 128 printable ASCII characters without spaces, not starting with
   * `expire:`. The same id with the same body is booked once and answers `exists`; with another body, `conflict`.
   */
  readonly id: string
  /** The id of the intent that wants it, such as a payout's or a trade's. */
  readonly cause: string
  /** When it happened in the world. Default: when it is booked. */
  readonly effectiveAt?: Date
  /** A word for people, at most 256 characters. */
  readonly memo?: string
  /**
   * Booked only together with the next transfer of the list: a run of linked ones and the one after it is a group that
   * succeeds or fails whole. A member that was booked before counts as done. Not part of the body.
   */
  readonly linked?: boolean
}

interface Moving extends Common {
  readonly debit: string
  readonly credit: string
  /** More than zero. With `balancing`, the most that may move. */
  readonly amount: Money
  /**
   * Moves as much of the amount as there is: `debit` no more than keeps the debit account at zero or above its
   * minimum, `credit` the same for the credit account. Nothing at all is `insufficient_funds`.
   */
  readonly balancing?: 'debit' | 'credit'
}

/** Moves value now. */
export interface PostedTransfer extends Moving {
  readonly kind: 'posted'
}

/** Holds value: promised, and not moved before a `post`. */
export interface PendingTransfer extends Moving {
  readonly kind: 'pending'
  /** From this moment on it can be neither posted nor voided; the sweep of expired holds releases it. Default: never. */
  readonly expiresAt?: Date
}

/** Moves what a hold promised, whole or in part; the rest is released. A hold is settled once. */
export interface PostTransfer extends Common {
  readonly kind: 'post'
  /** The id of the pending transfer. */
  readonly hold: string
  /** Default: all of it. */
  readonly amount?: Money
}

/** Releases a hold without moving anything. */
export interface VoidTransfer extends Common {
  readonly kind: 'void'
  /** The id of the pending transfer. */
  readonly hold: string
}

/** A transfer to book. */
export type NewTransfer = PostedTransfer | PendingTransfer | PostTransfer | VoidTransfer

/** `expire` is booked by the sweep of expired holds only. */
export type TransferKind = NewTransfer['kind'] | 'expire'

/** What became of a hold. */
export type HoldState = 'open' | 'posted' | 'voided' | 'expired'

/** One side of a transfer, right after it. */
export interface TransferSide {
  readonly account: string
  /** Counts the account's transfers: 1, 2, 3, … without gaps. */
  readonly version: bigint
  /** The account's posted balance right after it, on its normal side. */
  readonly postedAfter: Money
}

/** A transfer as it was booked. Never changes; a correction is another transfer. */
export interface LedgerTransfer {
  readonly id: string
  readonly kind: TransferKind
  readonly debit: TransferSide
  readonly credit: TransferSide
  /** What moved (`posted`, `post`), is held (`pending`) or was released (`void`, `expire`). */
  readonly amount: Money
  /** The hold that a `post`, `void` or `expire` settled. */
  readonly hold: string | null
  /** What became of it since, for a `pending` transfer. The one fact here that changes. */
  readonly holdState: HoldState | null
  readonly expiresAt: Date | null
  readonly cause: string
  readonly memo: string | null
  /** When it happened in the world. */
  readonly effectiveAt: Date
  /** When it was written here. */
  readonly bookedAt: Date
}

/** It is in the books: now (`accepted`) or since an earlier call with the same id and body (`exists`). */
export interface BookedResult {
  readonly status: 'accepted' | 'exists'
  readonly id: string
  readonly transfer: LedgerTransfer
  /** `accepted`: right after this transfer. `exists`: as they stand after the call. */
  readonly balances: { readonly debit: Balance; readonly credit: Balance }
}

/** It is not in the books, and left nothing there. */
export interface RefusedResult {
  readonly status: 'refused'
  readonly id: string
  readonly rule: RefusalRule
  /** The account that the rule was about, where there is one. */
  readonly account: string | null
  /** The name of the limit, for `velocity_limit` only. */
  readonly limit?: string
}

/** What became of one transfer of a call. */
export type TransferResult = BookedResult | RefusedResult

/** The most transfers of one call. */
export const TRANSFERS_LIMIT = 1_000

/** Ids that only the sweep of expired holds makes: `expire:<hold>`. */
export const EXPIRE_PREFIX = 'expire:'

const EARLIEST = Date.UTC(1, 0, 1)
const LATEST = Date.UTC(9999, 0, 1)

/** A time that every calendar of ours can hold. */
export const timeSchema = z
  .date({ error: 'must be a Date' })
  .refine((time) => time.getTime() >= EARLIEST && time.getTime() < LATEST, {
    error: 'must lie in the years 1901 to 9998',
  })

const transferIdSchema = ledgerIdSchema.refine((id) => !id.startsWith(EXPIRE_PREFIX), {
  error: `must not start with ${EXPIRE_PREFIX}, which the sweep of expired holds uses`,
})

const amountSchema = moneySchema
  .refine((money) => money.amount > 0n, { error: 'must be more than zero', path: ['amount'] })
  .refine((money) => money.amount < AMOUNT_LIMIT, { error: 'must be less than 10^60', path: ['amount'] })

const common = {
  id: transferIdSchema,
  cause: ledgerIdSchema,
  effectiveAt: timeSchema.optional(),
  memo: textSchema.max(256, 'must be at most 256 characters').optional(),
  linked: z.boolean({ error: 'must be true or false' }).optional(),
}

const moving = {
  ...common,
  debit: ledgerIdSchema,
  credit: ledgerIdSchema,
  amount: amountSchema,
  balancing: z.enum(['debit', 'credit'], { error: 'must be debit or credit' }).optional(),
}

/** The shape of `NewTransfer`. */
export const newTransferSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('posted'), ...moving }),
    z.strictObject({ kind: z.literal('pending'), ...moving, expiresAt: timeSchema.optional() }),
    z.strictObject({
      kind: z.literal('post'),
      ...common,
      hold: ledgerIdSchema,
      amount: amountSchema.optional(),
    }),
    z.strictObject({ kind: z.literal('void'), ...common, hold: ledgerIdSchema }),
  ],
  { error: 'must be posted, pending, post or void' },
)

/** The shape of a list of transfers. */
export const newTransfersSchema = z
  .array(newTransferSchema, { error: 'must be a list of transfers' })
  .min(1, 'must hold at least one transfer')
  .max(TRANSFERS_LIMIT, `must hold at most ${TRANSFERS_LIMIT} transfers`)
  .refine((transfers) => transfers.at(-1)?.linked !== true, {
    error: 'must end with a transfer that is not linked: there is no next one',
  })
