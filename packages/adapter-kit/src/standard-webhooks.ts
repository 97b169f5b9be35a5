import type {
  DeliveryFacts,
  EventTypeRow,
  ProviderEvent,
  RawDelivery,
  StoredDelivery,
  Verdict,
  WebhookSource,
} from '@lastro/core/spec'
import { parseJson } from './json.ts'
import { misconfigured, type StandardVerifierOptions, standardVerifier } from './standard-webhooks-keys.ts'
import { plainType } from './standard-webhooks-type.ts'

/** A verified delivery's body, parsed. */
export type StandardPayload = Readonly<Record<string, unknown>>

/** A source of webhooks that are signed by Standard Webhooks. */
export interface StandardWebhooksOptions extends StandardVerifierOptions {
  /** Every event type that the sender documents, and what becomes of it. */
  readonly eventTypes: readonly EventTypeRow[]
  /**
   * What a delivery tells, for types that stand in `eventTypes` and are not `ignored` there. Pure. When it throws, the
   * delivery is kept as `unrecognised` for a person.
   */
  readonly translate: (delivery: {
    readonly topic: string
    readonly subject: string | null
    readonly payload: StandardPayload
  }) => readonly ProviderEvent[]
  /** The event type. Default: the payload's `type`. Given this, `subject` or `sequence`, each delivery is parsed whole. */
  readonly topic?: (payload: StandardPayload) => string | undefined
  /** The object the news is about. Default: none, so deliveries are applied in any order. */
  readonly subject?: (payload: StandardPayload) => string | undefined
  /** The place of the news in the order of its subject, as texts compare. Only where the sender gives a real order. */
  readonly sequence?: (payload: StandardPayload) => string | undefined
  /** Asks the sender for the truth of a hint or of what fits no rule. */
  readonly lookUp?: NonNullable<WebhookSource['lookUp']>
  /** Largest body that is read. Default 256 KiB; the specification advises senders to stay below 20 KB. */
  readonly maxBodyBytes?: number
}

const DEFAULT_MAX_BODY_BYTES = 262_144

/**
 * Webhooks of any sender that signs by Standard Webhooks 1.0.0 (`webhook-id`, `webhook-timestamp`,
 * `webhook-signature`), for a provider of your own: `defineProvider({ id, webhooks: standardWebhooks({ … }) })`.
 *
 * A delivery is one piece of news by its `webhook-id`, which stays the same when the sender tries again.
 *
 * @throws ProviderError `misconfigured` naming the option. There is no way to take deliveries without a secret.
 */
export function standardWebhooks(options: StandardWebhooksOptions): WebhookSource {
  const { eventTypes, lookUp, maxBodyBytes = DEFAULT_MAX_BODY_BYTES } = options
  const verifier = standardVerifier(options)
  const rows = new Map(eventTypes.map((row) => [row.type, row]))
  if (rows.size !== eventTypes.length)
    throw misconfigured(options.provider, 'eventTypes: a type stands there twice')
  const parsesWhole = [options.topic, options.subject, options.sequence].some((read) => read !== undefined)
  const factsOf = parsesWhole ? factsByParsing : factsByType
  return {
    specVersion: 1,
    maxBodyBytes,
    eventTypes,
    verify: async (delivery) => {
      if (delivery.body.byteLength > maxBodyBytes) return { kind: 'rejected', reason: 'malformed' }
      const signature = verifier.check(delivery)
      if (signature !== 'valid') return { kind: 'rejected', reason: signature }
      return factsOf(options, delivery)
    },
    translate: (delivery) => translate({ options, rows }, delivery),
    ...(lookUp === undefined ? {} : { lookUp }),
  }
}

const MALFORMED: Verdict = { kind: 'rejected', reason: 'malformed' }

/**
 * What was signed is stored without being parsed: that is left to `translate`, which keeps a body that is no JSON as
 * `unrecognised`, for a person. Refusing it would only make the sender repeat it.
 */
function factsByType(options: StandardWebhooksOptions, delivery: RawDelivery): Verdict {
  const topic = plainType(delivery.body)
  if (topic === null) return factsByParsing(options, delivery)
  return { kind: 'authentic', deliveryId: delivery.headers['webhook-id'] ?? '', topic }
}

/** A caller's function that throws has not understood the delivery: it is refused, and the sender tries again. */
function factsByParsing(options: StandardWebhooksOptions, delivery: RawDelivery): Verdict {
  const payload = payloadOf(delivery.body)
  if (payload === null) return MALFORMED
  try {
    const topic = options.topic === undefined ? payload.type : options.topic(payload)
    if (typeof topic !== 'string' || topic === '') return MALFORMED
    const subject = options.subject?.(payload)
    const sequence = options.sequence?.(payload)
    const facts: DeliveryFacts = {
      deliveryId: delivery.headers['webhook-id'] ?? '',
      topic,
      ...(subject === undefined ? {} : { subject }),
      ...(sequence === undefined ? {} : { sequence }),
    }
    return { kind: 'authentic', ...facts }
  } catch {
    return MALFORMED
  }
}

function payloadOf(body: Uint8Array): StandardPayload | null {
  const parsed = parseJson(body)
  if (parsed.kind === 'not_json') return null
  const { value } = parsed
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as StandardPayload) : null
}

function translate(
  source: { readonly options: StandardWebhooksOptions; readonly rows: ReadonlyMap<string, EventTypeRow> },
  delivery: StoredDelivery,
): readonly ProviderEvent[] {
  const { topic, subject, body } = delivery
  const odd = (detail: string): readonly ProviderEvent[] => [{ kind: 'unrecognised', topic, detail }]
  const row = source.rows.get(topic)
  if (row === undefined) return odd('this event type is not in the table of the source')
  if (row.does === 'ignored') return [{ kind: 'ignored', topic }]
  const payload = payloadOf(body)
  if (payload === null) return odd('the body is no JSON object')
  try {
    return source.options.translate({ topic, subject, payload })
  } catch {
    return odd('the source could not translate the body')
  }
}
