import type { NewTransfer } from '@lastro/core/storage'
import { toArray } from '../codecs.ts'
import type { SqlParameter } from '../sql.ts'

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
  readonly lockMs?: number
}

/** The one row that `ledger_post` answers: lists, joined by line feeds. */
export interface PostRow {
  readonly outcomes: string | null
  readonly abouts: string | null
  readonly amounts: string | null
  readonly holds: string | null
  /** Null for a plain batch: its accounts are those that were asked, of the asset that was asked. */
  readonly ids: string | null
  readonly assets: string | null
  readonly sides: string | null
  readonly versions: string | null
  /** For a plain batch: debits less credits. */
  readonly debits: string | null
  /** Null for a plain batch, as are holds where none of its accounts has any. */
  readonly credits: string | null
  readonly debits_held: string | null
  readonly credits_held: string | null
}

/** The statement that books a batch. When it is booked and how long it waits come last: they are known last. */
export const POST = `select * from lastro.ledger_post(
  $22::text::timestamptz, $1::text::text[], $2::text::text[], $3::text, $4::text::text[], $5::text::text[],
  $6::text::int[], $7::text::int[], $8::text::int[], $9::text::int[], $10::text::int[], $11::text::text[],
  $12::text::numeric[], $13::text::text[], $14::text::boolean[], $15::text::text[], $16::text::text[],
  $17::text::timestamptz[], $18::text::timestamptz[], $23::int, $19::text::int[], $20::text::numeric[],
  $21::text::numeric[])`

/** Transfers as the first parameters of `POST`. */
export interface EncodedTransfers {
  readonly transfers: readonly AnyTransfer[]
  /** The accounts of a plain batch, in the order in which they are asked and answered. */
  readonly accounts: readonly string[]
  readonly parameters: readonly SqlParameter[]
}

/** The parameters of `POST`. */
export function postParameters(
  { parameters }: EncodedTransfers,
  { at, lockMs }: Pick<Batch, 'at' | 'lockMs'>,
): readonly SqlParameter[] {
  return [...parameters, at.toISOString(), lockMs ?? null]
}

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

/** The list as an array, or null where it says nothing. */
const textsIfAny = (list: readonly (string | undefined)[]) =>
  list.some((text) => text !== undefined) ? texts(list) : null
const numbersIfAny = (list: readonly number[]) => (list.some((number) => number !== 0) ? numbers(list) : null)
const timesIfAny = (list: readonly (Date | undefined)[]) =>
  textsIfAny(list.map((time) => time?.toISOString()))

/** Any transfers in the words of the database. */
export function encodeAny(transfers: readonly AnyTransfer[]): EncodedTransfers {
  return { transfers, accounts: [], parameters: anyParameters(transfers) }
}

function anyParameters(transfers: readonly AnyTransfer[]): readonly SqlParameter[] {
  const accounts = places()
  const holds = places()
  const debits = transfers.map((transfer) => (isMoving(transfer) ? accounts.take(transfer.debit) : 0))
  const credits = transfers.map((transfer) => (isMoving(transfer) ? accounts.take(transfer.credit) : 0))
  const holdPlaces = transfers.map((transfer) => (isMoving(transfer) ? 0 : holds.take(transfer.hold)))
  const ids = transfers.map(({ id }) => id)
  const amounts = transfers.map((transfer) => ('amount' in transfer ? transfer.amount : undefined))
  const asset = amounts[0]?.asset ?? null
  const isOneAsset = asset !== null && amounts.every((amount) => amount?.asset === asset)
  return [
    texts(accounts.ids),
    holds.ids.length === 0 ? null : texts(holds.ids),
    isOneAsset ? asset : null,
    texts(ids),
    transfers.every(({ kind }) => kind === 'posted') ? null : texts(transfers.map(({ kind }) => kind)),
    numbers(debits),
    numbers(credits),
    numbersIfAny(holdPlaces),
    numbersIfAny(
      transfers.map((transfer) => (transfer.kind === 'pending' ? (holds.of.get(transfer.id) ?? 0) : 0)),
    ),
    new Set(ids).size === ids.length ? null : numbers(firstPlaces(ids)),
    isOneAsset ? null : texts(amounts.map((amount) => amount?.asset)),
    texts(amounts.map((amount) => amount?.amount.toString())),
    textsIfAny(transfers.map((transfer) => (isMoving(transfer) ? transfer.balancing : undefined))),
    transfers.some(({ linked }) => linked)
      ? `{${transfers.map(({ linked }) => linked === true).join(',')}}`
      : null,
    texts(transfers.map(({ cause }) => cause)),
    textsIfAny(transfers.map(({ memo }) => memo)),
    timesIfAny(transfers.map(({ effectiveAt }) => effectiveAt)),
    timesIfAny(transfers.map((transfer) => (transfer.kind === 'pending' ? transfer.expiresAt : undefined))),
    ...[null, null, null],
  ]
}

/** For each id the place, counting from 1, where it stands first. */
function firstPlaces(ids: readonly string[]): readonly number[] {
  const first = new Map<string, number>()
  for (const [index, id] of ids.entries()) if (!first.has(id)) first.set(id, index + 1)
  return ids.map((id) => first.get(id) ?? 0)
}
