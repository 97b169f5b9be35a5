import { pack } from '../../platform/codec.ts'
import { sha256Hex } from '../../platform/node.ts'
import type { ContractEvent } from '../../spec/index.ts'
import type { RelayedEvent } from './stream.ts'

/** What is to be done with a page. */
export interface Sorted {
  /** To be relayed, in their order. `isIdTaken`: another event stands under this id already. */
  readonly fresh: readonly { readonly event: ContractEvent; readonly row: RelayedEvent; readonly isIdTaken: boolean }[]
  /** Relayed before, under another id. */
  readonly same: readonly RelayedEvent[]
  /** Relayed before, and met again: their ids. */
  readonly seen: readonly string[]
  readonly duplicates: number
}

/** What an event says, without its id. */
export function fingerprintOf({ transactionHash, operation, contract, topics, value }: ContractEvent): string {
  return sha256Hex(pack([transactionHash, operation ?? null, contract, topics, value]))
}

const keyOf = ({ id, fingerprint }: Pick<RelayedEvent, 'id' | 'fingerprint'>) => `${fingerprint} ${id}`

/**
 * Sorts out what was relayed before. By id always. By content only when history is read again, which `run` names: a server
 * of another version may count ids in another way. One transaction may emit the same content twice, so contents are
 * counted: each event that was relayed stands for one that comes, once in a run, and what is left over is new.
 */
export function sortOut(
  events: readonly ContractEvent[],
  { known, run }: { readonly known: readonly RelayedEvent[]; readonly run: string | null },
): Sorted {
  const rows = events.map((event) => ({ event, id: event.id, fingerprint: fingerprintOf(event) }))
  const byKey = new Map(known.map((row) => [keyOf(row), row]))
  const taken = new Set(known.map(({ id }) => id))
  const met = rows.flatMap((row) => byKey.get(keyOf(row)) ?? [])
  const seen = new Set(met.map(({ id, sameAs }) => sameAs ?? id))
  const spare = sparesOf(known, { run, seen })
  const fresh: Sorted['fresh'][number][] = []
  const same: RelayedEvent[] = []
  const done = new Set(byKey.keys())
  for (const row of rows) {
    if (done.has(keyOf(row))) continue
    done.add(keyOf(row))
    const { event, id, fingerprint } = row
    const before = run === null ? undefined : spare.get(fingerprint)?.shift()
    const kept = { id, fingerprint, ledger: event.ledger, sameAs: before?.id ?? null, seenIn: run }
    if (before === undefined) fresh.push({ event, row: kept, isIdTaken: taken.has(id) })
    else {
      same.push(kept)
      seen.add(before.id)
    }
  }
  const ids = run === null ? [] : [...seen]
  return { fresh, same, seen: ids, duplicates: events.length - fresh.length }
}

/** What was relayed and was not met in this run yet, by its content. */
function sparesOf(
  known: readonly RelayedEvent[],
  { run, seen }: { readonly run: string | null; readonly seen: ReadonlySet<string> },
): ReadonlyMap<string, RelayedEvent[]> {
  const spare = new Map<string, RelayedEvent[]>()
  for (const row of known) {
    if (row.sameAs !== null || seen.has(row.id) || row.seenIn === run) continue
    const rows = spare.get(row.fingerprint) ?? []
    rows.push(row)
    spare.set(row.fingerprint, rows)
  }
  return spare
}
