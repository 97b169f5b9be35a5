import type { PartHealth } from '../../platform/health/index.ts'
import type { RelayerContext } from './context.ts'
import type { StreamRow, StreamState } from './stream.ts'

/** How a stream stands. Plain JSON: ledgers are texts. */
export interface StreamStatus {
  readonly stream: string
  readonly provider: string
  readonly network: string
  readonly state: StreamState
  /** Everything of this ledger and before it was looked through. */
  readonly scannedTo: string | null
  /** What the node held at the last look. */
  readonly oldest: string | null
  readonly latest: string | null
  readonly ledgersBehind: number
  readonly relayed: string
  readonly duplicates: string
  /** Gaps that were seen and are not filled. */
  readonly missingGaps: number
  readonly readAt: string | null
  /** Why the last look failed; null where it did not. */
  readonly error: string | null
}

/** Without an answer for this long, a stream is not fine. */
const SILENT_MS = 120_000

/** Every stream that was ever read, by name. */
export async function readStatus(context: RelayerContext): Promise<readonly StreamStatus[]> {
  const [rows, missing] = await context.storage.read(
    async (tx) => [await tx.relayer.streams(), await tx.relayer.missing()] as const,
  )
  return rows.map((row) => statusOf(row, missing.find(({ stream }) => stream === row.name)?.count ?? 0))
}

/** A row as hosts see it. */
export function statusOf(row: StreamRow, missingGaps: number): StreamStatus {
  const { name: stream, provider, network, state, scannedTo, oldest, latest, error } = row
  const text = (ledger: bigint | null) => ledger?.toString() ?? null
  const behind = scannedTo === null || latest === null || latest < scannedTo ? 0n : latest - scannedTo
  return {
    ...{ stream, provider, network, state, error, missingGaps },
    scannedTo: text(scannedTo),
    oldest: text(oldest),
    latest: text(latest),
    ledgersBehind: Number(behind), // tidy-allow: number a count of ledgers, below 2^32
    relayed: row.relayed.toString(),
    duplicates: row.duplicates.toString(),
    readAt: row.readAt?.toISOString() ?? null,
  }
}

/** The streams as parts of the engine's health. Those that are not configured any more do not count. */
export async function checkStreams(context: RelayerContext): Promise<readonly PartHealth[]> {
  const { streams } = context.options
  if (streams.size === 0) return []
  const found = await readStatus(context)
  return [...streams.keys()].map((name) => {
    const part = `relayer:${name}`
    const status = found.find(({ stream }) => stream === name)
    if (status === undefined) return { part, ok: true, detail: 'was not read yet' }
    const trouble = troublesOf(status, context.clock.now())
    const place = `${status.state}, ${status.ledgersBehind} ledgers behind`
    return { part, ok: trouble.length === 0, detail: [place, ...trouble].join('; ') }
  })
}

function troublesOf(status: StreamStatus, now: Date): readonly string[] {
  const { state, missingGaps, error, readAt, oldest, latest, ledgersBehind } = status
  const kept = oldest === null || latest === null ? 0n : BigInt(latest) - BigInt(oldest)
  const silentMs = readAt === null ? 0 : now.getTime() - new Date(readAt).getTime()
  return [
    ...(state === 'halted' ? ['the network seems to have begun anew'] : []),
    ...(missingGaps > 0 ? [`${missingGaps} gaps are not filled`] : []),
    // Half of what the node keeps is gone already: what comes next is a gap.
    ...(kept > 0n && BigInt(ledgersBehind) * 2n > kept ? ['half of what the node keeps has passed'] : []),
    ...(error === null ? [] : [error]),
    ...(silentMs > SILENT_MS ? [`no answer since ${readAt}`] : []),
  ]
}
