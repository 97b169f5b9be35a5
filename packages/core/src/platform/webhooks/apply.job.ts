import { z } from 'zod'
import type { Clock, ProviderEvent, Providers, WebhookSource } from '../../spec/index.ts'
import { createBatcher } from '../batching/index.ts'
import { defineJob, handle, type JobContext, type JobHandler } from '../jobs/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import {
  type ApplyTx,
  applyTold,
  type EventApplier,
  placeOf,
  releaseNext,
  type Told,
  type WebhookHandlers,
} from './apply.ts'
import type { OpenedDelivery, QueuedDelivery } from './delivery.ts'
import type { PointListener } from './points.ts'
import { describeSafely } from './scrub.ts'

const input = z.object({ id: z.string(), provider: z.string(), subject: z.string().nullable() })

/** Translates a stored delivery and applies what it tells, in one transaction. Those of one subject run one at a time. */
export const applyDelivery = defineJob<z.infer<typeof input>>({
  name: 'webhooks.apply',
  retry: { attempts: 8, baseMs: 1_000, maxMs: 300_000 },
  timeoutMs: 60_000,
  parse: (stored) => input.parse(stored),
  lane: ({ provider, subject }) => subject && `${provider}/${subject}`,
})

/** What applying needs. */
export interface ApplyDeps<T extends ApplyTx> {
  readonly storage: UnitOfWork<T>
  readonly providers: Providers
  readonly applier: EventApplier<T>
  readonly handlers: WebhookHandlers<T>
  readonly clock: Clock
  readonly at: PointListener
}

/** The body of the job, for an applier. */
export function applyDeliveryJob<T extends ApplyTx>(deps: ApplyDeps<T>): JobHandler {
  const open = opener(deps)
  return handle(applyDelivery, async ({ id }, context) => {
    const delivery = await open(id)
    if (delivery === null || delivery.state === 'applied' || delivery.body === null) return
    deps.at('apply.started')
    const adapterVersion = deps.providers[delivery.provider]?.version ?? null
    try {
      const told = await tell(deps, { delivery, body: delivery.body, signal: context.signal })
      await deps.storage.transaction((tx) =>
        applyTold({ ...deps, again }, tx, { delivery, told, adapterVersion }),
      )
      deps.at('apply.committed')
    } catch (error) {
      throw await keepFailure(deps, { delivery, error, adapterVersion, context })
    }
  })
}

/** One job of each delivery that is held, whoever enqueues it; the sooner time counts. */
function again(tx: ApplyTx, { id, provider, subject }: QueuedDelivery, runAt?: Date): Promise<void> {
  const when = runAt === undefined ? {} : { runAt }
  return tx.jobs.enqueue(applyDelivery, { id, provider, subject }, { dedupeKey: id, ...when })
}

/** Bodies of so many bytes at once are read; what was claimed is far less. */
const READS = { items: 64, weight: 64, waitingItems: 1_000_000, waitingWeight: 1_000_000 }

/** Reads deliveries: those that are taken up at the same time by one statement. */
function opener<T extends ApplyTx>({
  storage,
}: ApplyDeps<T>): (id: string) => Promise<OpenedDelivery | null> {
  const reads = createBatcher<string, OpenedDelivery | null>({
    send: async (ids) => {
      const opened = await storage.read((tx) => tx.deliveries.open(ids))
      const byId = new Map(opened.map((delivery) => [delivery.id, delivery]))
      return ids.map((id) => byId.get(id) ?? null)
    },
    limits: READS,
    weigh: () => 1,
  })
  return reads.add
}

/** Keeps why an attempt failed, and answers an error that may stand in logs and in the queue. */
async function keepFailure<T extends ApplyTx>(
  deps: ApplyDeps<T>,
  failure: { delivery: OpenedDelivery; error: unknown; adapterVersion: string | null; context: JobContext },
): Promise<Error> {
  const { delivery, adapterVersion, context } = failure
  const error = describeSafely(failure.error, delivery.body)
  await deps.storage.transaction(async (tx) => {
    // Held first, so that whoever begins to wait for this one at the same time is seen.
    await tx.deliveries.lock(delivery.id)
    const { isLastAttempt } = context
    const state = isLastAttempt ? 'dead' : 'received'
    await tx.deliveries.settle({ id: delivery.id, state, error, adapterVersion, at: deps.clock.now() })
    const place = placeOf(delivery)
    if (isLastAttempt && place !== null) await releaseNext({ again }, tx, place)
  })
  deps.at('apply.failed')
  return new Error(error)
}

/** What a delivery tells, after the provider was asked about what may not be believed. No transaction is open here. */
async function tell<T extends ApplyTx>(
  deps: ApplyDeps<T>,
  { delivery, body, signal }: { delivery: OpenedDelivery; body: Uint8Array; signal: AbortSignal },
): Promise<readonly Told[]> {
  const { provider, topic, subject } = delivery
  const source = deps.providers[provider]?.webhooks
  if (source === undefined) throw new Error(`provider ${provider} is not configured any more`)
  // Only saves the question: whether it is too late is decided again inside the transaction.
  if (delivery.isLate) return []
  const events = source.translate({ body, topic, subject })
  deps.at('apply.translated')
  const told: Told[] = []
  for (const event of events) {
    const isBelieved = delivery.verdict === 'authentic'
    if (event.kind === 'ignored' || (isBelieved && !isDoubtful(event))) told.push({ event, isBelieved })
    else told.push(...(await ask(deps, { provider, source, event, isBelieved, signal })))
  }
  deps.at('apply.asked')
  return told
}

const isDoubtful = ({ kind }: ProviderEvent) => kind === 'hint' || kind === 'unrecognised'

async function ask<T extends ApplyTx>(
  deps: ApplyDeps<T>,
  about: {
    provider: string
    source: WebhookSource
    event: ProviderEvent
    isBelieved: boolean
    signal: AbortSignal
  },
): Promise<readonly Told[]> {
  const { provider, event, isBelieved, signal } = about
  const answers = await deps.applier.confirm({ provider, event, signal })
  if (answers.length > 0) return answers.map((answer) => ({ event: withoutHint(answer), isBelieved: true }))
  // Kept for people even when the provider cannot say more of it. What nothing proves is not believed.
  const isKept = isBelieved && event.kind === 'unrecognised'
  return [{ event: isKept ? event : unconfirmed(event), isBelieved: isKept, isUnconfirmed: true }]
}

/** A provider that answers a hint has told nothing: asking again would never end. */
function withoutHint(event: ProviderEvent): ProviderEvent {
  return event.kind === 'hint' ? unconfirmed(event) : event
}

/** What is left of an event that the provider does not confirm. */
function unconfirmed(event: ProviderEvent): ProviderEvent {
  const { topic, ref } = namesOf(event)
  const detail = 'The provider was asked, and has nothing there.'
  return { kind: 'unrecognised', topic, detail, ...(ref === undefined ? {} : { providerRef: ref }) }
}

function namesOf(event: ProviderEvent): { readonly topic: string; readonly ref?: string | undefined } {
  if (event.kind === 'hint') return { topic: event.topic, ref: event.ref }
  if (event.kind === 'changed') return { topic: event.object, ref: event.ref }
  if (event.kind === 'ignored') return { topic: event.topic }
  if (event.kind === 'unrecognised') return { topic: event.topic, ref: event.providerRef }
  return { topic: event.kind, ref: event.providerRef }
}
