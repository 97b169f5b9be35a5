import type {
  LedgerTransfer,
  NewTransfer,
  NormalSide,
  RefusalRule,
  TransferResult,
} from '@lastro/core/storage'
import { toArray, toBigint } from '../codecs.ts'
import type { SqlParameter } from '../sql.ts'
import { toBalance } from './ledger-rows.ts'

/** Releases a hold whose time has come. Made by the sweep only. */
export interface ExpireTransfer {
  readonly kind: 'expire'
  readonly id: string
  readonly hold: string
  readonly cause: string
  readonly effectiveAt?: undefined
  readonly memo?: undefined
  readonly linked?: undefined
}

/** A transfer as the database may be asked to book it. */
export type AnyTransfer = NewTransfer | ExpireTransfer

/** Transfers, and the moment they are booked at. */
export interface Batch {
  readonly transfers: readonly AnyTransfer[]
  readonly at: Date
}

/** One row of `ledger_post`. */
export interface PostRow {
  readonly place: number
  readonly status: 'accepted' | 'exists' | 'refused'
  readonly rule: RefusalRule | null
  readonly about: string | null
  readonly amount: string | null
  readonly asset: LedgerTransfer['amount']['asset'] | null
  readonly debit: string | null
  readonly debit_side: NormalSide | null
  readonly debit_after: string | null
  readonly credit: string | null
  readonly credit_side: NormalSide | null
  readonly credit_after: string | null
}

/** The statement that books a batch. */
export const POST = `select * from lastro.ledger_post(
  $1::text::timestamptz, $2::text::text[], $3::text::text[], $4::text::text[], $5::text::text[], $6::text::int[],
  $7::text::int[], $8::text::int[], $9::text::int[], $10::text::int[], $11::text::text[], $12::text::numeric[],
  $13::text::text[], $14::text::boolean[], $15::text::text[], $16::text::text[], $17::text::timestamptz[],
  $18::text::timestamptz[])`

/** Gives each distinct id its place, counting from 1. */
function places(): { readonly ids: string[]; readonly of: Map<string, number>; take(id: string): number } {
  const ids: string[] = []
  const of = new Map<string, number>()
  const take = (id: string) => {
    const known = of.get(id)
    if (known !== undefined) return known
    ids.push(id)
    of.set(id, ids.length)
    return ids.length
  }
  return { ids, of, take }
}

const isMoving = (transfer: AnyTransfer) => transfer.kind === 'posted' || transfer.kind === 'pending'
const numbers = (list: readonly number[]) => `{${list.join(',')}}`
const texts = (list: readonly (string | null | undefined)[]) => toArray(list.map((text) => text ?? null))
const times = (list: readonly (Date | undefined)[]) => texts(list.map((time) => time?.toISOString()))

/** The parameters of `POST`. */
export function batchParameters({ transfers, at }: Batch): readonly SqlParameter[] {
  const accounts = places()
  const holds = places()
  const first = new Map<string, number>()
  const debits = transfers.map((transfer) => (isMoving(transfer) ? accounts.take(transfer.debit) : 0))
  const credits = transfers.map((transfer) => (isMoving(transfer) ? accounts.take(transfer.credit) : 0))
  const holdPlaces = transfers.map((transfer) => (isMoving(transfer) ? 0 : holds.take(transfer.hold)))
  const makes = transfers.map((transfer) =>
    transfer.kind === 'pending' ? (holds.of.get(transfer.id) ?? 0) : 0,
  )
  for (const [index, { id }] of transfers.entries()) if (!first.has(id)) first.set(id, index + 1)
  const amounts = transfers.map((transfer) => ('amount' in transfer ? transfer.amount : undefined))
  return [
    at.toISOString(),
    texts(accounts.ids),
    texts(holds.ids),
    texts(transfers.map(({ id }) => id)),
    texts(transfers.map(({ kind }) => kind)),
    numbers(debits),
    numbers(credits),
    numbers(holdPlaces),
    numbers(makes),
    numbers(transfers.map(({ id }) => first.get(id) ?? 0)),
    texts(amounts.map((amount) => amount?.asset)),
    texts(amounts.map((amount) => amount?.amount.toString())),
    texts(transfers.map((transfer) => (isMoving(transfer) ? transfer.balancing : undefined))),
    `{${transfers.map(({ linked }) => linked === true).join(',')}}`,
    texts(transfers.map(({ cause }) => cause)),
    texts(transfers.map(({ memo }) => memo)),
    times(transfers.map(({ effectiveAt }) => effectiveAt)),
    times(transfers.map((transfer) => (transfer.kind === 'pending' ? transfer.expiresAt : undefined))),
  ]
}

/** The ids that were in the books already: their transfers must be read. */
export function existingIds(transfers: readonly AnyTransfer[], rows: readonly PostRow[]): readonly string[] {
  return rows.flatMap(({ status, place }) => (status === 'exists' ? [transfers[place - 1]?.id ?? ''] : []))
}

/** The answers to a batch, in its order. `stored` holds the transfers of `existingIds`. */
export function toResults(
  batch: Batch,
  answer: { readonly rows: readonly PostRow[]; readonly stored: ReadonlyMap<string, LedgerTransfer> },
): readonly TransferResult[] {
  const results = new Array<TransferResult>(batch.transfers.length)
  for (const row of answer.rows) {
    const transfer = batch.transfers[row.place - 1]
    if (transfer === undefined)
      throw new Error(`The database answered for a transfer that was not asked: ${row.place}.`)
    results[row.place - 1] = toResult(row, { transfer, at: batch.at, stored: answer.stored.get(transfer.id) })
  }
  return results
}

function toResult(
  row: PostRow,
  asked: { readonly transfer: AnyTransfer; readonly at: Date; readonly stored: LedgerTransfer | undefined },
): TransferResult {
  const { id } = asked.transfer
  if (row.status === 'refused')
    return { status: 'refused', id, rule: row.rule ?? 'conflict', account: row.about }
  const asset = row.asset ?? 'unknown/0'
  const debit = toBalance({
    account: row.debit ?? '',
    asset,
    side: row.debit_side ?? 'debit',
    counters: row.debit_after ?? '',
  })
  const credit = toBalance({
    account: row.credit ?? '',
    asset,
    side: row.credit_side ?? 'debit',
    counters: row.credit_after ?? '',
  })
  const balances = { debit, credit }
  if (row.status === 'exists') {
    if (asked.stored === undefined) throw new Error(`Transfer ${id} is in the books and cannot be read.`)
    return { status: 'exists', id, transfer: asked.stored, balances }
  }
  const { transfer, at } = asked
  const booked: LedgerTransfer = {
    id,
    kind: transfer.kind,
    debit: { account: debit.account, version: debit.version, postedAfter: debit.posted },
    credit: { account: credit.account, version: credit.version, postedAfter: credit.posted },
    amount: { amount: toBigint(row.amount ?? ''), asset },
    hold: isMoving(transfer) ? null : transfer.hold,
    holdState: transfer.kind === 'pending' ? 'open' : null,
    expiresAt: (transfer.kind === 'pending' ? transfer.expiresAt : undefined) ?? null,
    cause: transfer.cause,
    memo: transfer.memo ?? null,
    effectiveAt: transfer.effectiveAt ?? at,
    bookedAt: at,
  }
  return { status: 'accepted', id, transfer: booked, balances }
}
