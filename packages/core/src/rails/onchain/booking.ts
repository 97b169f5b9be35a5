import { book, type NewAccount, type NewTransfer, openAccounts, tryBook } from '../../books/ledger/index.ts'
import type { AssetId, Money } from '../../spec/index.ts'
import type { OnchainWork } from './context.ts'
import type { Deposit } from './deposit.ts'
import type { OnchainTransfer } from './transfer.ts'

/** What our addresses on a network hold. Grows on the debit side. */
export function custodyAccount(provider: string, asset: AssetId): string {
  return `custody:${provider}:${asset}`
}

/** What arrived and has not been put to its use yet. Grows on the credit side, and never falls below zero. */
export function depositsAccount(provider: string, asset: AssetId): string {
  return `clearing:deposits:${provider}:${asset}`
}

/** What the network charged for our transfers. Grows on the debit side. */
export function networkFeeAccount(provider: string, asset: AssetId): string {
  return `expense:network_fee:${provider}:${asset}`
}

// No constraint: what the network took is gone, whatever the books know of top-ups before the first watch.
const custody = (provider: string, asset: AssetId): NewAccount => ({
  id: custodyAccount(provider, asset),
  asset,
  normalSide: 'debit',
  constraint: 'none',
})

const deposits = (provider: string, asset: AssetId): NewAccount => ({
  id: depositsAccount(provider, asset),
  asset,
  normalSide: 'credit',
  constraint: 'no_overdraft',
})

const networkFee = (provider: string, asset: AssetId): NewAccount => ({
  id: networkFeeAccount(provider, asset),
  asset,
  normalSide: 'debit',
  constraint: 'none',
})

/** Books a deposit that became final: custody holds it, clearing owes it to whoever it is for. */
export async function bookDeposit(tx: OnchainWork, deposit: Deposit, at: Date): Promise<void> {
  const { provider, amount } = deposit
  await openAccounts(tx, {
    accounts: [custody(provider, amount.asset), deposits(provider, amount.asset)],
    at,
  })
  const transfer: NewTransfer = {
    id: `${deposit.id}:confirm`,
    kind: 'posted',
    debit: custodyAccount(provider, amount.asset),
    credit: depositsAccount(provider, amount.asset),
    amount,
    cause: deposit.id,
    effectiveAt: deposit.block.time,
  }
  await book(tx, { transfers: [transfer], at })
}

/** Takes a lost deposit out of the books again. Answers the rule that forbids it, or null when it is done. */
export async function unbookDeposit(tx: OnchainWork, deposit: Deposit, at: Date): Promise<string | null> {
  const { provider, amount } = deposit
  const transfer: NewTransfer = {
    id: `${deposit.id}:lose`,
    kind: 'posted',
    debit: depositsAccount(provider, amount.asset),
    credit: custodyAccount(provider, amount.asset),
    amount,
    cause: deposit.id,
  }
  const [result] = await tryBook(tx, { transfers: [transfer], at })
  return result?.status === 'refused' ? result.rule : null
}

/**
 * Holds the money of a new transfer.
 * @throws LastroError `ledger_refused` when the source account has too little, or is not there.
 */
export async function holdTransfer(tx: OnchainWork, transfer: OnchainTransfer): Promise<void> {
  const { provider, amount, sourceAccount, createdAt: at } = transfer
  if (sourceAccount === null) return
  await openAccounts(tx, { accounts: [custody(provider, amount.asset)], at })
  const hold: NewTransfer = {
    id: holdId(transfer),
    kind: 'pending',
    debit: sourceAccount,
    credit: custodyAccount(provider, amount.asset),
    amount,
    cause: transfer.id,
  }
  await book(tx, { transfers: [hold], at })
}

/** Ends the hold of a transfer, and books what the network charged, if it was mined. */
export async function settleTransfer(
  tx: OnchainWork,
  transfer: OnchainTransfer,
  end: { readonly kind: 'post' | 'void'; readonly at: Date },
): Promise<void> {
  const { provider, networkFee: fee } = transfer
  const transfers: NewTransfer[] = []
  if (transfer.sourceAccount !== null) {
    transfers.push({
      id: `${transfer.id}:${end.kind}`,
      kind: end.kind,
      hold: holdId(transfer),
      cause: transfer.id,
    })
  }
  if (fee !== null && fee.amount > 0n) {
    await openAccounts(tx, {
      accounts: [custody(provider, fee.asset), networkFee(provider, fee.asset)],
      at: end.at,
    })
    transfers.push(feeTransfer(transfer, fee))
  }
  if (transfers.length > 0) await book(tx, { transfers, at: end.at })
}

function feeTransfer({ id, provider }: OnchainTransfer, fee: Money): NewTransfer {
  return {
    id: `${id}:fee`,
    kind: 'posted',
    debit: networkFeeAccount(provider, fee.asset),
    credit: custodyAccount(provider, fee.asset),
    amount: fee,
    cause: id,
  }
}

function holdId({ id }: OnchainTransfer): string {
  return `${id}:hold`
}
