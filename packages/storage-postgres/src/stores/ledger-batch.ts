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
  readonly ids: string | null
  readonly assets: string | null
  readonly sides: string | null
  readonly versions: string | null
  readonly debits: string | null
  readonly credits: string | null
  readonly debits_held: string | null
  readonly credits_held: string | null
}

/** The statement that books a batch. */
export const POST = `select * from lastro.ledger_post(
  $1::text::timestamptz, $2::text::text[], $3::text::text[], $4::text, $5::text::text[], $6::text::text[],
  $7::text::int[], $8::text::int[], $9::text::int[], $10::text::int[], $11::text::int[], $12::text::text[],
  $13::text::numeric[], $14::text::text[], $15::text::boolean[], $16::text::text[], $17::text::text[],
  $18::text::timestamptz[], $19::text::timestamptz[], $20::int)`

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

/** The parameters of `POST`. */
export function batchParameters({ transfers, at, lockMs }: Batch): readonly SqlParameter[] {
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
    at.toISOString(),
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
    lockMs ?? null,
  ]
}

/** For each id the place, counting from 1, where it stands first. */
function firstPlaces(ids: readonly string[]): readonly number[] {
  const first = new Map<string, number>()
  for (const [index, id] of ids.entries()) if (!first.has(id)) first.set(id, index + 1)
  return ids.map((id) => first.get(id) ?? 0)
}
