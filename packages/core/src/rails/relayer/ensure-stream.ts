import { pack } from '../../platform/codec.ts'
import { refuse } from '../../platform/input.ts'
import { type RelayerContext, type RelayerWork, sourceOf } from './context.ts'
import type { ResolvedStream } from './options.ts'
import type { StreamRow } from './stream.ts'

/** The stream's row, which is made at the first look. @throws ProviderError when the first ledger could not be asked. */
export async function ensureStream<T extends RelayerWork>(
  context: RelayerContext<T>,
  stream: ResolvedStream,
  signal: AbortSignal,
): Promise<StreamRow> {
  const found = await context.storage.read((tx) => tx.relayer.stream(stream.name))
  const row = found ?? (await addStream(context, stream, signal))
  checkSame(context, row, stream)
  return pack(row.filter) === pack(filterOf(stream)) ? row : changeFilter(context, stream)
}

/** What of a stream's options is asked of the node. */
export const filterOf = ({ contracts, names }: ResolvedStream) => ({
  contracts: [...new Set(contracts)].sort(),
  names: [...new Set(names)].sort(),
})

function checkSame<T extends RelayerWork>(
  context: RelayerContext<T>,
  row: StreamRow,
  { name, provider }: ResolvedStream,
): void {
  const rule = (is: string, was: string) => `is ${is}, and was ${was} in this database: use another name`
  if (row.provider !== provider) refuse(`relayer.streams.${name}.provider`, rule(provider, row.provider))
  const { network } = sourceOf(context, provider).port
  if (row.network !== network) refuse(`providers.${provider}.network`, rule(network, row.network))
}

async function addStream<T extends RelayerWork>(
  context: RelayerContext<T>,
  stream: ResolvedStream,
  signal: AbortSignal,
): Promise<StreamRow> {
  const { name, provider, from } = stream
  const { port, rail } = sourceOf(context, provider)
  const range =
    from === 'latest' ? await rail.read('contractEvents.range', () => port.range({ signal })) : null
  const at = context.clock.now()
  const row: StreamRow = {
    name,
    provider,
    network: port.network,
    filter: filterOf(stream),
    state: 'catching_up',
    after: { ledger: range === null ? BigInt(from) : range.latest },
    scannedTo: null,
    oldest: range?.oldest ?? null,
    latest: range?.latest ?? null,
    relayed: 0n,
    duplicates: 0n,
    readAt: null,
    failures: 0,
    error: null,
    retryAt: null,
    createdAt: at,
    updatedAt: at,
  }
  // Another process may have begun at another ledger: then that one counts.
  return context.storage.transaction(async (tx) => {
    await tx.relayer.addStream(row)
    return (await tx.relayer.lockStream(name)) ?? row
  })
}

/** The place stays: nothing of what was asked for before is passed over, and what is new counts from here. */
async function changeFilter<T extends RelayerWork>(
  context: RelayerContext<T>,
  stream: ResolvedStream,
): Promise<StreamRow> {
  const filter = filterOf(stream)
  return context.storage.transaction(async (tx) => {
    const row = await tx.relayer.lockStream(stream.name)
    if (row === null) throw new Error(`stream ${stream.name} is gone`)
    const changed = { ...row, filter, updatedAt: context.clock.now() }
    await tx.relayer.saveStream(changed)
    await tx.audit.append({
      actor: 'system',
      action: 'relayer.filter_changed',
      subject: row.name,
      details: { from: pack(row.filter), to: pack(filter), scannedTo: row.scannedTo?.toString() ?? null },
      at: changed.updatedAt,
    })
    return changed
  })
}
