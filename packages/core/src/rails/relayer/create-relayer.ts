import { z } from 'zod'
import type { PartHealth } from '../../platform/health/index.ts'
import { boundedText, pageSchema, parseInput } from '../../platform/input.ts'
import type { JobHandler, Schedule } from '../../platform/jobs/index.ts'
import type { Page, WriteOptions } from '../../platform/storage/index.ts'
import type { ProviderNews } from '../../platform/webhooks/index.ts'
import type { ProviderEvent } from '../../spec/index.ts'
import { applyEvent } from './apply-event.ts'
import type { RelayerContext, RelayerDeps, RelayerWork } from './context.ts'
import { fillGap } from './fill.job.ts'
import { type Backfill, type ResumeStream, resumeStream, startBackfill, startFill } from './gaps.ts'
import { readStreamJob } from './jobs.ts'
import { resolveOptions } from './options.ts'
import { readStream } from './read.job.ts'
import { checkStreams, readStatus, type StreamStatus, statusOf } from './status.ts'
import type { GapFilter } from './store.ts'
import type { GapId, RelayerGap } from './stream.ts'

/** Contract events read with a durable cursor and relayed once. */
export interface Relayer<T = never> {
  /** How every stream stands. */
  streams(): Promise<readonly StreamStatus[]>
  /** Oldest first. @throws LastroError `invalid_input`. */
  gaps(query?: GapFilter): Promise<Page<RelayerGap>>
  /**
   * Has a gap filled by a job, by the stream's provider or by another one of the same network, such as an archive. Events
   * keep the stream's provider as their name. What was relayed before is left out, so filling twice changes nothing.
   * @throws LastroError `not_found`, `provider_missing`, `invalid_input`, `illegal_transition` where it is filled.
   */
  fillGap(id: GapId, options?: WriteOptions & { readonly provider?: string }): Promise<RelayerGap>
  /**
   * Has ledgers read again that the stream has read, such as after a contract was added to it.
   * @throws LastroError `not_found`, `provider_missing`, `invalid_input`.
   */
  backfill(input: Backfill, options?: WriteOptions): Promise<RelayerGap>
  /**
   * Lets a halted stream go on, at its place or at another ledger.
   * @throws LastroError `not_found`, `illegal_transition` where it is not halted.
   */
  resume(input: ResumeStream, options?: WriteOptions): Promise<StreamStatus>
  /** A relayed event on its way out of the inbox. */
  applyEvent(
    tx: T,
    news: Omit<ProviderNews, 'event'> & { readonly event: Extract<ProviderEvent, { kind: 'changed' }> },
  ): Promise<'applied'>
  /** The streams as parts of the engine's health. */
  health(): Promise<readonly PartHealth[]>
  readonly jobs: readonly JobHandler[]
  readonly schedules: readonly Schedule[]
}

const gapsSchema = z.strictObject({
  stream: boundedText(64).optional(),
  state: z.enum(['open', 'filling', 'filled'], { error: 'must be open, filling or filled' }).optional(),
  ...pageSchema.shape,
})

/** Makes the relayer. @throws LastroError `invalid_input` naming the option and the rule. */
export function createRelayer<T extends RelayerWork>(deps: RelayerDeps<T>): Relayer<T> {
  const options = resolveOptions(deps.options, new Set(Object.keys(deps.sources)))
  const context: RelayerContext<T> = { ...deps, options }
  const reading = context as unknown as RelayerContext
  return {
    streams: () => readStatus(reading),
    gaps: async (query = {}) => {
      const checked = parseInput(gapsSchema, query) as GapFilter
      return deps.storage.read((tx) => tx.relayer.gaps(checked))
    },
    fillGap: (id, { tx, ...input } = {}) => startFill(context, { id, input }, tx === undefined ? {} : { tx }),
    backfill: (input, write) => startBackfill(context, input, write),
    resume: async (input, write) => {
      const row = await resumeStream(context, input, write)
      const missing = await deps.storage.read((tx) => tx.relayer.missing(), write)
      return statusOf(row, missing.find(({ stream }) => stream === row.name)?.count ?? 0)
    },
    applyEvent: (tx, news) => applyEvent(context, tx, news),
    health: () => checkStreams(reading),
    jobs: [readStream(context), fillGap(context)],
    schedules: [...options.streams.keys()].map(
      (name): Schedule => ({
        name: `relayer.read:${name}`,
        everyMs: options.pollMs,
        job: readStreamJob as unknown as Schedule['job'],
        input: { stream: name },
      }),
    ),
  }
}
