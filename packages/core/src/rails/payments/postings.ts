import { type NewTransfer, openAccounts, tryBook } from '../../books/ledger/index.ts'
import { LastroError } from '../../platform/errors/index.ts'
import { sha256Hex } from '../../platform/node.ts'
import type { AssetId, Money } from '../../spec/index.ts'
import type { PaymentWork } from './context.ts'
import type { Payment } from './payment.ts'

/**
 * The accounts of payments, one per provider and asset, and the side on which each grows. `owner` is the account that
 * the payment names; `suspense` stands in for it where it refuses a fact that has happened.
 */
export const ACCOUNTS = {
  /** What the provider owes us: it has the payer's money. */
  receivable: 'debit',
  /** What providers kept. */
  fees: 'debit',
  /** Held back by a block (Pix MED). */
  blocked: 'debit',
  /** Taken for a dispute that is not decided. */
  disputed: 'debit',
  /** Facts that the owner's account refused: a person moves them on. */
  suspense: 'credit',
} as const

type Place = keyof typeof ACCOUNTS | 'owner'

/** Every step that moves money on the books, and between which accounts. */
export const POSTINGS = {
  receipt: { debit: 'receivable', credit: 'owner' },
  fee: { debit: 'fees', credit: 'receivable' },
  fee_returned: { debit: 'receivable', credit: 'fees' },
  refund: { debit: 'owner', credit: 'receivable' },
  refund_returned: { debit: 'receivable', credit: 'owner' },
  blocked: { debit: 'blocked', credit: 'receivable' },
  unblocked: { debit: 'receivable', credit: 'blocked' },
  disputed: { debit: 'disputed', credit: 'receivable' },
  reinstated: { debit: 'receivable', credit: 'disputed' },
  lost: { debit: 'owner', credit: 'receivable' },
  lost_returned: { debit: 'receivable', credit: 'owner' },
} as const satisfies Record<string, { debit: Place; credit: Place }>

/** A step that moves money on the books. */
export type Step = keyof typeof POSTINGS

type Owner = Pick<Payment, 'id' | 'provider' | 'amount' | 'creditAccount'>

/** The account of a place: `receivable:efi:BRL/2`. */
export function accountOf(place: keyof typeof ACCOUNTS, at: { provider: string; asset: AssetId }): string {
  return `${place}:${at.provider}:${at.asset}`
}

/** Where receipts are credited when the host names no account. */
export function defaultCreditAccount(asset: AssetId): string {
  return `clearing:payments:${asset}`
}

/** A provider's ref as a part of a ledger id: itself where it is short and plain, else its digest. */
export function refKey(ref: string): string {
  return /^[\x21-\x7e]{1,48}$/.test(ref) ? ref : `sha256-${sha256Hex(ref).slice(0, 40)}`
}

/** One step of the table as a transfer. The id follows from the payment, the fact and what of it is booked. */
export function posting(
  payment: Owner,
  move: { readonly step: Step; readonly ref: string; readonly mark?: string; readonly amount: Money },
): NewTransfer {
  const { step, ref, mark, amount } = move
  const { debit, credit } = POSTINGS[step]
  const account = (place: Place) =>
    place === 'owner'
      ? payment.creditAccount
      : accountOf(place, { provider: payment.provider, asset: payment.amount.asset })
  return {
    id: [payment.id, step, refKey(ref), ...(mark === undefined ? [] : [mark])].join(':'),
    kind: 'posted',
    debit: account(debit),
    credit: account(credit),
    amount,
    cause: payment.id,
  }
}

/** Opens the accounts a payment moves between; the host's own credit account must exist. */
export async function openPaymentAccounts(tx: PaymentWork, payment: Owner, at: Date): Promise<void> {
  const { asset } = payment.amount
  const places = Object.entries(ACCOUNTS) as [keyof typeof ACCOUNTS, 'debit' | 'credit'][]
  const own = places.map(([place, normalSide]) => ({
    id: accountOf(place, { provider: payment.provider, asset }),
    asset,
    normalSide,
    constraint: 'none' as const,
  }))
  const clearing = {
    id: defaultCreditAccount(asset),
    asset,
    normalSide: 'credit',
    constraint: 'none',
  } as const
  await openAccounts(tx, {
    accounts: payment.creditAccount === clearing.id ? [...own, clearing] : own,
    at,
  })
}

/**
 * Books facts, which have happened whatever the books allow: where the owner's account refuses one (frozen, closed,
 * empty), `suspense` takes its place. Answers how many went there.
 * @throws LastroError `ledger_refused` when another account refuses.
 */
export async function bookFacts(
  tx: PaymentWork,
  payment: Owner,
  { transfers, at }: { readonly transfers: readonly NewTransfer[]; readonly at: Date },
): Promise<number> {
  if (transfers.length === 0) return 0
  const results = await tryBook(tx, { transfers, at })
  const elsewhere: NewTransfer[] = []
  for (const [index, result] of results.entries()) {
    if (result.status !== 'refused') continue
    const instead = inSuspense(payment, transfers[index])
    if (instead === null || result.account !== payment.creditAccount)
      throw new LastroError('ledger_refused', {
        transfer: result.id,
        rule: result.rule,
        ...(result.account === null ? {} : { account: result.account }),
      })
    elsewhere.push(instead)
  }
  if (elsewhere.length === 0) return 0
  const again = await tryBook(tx, { transfers: elsewhere, at })
  const refused = again.find((result) => result.status === 'refused')
  if (refused !== undefined && refused.status === 'refused')
    throw new LastroError('ledger_refused', { transfer: refused.id, rule: refused.rule })
  return elsewhere.length
}

function inSuspense(payment: Owner, transfer: NewTransfer | undefined): NewTransfer | null {
  if (transfer?.kind !== 'posted') return null
  const { provider, amount, creditAccount } = payment
  const suspense = accountOf('suspense', { provider, asset: amount.asset })
  const swap = (account: string) => (account === creditAccount ? suspense : account)
  return {
    ...transfer,
    id: `${transfer.id}:suspense`,
    debit: swap(transfer.debit),
    credit: swap(transfer.credit),
  }
}
