import { Money } from '../../spec/index.ts'
import { AMOUNT_LIMIT, isLedgerId } from './account.ts'
import { EXPIRE_PREFIX, type NewTransfer, type PostedTransfer, TRANSFERS_LIMIT } from './transfer.ts'

/**
 * A copy of transfers that are right at first sight: posted ones that carry nothing optional, as most are. Null for all
 * others, which the schema of transfers checks and names what is wrong. It accepts nothing that the schema refuses.
 */
export function quickTransfers(input: unknown): NewTransfer[] | null {
  if (!Array.isArray(input) || input.length === 0 || input.length > TRANSFERS_LIMIT) return null
  const transfers: NewTransfer[] = []
  for (const one of input) {
    const transfer = quickTransfer(one)
    if (transfer === null) return null
    transfers.push(transfer)
  }
  return transfers
}

/** The fields that such a transfer has, and no other. */
const FIELDS = 6
const MONEY_FIELDS = 2

function quickTransfer(input: unknown): PostedTransfer | null {
  if (!isPlainObject(input, FIELDS)) return null
  const { kind, id, cause, debit, credit, amount: money } = input
  if (kind !== 'posted' || !isPlainObject(money, MONEY_FIELDS)) return null
  if (!isLedgerId(id) || !isLedgerId(cause) || !isLedgerId(debit) || !isLedgerId(credit)) return null
  const { amount, asset } = money
  if (id.startsWith(EXPIRE_PREFIX) || typeof amount !== 'bigint' || amount <= 0n || amount >= AMOUNT_LIMIT)
    return null
  if (typeof asset !== 'string' || !Money.isAssetId(asset)) return null
  return { kind, id, cause, debit, credit, amount: { amount, asset } }
}

function isPlainObject(value: unknown, fields: number): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return false
  return Object.keys(value).length === fields
}
