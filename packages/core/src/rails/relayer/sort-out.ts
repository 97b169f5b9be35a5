import { pack } from '../../platform/codec.ts'
import { sha256Hex } from '../../platform/node.ts'
import type { ContractEvent } from '../../spec/index.ts'
import type { RelayedEvent } from './stream.ts'

/** An event to be relayed. */
export interface FreshEvent {
  readonly event: ContractEvent
  readonly row: RelayedEvent
  /** Another event was relayed under this id: its content tells them apart. */
  readonly isIdTaken: boolean
}

/** What an event says, without its id. */
export function fingerprintOf({
  transactionHash,
  operation,
  contract,
  topics,
  value,
}: ContractEvent): string {
  return sha256Hex(pack([transactionHash, operation ?? null, contract, topics, value]))
}

const keyOf = ({ id, fingerprint }: RelayedEvent) => `${fingerprint} ${id}`

/**
 * What of these events was not relayed before, in their order. By id always. By content only when whole ledgers are read
 * again: a server of another version may count ids in another way. One operation may emit the same content twice, so
 * contents are counted, and what comes more often than it was relayed is new.
 */
export function sortOut(
  events: readonly ContractEvent[],
  { known, isReread }: { readonly known: readonly RelayedEvent[]; readonly isReread: boolean },
): readonly FreshEvent[] {
  const rows = events.map((event) => {
    const { id, ledger } = event
    return { event, row: { id, fingerprint: fingerprintOf(event), ledger } }
  })
  const come = new Set(rows.map(({ row }) => keyOf(row)))
  const done = new Set(known.map(keyOf))
  const taken = new Set(known.map(({ id }) => id))
  const spare = new Map<string, number>()
  for (const row of isReread ? known : [])
    if (!come.has(keyOf(row))) spare.set(row.fingerprint, (spare.get(row.fingerprint) ?? 0) + 1)
  return rows.flatMap(({ event, row }) => {
    if (done.has(keyOf(row))) return []
    done.add(keyOf(row))
    const left = spare.get(row.fingerprint) ?? 0
    if (left > 0) spare.set(row.fingerprint, left - 1)
    return left > 0 ? [] : [{ event, row, isIdTaken: taken.has(row.id) }]
  })
}
