import type { HeldEvent } from './chain.ts'
import type { FakeStellarOptions } from './options.ts'

/** A place in the order of the chain: the operation's number, and the event's index. */
export interface Place {
  readonly toid: bigint
  readonly index: bigint
}

const MAX_INDEX = 4_294_967_295n

/** As the node writes it. */
export function placeText({ toid, index }: Place): string {
  return `${`${toid}`.padStart(19, '0')}-${`${index}`.padStart(10, '0')}`
}

/** Null where it is none. */
export function readPlace(text: unknown): Place | null {
  const match = typeof text === 'string' ? /^(\d{19})-(\d{10})$/.exec(text) : null
  return match === null ? null : { toid: BigInt(match[1] ?? 0), index: BigInt(match[2] ?? 0) }
}

/** The ledger of a place. */
export const ledgerOf = ({ toid }: Place): bigint => toid >> 32n

/** The last place of a ledger. */
export const endOfLedger = (ledger: bigint): Place => ({
  toid: (ledger << 32n) | 0xffff_ffffn,
  index: MAX_INDEX,
})

/** Events of one or more whole ledgers, in order, each with its id. */
export function withIds(
  events: readonly HeldEvent[],
  numbering: FakeStellarOptions['numbering'] = 'operation',
): readonly (HeldEvent & { readonly id: string })[] {
  const counts = new Map<string, bigint>()
  return events.map((event) => {
    const { ledger, transaction, operation } = event
    const toid = (ledger << 32n) | (BigInt(transaction) << 12n) | BigInt(operation)
    const within = `${ledger}:${transaction}${numbering === 'operation' ? `:${operation}` : ''}`
    const index = counts.get(within) ?? 0n
    counts.set(within, index + 1n)
    return { ...event, id: placeText({ toid, index }) }
  })
}
