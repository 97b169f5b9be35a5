import type { Balance, LedgerTransfer, NormalSide, RefusalRule, TransferResult } from '@lastro/core/storage'
import { toBigint } from '../codecs.ts'
import type { AnyTransfer, EncodedTransfers, PostRow } from './ledger-batch.ts'

type AssetId = LedgerTransfer['amount']['asset']

/** An account of a batch, with its counters as they run through it. */
interface RunningAccount {
  readonly id: string
  readonly asset: AssetId
  readonly isDebit: boolean
  version: bigint
  debits: bigint
  credits: bigint
  debitsHeld: bigint
  creditsHeld: bigint
}

/** A hold that a batch settles. */
interface NamedHold {
  readonly amount: bigint
  readonly debit: RunningAccount | undefined
  readonly credit: RunningAccount | undefined
}

const linesOf = (text: string | null): readonly string[] => (text === null ? [] : text.split('\n'))

/** The ids that were in the books already: their transfers must be read. */
export function existingIds(transfers: readonly AnyTransfer[], row: PostRow): readonly string[] {
  const outcomes = linesOf(row.outcomes)
  return transfers.flatMap(({ id }, index) => (outcomes[index] === 'exists' ? [id] : []))
}

/**
 * The answers to a batch, in its order. `stored` holds the transfers of `existingIds`.
 *
 * The database answers what every account held before; what each holds after every transfer is counted here.
 */
export function toResults(
  { transfers, accounts: asked }: EncodedTransfers,
  answer: {
    readonly at: Date
    readonly row: PostRow
    readonly stored: ReadonlyMap<string, LedgerTransfer>
  },
): readonly TransferResult[] {
  const { at, row, stored } = answer
  const outcomes = linesOf(row.outcomes)
  const abouts = linesOf(row.abouts)
  const amounts = linesOf(row.amounts)
  const first = transfers[0]
  const accounts =
    row.ids === null && first?.kind === 'posted'
      ? accountsOf(row, { ids: asked, asset: first.amount.asset })
      : accountsOf(row, { ids: linesOf(row.ids), asset: null })
  const byId = new Map(accounts.map((account) => [account.id, account]))
  const holds = holdsOf(transfers, { row, accounts })
  const sidesOf = (transfer: AnyTransfer) =>
    transfer.kind === 'posted' || transfer.kind === 'pending'
      ? { debit: byId.get(transfer.debit), credit: byId.get(transfer.credit) }
      : (holds.get(transfer.hold) ?? { debit: undefined, credit: undefined })
  const results = transfers.map((transfer, index): TransferResult | null => {
    const outcome = outcomes[index] ?? 'accepted'
    if (outcome === 'exists') return null
    if (outcome !== 'accepted') {
      const about = abouts[index]
      // A velocity limit is named behind its rule.
      const [rule, limit] = outcome.split(' ')
      const named = limit === undefined ? {} : { limit }
      return {
        status: 'refused',
        id: transfer.id,
        rule: rule as RefusalRule,
        account: about || null,
        ...named,
      }
    }
    const amount = amounts[index]
    const held = 'hold' in transfer ? (holds.get(transfer.hold)?.amount ?? 0n) : 0n
    return accept(transfer, { ...sidesOf(transfer), amount: amount ? toBigint(amount) : null, held, at })
  })
  // What existed answers balances as they stand after the call, so it comes last.
  return results.map((result, index) => {
    if (result !== null) return result
    const transfer = transfers[index] as AnyTransfer
    const booked = stored.get(transfer.id)
    const { debit, credit } = sidesOf(transfer)
    if (booked === undefined || !debit || !credit)
      throw new Error(`Transfer ${transfer.id} is in the books and cannot be read.`)
    const balances = { debit: balanceOf(debit), credit: balanceOf(credit) }
    return { status: 'exists', id: transfer.id, transfer: booked, balances }
  })
}

function accept(
  transfer: AnyTransfer,
  booked: {
    readonly debit: RunningAccount | undefined
    readonly credit: RunningAccount | undefined
    readonly amount: bigint | null
    readonly held: bigint
    readonly at: Date
  },
): TransferResult {
  const { debit, credit, held, at } = booked
  if (!debit || !credit) throw new Error(`The database did not answer for the accounts of ${transfer.id}.`)
  const amount = booked.amount ?? ('amount' in transfer ? (transfer.amount?.amount ?? held) : held)
  if (transfer.kind === 'posted' || transfer.kind === 'post') {
    debit.debits += amount
    credit.credits += amount
  }
  const promised = transfer.kind === 'pending' ? amount : -held
  debit.debitsHeld += promised
  credit.creditsHeld += promised
  debit.version += 1n
  credit.version += 1n
  const balances = { debit: balanceOf(debit), credit: balanceOf(credit) }
  const sideOf = ({ account, version, posted }: Balance) => ({ account, version, postedAfter: posted })
  return {
    status: 'accepted',
    id: transfer.id,
    transfer: {
      id: transfer.id,
      kind: transfer.kind,
      debit: sideOf(balances.debit),
      credit: sideOf(balances.credit),
      amount: { amount, asset: debit.asset },
      hold: 'hold' in transfer ? transfer.hold : null,
      holdState: transfer.kind === 'pending' ? 'open' : null,
      expiresAt: (transfer.kind === 'pending' ? transfer.expiresAt : undefined) ?? null,
      cause: transfer.cause,
      memo: transfer.memo ?? null,
      effectiveAt: transfer.effectiveAt ?? at,
      bookedAt: at,
    },
    balances,
  }
}

function balanceOf(account: RunningAccount): Balance {
  const { id, asset, isDebit, version, debits, credits, debitsHeld, creditsHeld } = account
  const posted = isDebit ? debits - credits : credits - debits
  const out = isDebit ? creditsHeld : debitsHeld
  return {
    account: id,
    version,
    posted: { amount: posted, asset },
    pendingIn: { amount: isDebit ? debitsHeld : creditsHeld, asset },
    pendingOut: { amount: out, asset },
    available: { amount: posted - out, asset },
  }
}

function accountsOf(
  row: PostRow,
  { ids, asset }: { readonly ids: readonly string[]; readonly asset: AssetId | null },
): readonly RunningAccount[] {
  const assets = linesOf(row.assets)
  const sides = linesOf(row.sides) as readonly NormalSide[]
  const [versions = [], debits = [], credits = [], debitsHeld = [], creditsHeld = []] = [
    row.versions,
    row.debits,
    row.credits,
    row.debits_held,
    row.credits_held,
  ].map((list) => linesOf(list).map(toBigint))
  return ids.map((id, index) => ({
    id,
    asset: asset ?? ((assets[index] ?? 'unknown/0') as AssetId),
    isDebit: sides[index] === 'debit',
    version: versions[index] ?? 0n,
    debits: debits[index] ?? 0n,
    credits: credits[index] ?? 0n,
    debitsHeld: debitsHeld[index] ?? 0n,
    creditsHeld: creditsHeld[index] ?? 0n,
  }))
}

/** The holds that settling transfers name, in the order in which the batch named them. */
function holdsOf(
  transfers: readonly AnyTransfer[],
  { row, accounts }: { readonly row: PostRow; readonly accounts: readonly RunningAccount[] },
): ReadonlyMap<string, NamedHold> {
  if (row.holds === null) return new Map()
  const names = new Set(transfers.flatMap((transfer) => ('hold' in transfer ? [transfer.hold] : [])))
  const lines = linesOf(row.holds)
  return new Map(
    [...names].map((name, index) => {
      const [amount = '', debit, credit] = (lines[index] ?? '').split(' ')
      // Places count from 1.
      const accountAt = (place: string | undefined) => accounts[Number(place ?? 0) - 1]
      return [name, { amount: BigInt(amount), debit: accountAt(debit), credit: accountAt(credit) }]
    }),
  )
}
