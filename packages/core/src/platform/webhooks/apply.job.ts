import { z } from 'zod'
import type { Clock, ProviderEvent, Providers, WebhookSource } from '../../spec/index.ts'
import { defineJob, handle, type JobContext, type JobHandler } from '../jobs/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import {
  type ApplyTx,
  applyTold,
  type EventApplier,
  placeOf,
  type Told,
  type WebhookHandlers,
} from './apply.ts'
import type { Delivery } from './delivery.ts'
import type { PointListener } from './points.ts'
import { describeSafely } from './scrub.ts'

const input = z.object({ id: z.string(), provider: z.string(), subject: z.string().nullable() })

/** Translates a stored delivery and applies what it tells, in one transaction. Those of one subject run in their order. */
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
  return handle(applyDelivery, async ({ id }, context) => {
    const delivery = await deps.storage.read((tx) => tx.deliveries.get(id))
    if (delivery === null || delivery.state === 'applied' || delivery.body === null) return
    deps.at('apply.started')
    const adapterVersion = deps.providers[delivery.provider]?.version ?? null
    try {
      const told = await tell(deps, { delivery, body: delivery.body, signal: context.signal })
      await deps.storage.transaction((tx) => applyTold(deps, tx, { id, told, adapterVersion }))
      deps.at('apply.committed')
    } catch (error) {
      throw await keepFailure(deps, { delivery, error, adapterVersion, context })
    }
  })
}

/** Keeps why an attempt failed, and answers an error that may stand in logs and in the queue. */
async function keepFailure<T extends ApplyTx>(
  deps: ApplyDeps<T>,
  failure: { delivery: Delivery; error: unknown; adapterVersion: string | null; context: JobContext },
): Promise<Error> {
  const { delivery, adapterVersion, context } = failure
  const error = describeSafely(failure.error, delivery.body)
  await deps.storage.transaction((tx) =>
    tx.deliveries.settle({
      id: delivery.id,
      state: context.isLastAttempt ? 'dead' : 'received',
      note: null,
      error,
      adapterVersion,
      applied: delivery.applied,
      at: deps.clock.now(),
    }),
  )
  deps.at('apply.failed')
  return new Error(error)
}

/** What a delivery tells, after the provider was asked about what may not be believed. No transaction is open here. */
async function tell<T extends ApplyTx>(
  deps: ApplyDeps<T>,
  { delivery, body, signal }: { delivery: Delivery; body: Uint8Array; signal: AbortSignal },
): Promise<readonly Told[]> {
  const { provider, topic, subject } = delivery
  const source = deps.providers[provider]?.webhooks
  if (source === undefined) throw new Error(`provider ${provider} is not configured any more`)
  const place = placeOf(delivery)
  // Only saves the question: whether it is too late is decided again inside the transaction.
  if (place !== null && (await deps.storage.read((tx) => tx.deliveries.isSuperseded(place)))) return []
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
