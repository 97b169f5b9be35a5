import type { RelayerContext, RelayerWork } from './context.ts'
import type { RelayerGap, StreamRow } from './stream.ts'

const factsOf = ({ id, stream, provider, from, to, reason }: RelayerGap) => ({
  gap: id,
  stream,
  provider,
  from: from.toString(),
  to: to.toString(),
  reason,
})

/** Events may be missing: the host, people and the log are told. */
export async function tellGapSeen<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  gap: RelayerGap,
): Promise<void> {
  const facts = factsOf(gap)
  const at = context.clock.now()
  const told = { subject: gap.id, at }
  await tx.events.append({ ...told, type: 'relayer.gap_seen', correlation: gap.id, data: facts })
  await tx.audit.append({ ...told, actor: 'system', action: 'relayer.gap_seen', details: facts })
  context.logger.error(facts, 'contract events may be missing: the node no longer has these ledgers')
}

/** All ledgers of a gap were read. */
export async function tellGapFilled<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  gap: RelayerGap,
): Promise<void> {
  const facts = { ...factsOf(gap), source: gap.source, relayed: gap.relayed }
  const told = { subject: gap.id, at: context.clock.now() }
  await tx.events.append({ ...told, type: 'relayer.gap_filled', correlation: gap.id, data: facts })
  await tx.audit.append({ ...told, actor: 'system', action: 'relayer.gap_filled', details: facts })
}

/** Whoever was asked to fill a gap does not have its ledgers either. */
export async function tellFillRefused<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  gap: RelayerGap,
): Promise<void> {
  const facts = { ...factsOf(gap), source: gap.source }
  const told = { subject: gap.id, at: context.clock.now() }
  await tx.events.append({ ...told, type: 'relayer.fill_refused', correlation: gap.id, data: facts })
  await tx.audit.append({ ...told, actor: 'system', action: 'relayer.fill_refused', details: facts })
}

/** The network seems to have begun anew: the stream stands until a person decides. */
export async function tellHalted<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { name, provider, network, scannedTo, latest }: StreamRow,
): Promise<void> {
  const data = {
    stream: name,
    provider,
    network,
    scannedTo: scannedTo?.toString() ?? null,
    latest: latest?.toString() ?? null,
  }
  const told = { subject: name, at: context.clock.now() }
  await tx.events.append({ ...told, type: 'relayer.stream_halted', correlation: `relayer:${name}`, data })
  await tx.audit.append({ ...told, actor: 'system', action: 'relayer.stream_halted', details: data })
  context.logger.error(data, 'the network is far behind our place: it may have begun anew')
}
