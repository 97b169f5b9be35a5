import { z } from 'zod'
import { assetSchema, moneySchema } from '../../platform/input.ts'
import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { AssetId, Money } from '../../spec/index.ts'

/**
 * The life of an account. Frozen: no new transfers and no new holds, while holds made before may still be posted,
 * voided or expire. Closed: nothing any more, for good; only an empty account without holds can be closed.
 */
export const accountMachine = defineMachine({
  name: 'ledger_account',
  initial: 'open',
  states: {
    open: { freeze: 'frozen', close: 'closed' },
    frozen: { unfreeze: 'open', close: 'closed' },
    closed: {},
  },
})

/** Where an account stands. */
export type AccountState = StateOf<typeof accountMachine>

/** The side on which an account's balance grows: what we own is `debit`, what we owe is `credit`. */
export type NormalSide = 'debit' | 'credit'

/** `no_overdraft`: the balance, less what is held on its way out, never falls below zero. */
export type AccountConstraint = 'none' | 'no_overdraft'

/** A ledger account to open: a place value can be, in one asset. */
export interface NewAccount {
  /** Chosen by you: 1 to 128 printable ASCII characters without spaces, such as `custody:polygon:USDC.polygon/6`. */
  readonly id: string
  readonly asset: AssetId
  readonly normalSide: NormalSide
  readonly constraint: AccountConstraint
  /** The balance may not fall below this by a new transfer, what is held counted as gone. May be negative: a credit line. */
  readonly minimum?: Money
  /** The balance may not rise above this by a new transfer, what is on its way in counted as there. */
  readonly maximum?: Money
  /** Your own words about it. Not part of the definition: opening again with other words changes nothing. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** How much is in an account, counted on its normal side. */
export interface Balance {
  readonly account: string
  /** How many transfers have touched the account. */
  readonly version: bigint
  /** What is really there. */
  readonly posted: Money
  /** Held on its way in: not there yet. */
  readonly pendingIn: Money
  /** Held on its way out: still there, but promised. */
  readonly pendingOut: Money
  /** `posted` less `pendingOut`. Minimum and credit line are not counted in. */
  readonly available: Money
}

/** A ledger account as it stands. */
export interface LedgerAccount {
  readonly id: string
  readonly asset: AssetId
  readonly normalSide: NormalSide
  readonly constraint: AccountConstraint
  readonly minimum: Money | null
  readonly maximum: Money | null
  readonly state: AccountState
  readonly metadata: Readonly<Record<string, string>>
  readonly openedAt: Date
  readonly balance: Balance
}

/** Balances and limits are stored in 78 digits; amounts keep below this so that sums always fit. */
export const AMOUNT_LIMIT = 10n ** 60n

const SAFE_ID = /^[\x21-\x7e]*$/

/** An id in the ledger: of an account, a transfer or a cause. */
export const ledgerIdSchema = z
  .string({ error: 'is required: a text of 1 to 128 characters' })
  .min(1, 'must not be empty')
  .max(128, 'must be at most 128 characters')
  .regex(SAFE_ID, 'must be printable ASCII without spaces')

/** Whether `ledgerIdSchema` accepts it. */
export function isLedgerId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 128 && SAFE_ID.test(value)
}

const limitSchema = moneySchema.refine(
  (money) => money.amount > -AMOUNT_LIMIT && money.amount < AMOUNT_LIMIT,
  {
    error: 'must be within 60 digits',
    path: ['amount'],
  },
)

const isText = (value: string) => value.isWellFormed() && !value.includes('\u0000')

/** Free text of a host: whole characters, no NUL, which PostgreSQL cannot store. */
export const textSchema = z
  .string({ error: 'must be a text' })
  .refine(isText, { error: 'must be well-formed text' })

/** The shape of `NewAccount`. */
export const newAccountSchema = z
  .strictObject({
    id: ledgerIdSchema,
    asset: assetSchema,
    normalSide: z.enum(['debit', 'credit'], { error: 'must be debit or credit' }),
    constraint: z.enum(['none', 'no_overdraft'], { error: 'must be none or no_overdraft' }),
    minimum: limitSchema.optional(),
    maximum: limitSchema.optional(),
    metadata: z
      .record(
        textSchema.max(64, 'must be at most 64 characters'),
        textSchema.max(512, 'must be at most 512 characters'),
      )
      .refine((metadata) => Object.keys(metadata).length <= 32, { error: 'must have at most 32 entries' })
      .optional(),
  })
  .refine(({ asset, minimum }) => minimum === undefined || minimum.asset === asset, {
    error: 'must be of the asset of the account',
    path: ['minimum', 'asset'],
  })
  .refine(({ asset, maximum }) => maximum === undefined || maximum.asset === asset, {
    error: 'must be of the asset of the account',
    path: ['maximum', 'asset'],
  })
  .refine(({ minimum, maximum }) => !minimum || !maximum || minimum.amount <= maximum.amount, {
    error: 'must not be below the minimum',
    path: ['maximum', 'amount'],
  })
