import type { RawDelivery, RejectReason, Verdict, WebhookSource } from '../../spec/index.ts'
import { sha256Hex } from '../node.ts'

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

/** Why an arrival is refused. */
export type RefusalReason = RejectReason | 'too_large' | 'unknown_provider' | 'rate_limited' | 'busy'

/** What every refusal answers. `busy`: more waits to be stored than this process holds. */
export const REFUSAL_STATUS: Readonly<Record<RefusalReason, 400 | 401 | 404 | 413 | 429 | 503>> = {
  unknown_provider: 404,
  too_large: 413,
  bad_signature: 401,
  foreign: 401,
  stale: 400,
  malformed: 400,
  rate_limited: 429,
  busy: 503,
}

/** What to answer the sender. 2xx is only ever said after the bytes are stored. */
export interface Receipt {
  readonly status: 200 | 202 | 204 | (typeof REFUSAL_STATUS)[RefusalReason]
  readonly result: 'received' | 'duplicate' | 'rejected'
  readonly reason?: RefusalReason
  /** Headers that the answer must carry: what the provider wants to hear, or `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Our id of the stored delivery. */
  readonly id?: string
}

/** An arrival on its way through the layers. */
export interface Arrival {
  readonly provider: string
  readonly source: WebhookSource
  readonly raw: RawDelivery
  /** What the adapter says of it; asked once, at the first layer that needs it. Never throws. */
  verdict(): Promise<Verdict>
}

/** An arrival for one provider. Header names become lower case, repeated headers one line. */
export function toArrival(
  incoming: IncomingDelivery,
  call: {
    readonly provider: string
    readonly source: WebhookSource
    readonly receivedAt: Date
    readonly onThrow: (error: unknown) => void
  },
): Arrival {
  const { provider, source, receivedAt, onThrow } = call
  const raw = toRaw(incoming, receivedAt)
  let asked: Promise<Verdict> | null = null
  const ask = async (): Promise<Verdict> => {
    try {
      return withinBounds(await source.verify(raw))
    } catch (error) {
      // An adapter that throws has not said "authentic".
      onThrow(error)
      return { kind: 'rejected', reason: 'malformed' }
    }
  }
  return {
    provider,
    source,
    raw,
    verdict: () => {
      asked ??= ask()
      return asked
    },
  }
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

const MAX_TEXT = 255

/** Facts that any table can hold: one delivery must not make a whole batch fail. */
function withinBounds(verdict: Verdict): Verdict {
  if (verdict.kind === 'rejected') return verdict
  const { kind, deliveryId, topic, subject, sequence } = verdict
  if (deliveryId === '') return { kind: 'rejected', reason: 'malformed' }
  const isPlaced = subject !== undefined && subject !== ''
  return {
    kind,
    deliveryId: bounded(deliveryId),
    topic: clean(topic).slice(0, MAX_TEXT),
    ...(isPlaced ? { subject: bounded(subject) } : {}),
    ...(isPlaced && sequence !== undefined ? { sequence: clean(sequence).slice(0, MAX_TEXT) } : {}),
  }
}

/** The database holds no NUL and no half of a surrogate pair. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** A name must stay unique: one that is too long becomes its digest. */
function bounded(text: string): string {
  return text.length > MAX_TEXT ? `sha256:${sha256Hex(text)}` : clean(text)
}
