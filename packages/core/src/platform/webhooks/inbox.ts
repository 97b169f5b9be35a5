import type { Clock, Ids, Providers, RawDelivery, RejectReason, WebhookSource } from '../../spec/index.ts'
import type { AuditStore } from '../audit/index.ts'
import { LastroError } from '../errors/index.ts'
import type { JobEnqueuer } from '../jobs/index.ts'
import { type Logger, redact } from '../telemetry/index.ts'
import type { Page, PageRequest, UnitOfWork, WriteOptions } from '../unit-of-work/index.ts'
import { applyDelivery } from './apply.job.ts'
import type { Delivery, DeliveryState, DeliveryStore } from './delivery.ts'

/** A delivery as the host's framework gives it. */
export interface IncomingDelivery {
  readonly method?: string
  /** Path and query as the sender wrote them. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The bytes as received: mount the route before any body parser. */
  readonly body: Uint8Array
  readonly peer?: RawDelivery['peer']
}

/** What to answer the sender. 2xx is only ever said after the bytes are stored. */
export interface Receipt {
  readonly status: 200 | 400 | 401 | 404 | 413
  readonly result: 'received' | 'duplicate' | 'rejected'
  readonly reason?: RejectReason | 'too_large' | 'unknown_provider'
  /** Our id of the stored delivery. */
  readonly id?: string
}

/** Where every provider's webhooks arrive: verified, stored, deduplicated, applied once by a job, replayable. */
export interface Inbox {
  /**
   * Takes one delivery. Answer the sender with `status`.
   * @throws LastroError `webhook_body_parsed` when the body is not raw bytes.
   */
  receive(provider: string, incoming: IncomingDelivery): Promise<Receipt>
  /** Applies a stored delivery again. What it tells is settled already? Then nothing changes. */
  replay(id: string, options?: WriteOptions): Promise<void>
  get(id: string): Promise<Omit<Delivery, 'body'>>
  list(
    query?: PageRequest & {
      readonly provider?: string
      readonly state?: DeliveryState
      readonly topic?: string
    },
  ): Promise<Page<Omit<Delivery, 'body'>>>
}

/** What a transaction must offer to the inbox. */
export interface InboxTx {
  readonly deliveries: DeliveryStore
  readonly jobs: JobEnqueuer
  readonly audit: AuditStore
}

/** What the inbox needs. */
export interface InboxDeps {
  readonly storage: UnitOfWork<InboxTx>
  readonly providers: Providers
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
}

const STATUS: Readonly<Record<RejectReason, 400 | 401>> = {
  bad_signature: 401,
  foreign: 401,
  stale: 400,
  malformed: 400,
}

/** Makes the inbox. */
export function createInbox(deps: InboxDeps): Inbox {
  return {
    receive: (provider, incoming) => receive(deps, { provider, incoming }),
    replay: (id, options) =>
      deps.storage.transaction(async (tx) => {
        const at = deps.clock.now()
        const delivery = await tx.deliveries.lock(id)
        if (delivery === null) throw new LastroError('not_found', { kind: 'delivery', id })
        await tx.deliveries.settle({ id, state: 'received', error: null, at })
        await tx.jobs.enqueue(applyDelivery, { id })
        await tx.audit.append({
          actor: 'system',
          action: 'webhook.replayed',
          subject: id,
          details: { from: delivery.state },
          at,
        })
      }, options),
    get: async (id) => {
      const delivery = await deps.storage.read((tx) => tx.deliveries.get(id))
      if (delivery === null) throw new LastroError('not_found', { kind: 'delivery', id })
      const { body: _body, ...shown } = delivery
      return shown
    },
    list: (query) => deps.storage.read((tx) => tx.deliveries.list(query)),
  }
}

async function receive(
  deps: InboxDeps,
  call: { provider: string; incoming: IncomingDelivery },
): Promise<Receipt> {
  const { provider, incoming } = call
  if (!(incoming.body instanceof Uint8Array)) {
    throw new LastroError('webhook_body_parsed', {
      found: incoming.body === null ? 'null' : typeof incoming.body,
    })
  }
  const source = Object.hasOwn(deps.providers, provider) ? deps.providers[provider]?.webhooks : undefined
  if (source === undefined)
    return reject(deps, {
      provider: provider.slice(0, 64),
      reason: 'unknown_provider',
      status: 404,
      bytes: incoming.body.byteLength,
    })
  if (incoming.body.byteLength > source.maxBodyBytes) {
    return reject(deps, { provider, reason: 'too_large', status: 413, bytes: incoming.body.byteLength })
  }
  const delivery = toRaw(incoming, deps.clock.now())
  const verdict = await verify(deps, { source, delivery, provider })
  if (verdict.kind === 'rejected') {
    return reject(deps, {
      provider,
      reason: verdict.reason,
      status: STATUS[verdict.reason],
      bytes: incoming.body.byteLength,
    })
  }
  const id = deps.ids.next('whd')
  const isNew = await deps.storage.transaction(async (tx) => {
    const stored = await tx.deliveries.insert({
      id,
      provider,
      deliveryId: verdict.deliveryId,
      topic: verdict.topic,
      verdict: verdict.kind,
      state: 'received',
      body: incoming.body,
      attempts: 0,
      error: null,
      receivedAt: delivery.receivedAt,
      appliedAt: null,
    })
    if (stored) await tx.jobs.enqueue(applyDelivery, { id })
    return stored
  })
  return isNew ? { status: 200, result: 'received', id } : { status: 200, result: 'duplicate' }
}

/** An adapter that throws has not said "authentic": the delivery is refused, and the trouble is told. */
async function verify(
  deps: InboxDeps,
  call: { source: WebhookSource; delivery: RawDelivery; provider: string },
) {
  try {
    return await call.source.verify(call.delivery)
  } catch (error) {
    deps.logger.error({ provider: call.provider, error: redact(error) }, 'webhook verification threw')
    return { kind: 'rejected', reason: 'malformed' } as const
  }
}

async function reject(
  deps: InboxDeps,
  refusal: {
    provider: string
    reason: NonNullable<Receipt['reason']>
    status: 400 | 401 | 404 | 413
    bytes: number
  },
): Promise<Receipt> {
  const { provider, reason, status, bytes } = refusal
  await deps.storage.transaction((tx) =>
    tx.audit.append({
      actor: `provider:${provider}`,
      action: 'webhook.rejected',
      subject: provider,
      details: { reason, status, bytes },
      at: deps.clock.now(),
    }),
  )
  deps.logger.warn({ provider, reason, bytes }, 'webhook rejected')
  return { status, result: 'rejected', reason }
}

function toRaw(incoming: IncomingDelivery, receivedAt: Date): RawDelivery {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined)
      headers[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ')
  }
  const { method = 'POST', url, body, peer } = incoming
  return { method, url, headers, body, receivedAt, ...(peer === undefined ? {} : { peer }) }
}
