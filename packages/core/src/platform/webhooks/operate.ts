import { z } from 'zod'
import type { Clock, ProviderEvent, Providers } from '../../spec/index.ts'
import { LastroError } from '../errors/index.ts'
import type { Json } from '../events/index.ts'
import { boundedText, pageSchema, parseInput } from '../input.ts'
import { redact } from '../telemetry/index.ts'
import type { Page, PageRequest, UnitOfWork, WriteOptions } from '../unit-of-work/index.ts'
import { applyDelivery } from './apply.job.ts'
import type { Delivery, DeliveryFilter, DeliverySummary, FailedAttempt } from './delivery.ts'
import type { InboxTx } from './intake.ts'
import { showBody } from './scrub.ts'

/** Which deliveries are replayed: those that match, oldest first. */
export interface ReplayFilter extends DeliveryFilter {
  /** Default 1,000, at most 10,000. What is left is replayed by another call. */
  readonly limit?: number
}

/** Everything about one delivery, for people. */
export interface InspectedDelivery extends DeliverySummary {
  /** Attempts that failed, oldest first. */
  readonly history: readonly FailedAttempt[]
  /** The body parsed, with secrets hidden; null where it is neither JSON nor a form, or was emptied. */
  readonly content: unknown
  /** What the adapter makes of it now, with secrets hidden; null where it cannot be told. */
  readonly tells: unknown
}

/** The operator's side of the inbox. */
export interface InboxOperations {
  /**
   * Applies one delivery again, or all that match: by default the dead ones. What was applied of them before is left
   * out, so replaying settled state changes nothing. Answers how many will run.
   * @throws LastroError `invalid_input`; for one delivery `not_found`, `delivery_emptied`.
   */
  replay(which: string | ReplayFilter, options?: WriteOptions): Promise<{ readonly replayed: number }>
  /** @throws LastroError `not_found`. */
  get(id: string): Promise<DeliverySummary>
  /** @throws LastroError `not_found`. */
  inspect(id: string): Promise<InspectedDelivery>
  /** Newest first. @throws LastroError `invalid_input`. */
  list(query?: PageRequest & DeliveryFilter): Promise<Page<DeliverySummary>>
}

interface OperateDeps {
  readonly storage: UnitOfWork<InboxTx>
  readonly providers: Providers
  readonly clock: Clock
}

const timeSchema = z.date({ error: 'must be a Date' })
const filterFields = {
  provider: boundedText(255).optional(),
  topic: boundedText(255).optional(),
  subject: boundedText(255).optional(),
  state: z.enum(['received', 'applied', 'dead'], { error: 'must be received, applied or dead' }).optional(),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
}
const listSchema = z.strictObject({ ...filterFields, ...pageSchema.shape })
const replaySchema = z.strictObject({
  ...filterFields,
  limit: z.int().min(1, 'must be at least 1').max(10_000, 'must be at most 10000').optional(),
})

/** Makes the operator's side. */
export function createOperations(deps: OperateDeps): InboxOperations {
  return {
    replay: async (which, options) =>
      typeof which === 'string'
        ? replayOne(deps, which, options ?? {})
        : replayAll(deps, which, options ?? {}),
    get: async (id) => summaryOf(await find(deps, id)),
    inspect: (id) => inspect(deps, id),
    list: async (query = {}) => {
      const checked = parseInput(listSchema, query) as PageRequest & DeliveryFilter
      return deps.storage.read((tx) => tx.deliveries.list(checked))
    },
  }
}

async function replayOne({ storage, clock }: OperateDeps, id: string, options: WriteOptions) {
  return storage.transaction(async (tx) => {
    const at = clock.now()
    const delivery = await tx.deliveries.lock(id)
    if (delivery === null) throw new LastroError('not_found', { kind: 'delivery', id })
    if (delivery.emptiedAt !== null)
      throw new LastroError('delivery_emptied', { id, at: delivery.emptiedAt.toISOString() })
    const queued = await tx.deliveries.requeue({ ids: [id], limit: 1, at })
    await tx.jobs.enqueueMany(applyDelivery, queued)
    await tx.audit.append({
      actor: 'system',
      action: 'webhook.replayed',
      subject: id,
      details: { from: delivery.state },
      at,
    })
    return { replayed: queued.length }
  }, options)
}

async function replayAll({ storage, clock }: OperateDeps, filter: ReplayFilter, options: WriteOptions) {
  const { limit = 1_000, state = 'dead', ...rest } = parseInput(replaySchema, filter) as ReplayFilter
  const wanted = { ...rest, state }
  return storage.transaction(async (tx) => {
    const at = clock.now()
    const queued = await tx.deliveries.requeue({ ...wanted, limit, at })
    await tx.jobs.enqueueMany(applyDelivery, queued)
    await tx.audit.append({
      actor: 'system',
      action: 'webhook.replayed',
      subject: wanted.provider ?? '*',
      details: { filter: plain(wanted), replayed: queued.length },
      at,
    })
    return { replayed: queued.length }
  }, options)
}

async function find({ storage }: OperateDeps, id: string): Promise<Delivery> {
  const delivery = await storage.read((tx) => tx.deliveries.get(id))
  if (delivery === null) throw new LastroError('not_found', { kind: 'delivery', id })
  return delivery
}

async function inspect(deps: OperateDeps, id: string): Promise<InspectedDelivery> {
  const delivery = await find(deps, id)
  const history = await deps.storage.read((tx) => tx.deliveries.history(id))
  const { body, topic, subject } = delivery
  const source = deps.providers[delivery.provider]?.webhooks
  const tells =
    body === null || source === undefined ? null : safely(() => source.translate({ body, topic, subject }))
  return {
    ...summaryOf(delivery),
    history,
    content: body === null ? null : showBody(body),
    tells: tells === null ? null : redact(tells),
  }
}

function safely(translate: () => readonly ProviderEvent[]): readonly ProviderEvent[] | null {
  try {
    return translate()
  } catch {
    return null
  }
}

function summaryOf({ body: _body, applied: _applied, ...summary }: Delivery): DeliverySummary {
  return summary
}

/** A filter as the audit keeps it. */
function plain(filter: DeliveryFilter): { readonly [key: string]: Json } {
  const entries = Object.entries(filter).flatMap(([name, value]) => {
    if (value === undefined) return []
    return [[name, value instanceof Date ? value.toISOString() : value] as const]
  })
  return Object.fromEntries(entries)
}
