import { type AnyTransfer, type EncodedTransfers, encodeAny } from './ledger-batch.ts'

/** An account of a plain batch, and what the batch comes to. */
interface NamedAccount {
  readonly id: string
  place: number
  touches: number
  debited: bigint
  credited: bigint
}

type PlainTransfer = Extract<AnyTransfer, { readonly kind: 'posted' }>

/** Transfers in the words of the database. */
export function encodeTransfers(transfers: readonly AnyTransfer[]): EncodedTransfers {
  return encodePlain(transfers) ?? encodeAny(transfers)
}

/**
 * A batch of nothing but posted transfers, each with an id of its own, of one asset and between two accounts, joined to
 * none: most batches are. Null for every other. It says beforehand what each account comes to; the database, which runs
 * through the transfers, believes it only where both agree.
 */
function encodePlain(transfers: readonly AnyTransfer[]): EncodedTransfers | null {
  const first = transfers[0]
  if (first?.kind !== 'posted') return null
  const { asset } = first.amount
  const accounts = new Map<string, NamedAccount>()
  const ids = new Set<string>()
  const debits: NamedAccount[] = []
  const credits: NamedAccount[] = []
  for (const transfer of transfers) {
    if (!isPlain(transfer) || transfer.amount.asset !== asset) return null
    ids.add(transfer.id)
    const { amount } = transfer.amount
    const debit = take(accounts, transfer.debit)
    debit.touches += 1
    debit.debited += amount
    debits.push(debit)
    const credit = take(accounts, transfer.credit)
    credit.touches += 1
    credit.credited += amount
    credits.push(credit)
  }
  if (ids.size !== transfers.length) return null
  // In the order in which accounts are locked: by the bytes of their ids.
  const named = [...accounts.values()].sort((one, other) => (one.id < other.id ? -1 : 1))
  for (const [index, account] of named.entries()) account.place = index + 1
  const plain = transfers as readonly PlainTransfer[]
  const memos = plain.some(({ memo }) => memo !== undefined)
  const dates = plain.some(({ effectiveAt }) => effectiveAt !== undefined)
  const parameters = [
    arrayOf(named, ({ id }) => quoted(id)),
    null,
    asset,
    arrayOf(plain, ({ id }) => quoted(id)),
    null,
    arrayOf(debits, ({ place }) => place),
    arrayOf(credits, ({ place }) => place),
    ...[null, null, null, null],
    arrayOf(plain, ({ amount }) => amount.amount),
    ...[null, null],
    arrayOf(plain, ({ cause }) => quoted(cause)),
    memos ? arrayOf(plain, ({ memo }) => (memo === undefined ? 'null' : quoted(memo))) : null,
    dates ? arrayOf(plain, ({ effectiveAt }) => effectiveAt?.toISOString() ?? 'null') : null,
    null,
    arrayOf(named, ({ touches }) => touches),
    arrayOf(named, ({ debited }) => debited),
    arrayOf(named, ({ credited }) => credited),
  ]
  return { transfers, accounts: named.map(({ id }) => id), parameters }
}

function isPlain(transfer: AnyTransfer): transfer is PlainTransfer {
  return (
    transfer.kind === 'posted' &&
    transfer.linked !== true &&
    transfer.balancing === undefined &&
    transfer.debit !== transfer.credit
  )
}

function take(accounts: Map<string, NamedAccount>, id: string): NamedAccount {
  const known = accounts.get(id)
  if (known !== undefined) return known
  const account = { id, place: 0, touches: 0, debited: 0n, credited: 0n }
  accounts.set(id, account)
  return account
}

/** A PostgreSQL array literal, of elements that are quoted where they must be. */
function arrayOf<T>(list: readonly T[], elementOf: (item: T) => string | number | bigint): string {
  let text = ''
  for (const item of list) text += text === '' ? elementOf(item) : `,${elementOf(item)}`
  return `{${text}}`
}

const NEEDS_ESCAPE = /["\\]/

function quoted(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : `"${text}"`
}
