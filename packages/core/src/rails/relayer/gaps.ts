import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { boundedText, parseInput, refuse } from '../../platform/input.ts'
import { move } from '../../platform/machine/index.ts'
import type { WriteOptions } from '../../platform/storage/index.ts'
import { type RelayerContext, type RelayerWork, sourceOf } from './context.ts'
import { filterOf } from './ensure-stream.ts'
import { fillGapJob } from './jobs.ts'
import { type GapId, gapMachine, type RelayerGap, type StreamRow, streamMachine } from './stream.ts'

/** Ledgers to read again, both included. */
export interface Backfill {
  readonly stream: string
  readonly from: bigint
  readonly to: bigint
  /** Who is asked. Default: the stream's provider. */
  readonly provider?: string
}

/** Where a halted stream goes on. */
export interface ResumeStream {
  readonly stream: string
  /** Default: where it stood. */
  readonly from?: bigint
}

const ledger = z.bigint({ error: 'must be a ledger as a bigint' }).min(0n, 'must not be negative')
const backfillSchema = z.strictObject({
  stream: boundedText(64),
  from: ledger,
  to: ledger,
  provider: boundedText(255).optional(),
})
const fillSchema = z.strictObject({ provider: boundedText(255).optional() })
const resumeSchema = z.strictObject({ stream: boundedText(64), from: ledger.optional() })

/** Has a gap filled by a job. @throws LastroError `not_found`, `provider_missing`, `invalid_input`, `illegal_transition`. */
export async function startFill<T extends RelayerWork>(
  context: RelayerContext<T>,
  { id, input }: { readonly id: GapId; readonly input: { readonly provider?: string } },
  options?: WriteOptions,
): Promise<RelayerGap> {
  const { provider: wanted } = parseInput(fillSchema, input)
  return context.storage.transaction(async (tx) => {
    const gap = await tx.relayer.lockGap(id)
    if (gap === null) throw new LastroError('not_found', { kind: 'gap', id })
    return begin(context, tx, { gap, source: wanted ?? gap.provider })
  }, options)
}

async function begin<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { gap, source }: { readonly gap: RelayerGap; readonly source: string },
): Promise<RelayerGap> {
  const { network } = sourceOf(context, gap.provider).port
  const other = sourceOf(context, source).port.network
  if (other !== network) refuse('provider', `reads ${other}, and the gap is of ${network}`)
  const filling: RelayerGap = {
    ...gap,
    state: move(gapMachine, gap, 'fill'),
    source,
    next: gap.from,
    fills: gap.fills + 1,
    updatedAt: context.clock.now(),
  }
  await tx.relayer.saveGap(filling)
  await tx.jobs.enqueue(fillGapJob, { gap: gap.id, stream: gap.stream })
  return filling
}

/** Has ledgers read again, with the stream's filter as it is now. What was relayed of them before is left out. */
export async function startBackfill<T extends RelayerWork>(
  context: RelayerContext<T>,
  input: Backfill,
  options?: WriteOptions,
): Promise<RelayerGap> {
  const { stream, from, to, provider: wanted } = parseInput(backfillSchema, input)
  if (from > to) refuse('to', 'must not be below from')
  const configured = context.options.streams.get(stream)
  if (configured === undefined) throw new LastroError('not_found', { kind: 'stream', id: stream })
  const { provider } = configured
  return context.storage.transaction(async (tx) => {
    const row = await tx.relayer.lockStream(stream)
    if (row === null || row.scannedTo === null || to > row.scannedTo)
      refuse('to', 'must not be above what the stream has read: it will read that by itself')
    const at = context.clock.now()
    const gap: RelayerGap = {
      id: context.ids.next('gap'),
      ...{ stream, provider, filter: filterOf(configured), from, to, reason: 'asked', state: 'open' },
      ...{ source: null, next: from, fills: 0, relayed: 0, seenAt: at, filledAt: null, updatedAt: at },
    }
    await tx.relayer.addGap(gap)
    return begin(context, tx, { gap, source: wanted ?? provider })
  }, options)
}

/** Lets a halted stream go on. @throws LastroError `not_found`, `illegal_transition` where it is not halted. */
export async function resumeStream<T extends RelayerWork>(
  context: RelayerContext<T>,
  input: ResumeStream,
  options?: WriteOptions,
): Promise<StreamRow> {
  const { stream, from } = parseInput(resumeSchema, input)
  return context.storage.transaction(async (tx) => {
    const row = await tx.relayer.lockStream(stream)
    if (row === null) throw new LastroError('not_found', { kind: 'stream', id: stream })
    const at = context.clock.now()
    const resumed: StreamRow = {
      ...row,
      state: move(streamMachine, { id: row.name, state: row.state }, 'resume'),
      ...(from === undefined ? {} : { after: { ledger: from }, scannedTo: null }),
      updatedAt: at,
    }
    await tx.relayer.saveStream(resumed)
    await tx.audit.append({
      actor: 'system',
      action: 'relayer.stream_resumed',
      subject: stream,
      details: { from: from?.toString() ?? null },
      at,
    })
    return resumed
  }, options)
}
