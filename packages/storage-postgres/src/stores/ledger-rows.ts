import type {
  Balance,
  LedgerAccount,
  LedgerTransfer,
  NormalSide,
  TrialBalanceRow,
} from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'

type AssetId = LedgerAccount['asset']

/** Columns of an account, from `lastro.ledger_account`. */
export const ACCOUNT_COLUMNS = `id, asset, normal_side, no_overdraft, minimum::text as minimum, maximum::text as maximum,
  state, metadata::text as metadata, opened_at,
  concat_ws(' ', version, debits_posted, credits_posted, debits_pending, credits_pending) as counters`

/** What `ACCOUNT_COLUMNS` answers. */
export interface AccountRow {
  readonly id: string
  readonly asset: AssetId
  readonly normal_side: NormalSide
  readonly no_overdraft: boolean
  readonly minimum: string | null
  readonly maximum: string | null
  readonly state: LedgerAccount['state']
  readonly metadata: string
  readonly opened_at: Date | string
  readonly counters: string
}

/** Columns of a transfer, from `TRANSFER_SOURCE`. */
export const TRANSFER_COLUMNS = `booked.number::text as number, booked.id, booked.kind, booked.amount::text as amount, debit.asset,
  debit.id as debit, booked.debit_version::text as debit_version, booked.debit_posted::text as debit_posted,
  credit.id as credit, booked.credit_version::text as credit_version, booked.credit_posted::text as credit_posted,
  held.id as hold, hold.state as hold_state, booked.expires_at, booked.cause, booked.memo,
  coalesce(booked.effective_at, booked.booked_at) as effective_at, booked.booked_at`

/**
 * The accounts and the hold that a transfer `booked` names. `offset 0` keeps each of them a look-up of one row: merged
 * instead, a page would read every hold before it.
 */
export const TRANSFER_DETAILS = `
  cross join lateral (select id, asset from lastro.ledger_account where number = booked.debit_account offset 0) debit
  cross join lateral (select id from lastro.ledger_account where number = booked.credit_account offset 0) credit
  left join lateral (select id from lastro.ledger_transfer where number = booked.hold offset 0) held on true
  left join lateral (
    select state from lastro.ledger_hold where number = booked.number and booked.kind = 'pending' offset 0
  ) hold on true`

/** A transfer with the accounts and the hold that it names. */
export const TRANSFER_SOURCE = `lastro.ledger_transfer booked ${TRANSFER_DETAILS}`

/** What `TRANSFER_COLUMNS` answers. */
export interface TransferRow {
  readonly number: string
  readonly id: string
  readonly kind: LedgerTransfer['kind']
  readonly amount: string
  readonly asset: AssetId
  readonly debit: string
  readonly debit_version: string
  readonly debit_posted: string
  readonly credit: string
  readonly credit_version: string
  readonly credit_posted: string
  readonly hold: string | null
  readonly hold_state: LedgerTransfer['holdState']
  readonly expires_at: Date | string | null
  readonly cause: string
  readonly memo: string | null
  readonly effective_at: Date | string
  readonly booked_at: Date | string
}

/** A row of the trial balance. */
export interface TrialRow {
  readonly asset: AssetId
  readonly accounts: number
  readonly debits_posted: string
  readonly credits_posted: string
  readonly debits_pending: string
  readonly credits_pending: string
}

/** An account whose counters are to be read on its normal side. */
export interface CountedAccount {
  readonly account: string
  readonly asset: AssetId
  readonly side: NormalSide
  /** Version, debits, credits, debits held and credits held, with spaces between. */
  readonly counters: string
}

/** The balance that an account's counters come to. */
export function toBalance({ account, asset, side, counters }: CountedAccount): Balance {
  const [version = 0n, debits = 0n, credits = 0n, debitsHeld = 0n, creditsHeld = 0n] = counters
    .split(' ')
    .map(toBigint)
  const isDebit = side === 'debit'
  const posted = isDebit ? debits - credits : credits - debits
  const out = isDebit ? creditsHeld : debitsHeld
  const money = (amount: bigint) => ({ amount, asset })
  return {
    account,
    version,
    posted: money(posted),
    pendingIn: money(isDebit ? debitsHeld : creditsHeld),
    pendingOut: money(out),
    available: money(posted - out),
  }
}

/** An account from its row. */
export function toAccount(row: AccountRow): LedgerAccount {
  const { id, asset, normal_side: side, counters } = row
  const limit = (text: string | null) => (text === null ? null : { amount: toBigint(text), asset })
  return {
    id,
    asset,
    normalSide: side,
    constraint: row.no_overdraft ? 'no_overdraft' : 'none',
    minimum: limit(row.minimum),
    maximum: limit(row.maximum),
    state: row.state,
    metadata: JSON.parse(row.metadata),
    openedAt: toDate(row.opened_at),
    balance: toBalance({ account: id, asset, side, counters }),
  }
}

/** A transfer from its row. */
export function toTransfer(row: TransferRow): LedgerTransfer {
  const { asset } = row
  const money = (text: string) => ({ amount: toBigint(text), asset })
  return {
    id: row.id,
    kind: row.kind,
    debit: { account: row.debit, version: toBigint(row.debit_version), postedAfter: money(row.debit_posted) },
    credit: {
      account: row.credit,
      version: toBigint(row.credit_version),
      postedAfter: money(row.credit_posted),
    },
    amount: money(row.amount),
    hold: row.hold,
    holdState: row.hold_state,
    expiresAt: toDateOrNull(row.expires_at),
    cause: row.cause,
    memo: row.memo,
    effectiveAt: toDate(row.effective_at),
    bookedAt: toDate(row.booked_at),
  }
}

/** A row of the trial balance as money. */
export function toTrialRow(row: TrialRow): TrialBalanceRow {
  const money = (text: string) => ({ amount: toBigint(text), asset: row.asset })
  return {
    asset: row.asset,
    accounts: row.accounts,
    debitsPosted: money(row.debits_posted),
    creditsPosted: money(row.credits_posted),
    debitsPending: money(row.debits_pending),
    creditsPending: money(row.credits_pending),
  }
}
