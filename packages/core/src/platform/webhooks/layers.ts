import type { RejectReason } from '../../spec/index.ts'
import { LastroError } from '../errors/index.ts'
import type { Arrival, RefusalReason } from './arrival.ts'
import { type RateLimiter, UNKNOWN_TYPE } from './rate-limit.ts'
import type { Recent } from './recent.ts'

/** Why an arrival goes no further: it is refused, or was stored before. */
export type Stop =
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly retryAfterMs?: number }
  | { readonly kind: 'duplicate' }

/** What layers remember between arrivals. */
export interface Guards {
  readonly recent: Recent
  readonly limiter: RateLimiter
}

/** One test that an arrival must pass. Null: it does. */
export interface Layer {
  readonly name:
    | 'bytes'
    | 'size'
    | 'authenticity'
    | 'tolerance'
    | 'structure'
    | 'duplicate'
    | 'event_type'
    | 'rate'
  check(arrival: Arrival, guards: Guards): Promise<Stop | null> | Stop | null
}

/** Which layer an adapter's refusal belongs to. */
const LAYER_OF: Readonly<Record<RejectReason, Layer['name']>> = {
  bad_signature: 'authenticity',
  foreign: 'authenticity',
  stale: 'tolerance',
  malformed: 'structure',
}

/** A layer that the adapter's verdict decides. */
const byVerdict = (name: 'authenticity' | 'tolerance' | 'structure'): Layer => ({
  name,
  async check(arrival) {
    const verdict = await arrival.verdict()
    if (verdict.kind !== 'rejected' || LAYER_OF[verdict.reason] !== name) return null
    return { kind: 'refused', reason: verdict.reason }
  },
})

/** The type of an arrival as the adapter lists it, or `?` for one that it does not list. */
export async function typeOf(arrival: Arrival): Promise<string> {
  const verdict = await arrival.verdict()
  if (verdict.kind === 'rejected') return UNKNOWN_TYPE
  const isListed = arrival.source.eventTypes.some(({ type }) => type === verdict.topic)
  return isListed ? verdict.topic : UNKNOWN_TYPE
}

/**
 * What an arrival passes before it is stored, in this order. Each test costs more than the one before it, or may be asked
 * only of who passed it. What it tells of amounts is compared with our books when it is applied, after it is durable.
 */
export const LAYERS: readonly Layer[] = [
  {
    name: 'bytes',
    check: ({ raw }) => {
      const body: unknown = raw.body
      if (body instanceof Uint8Array) return null
      throw new LastroError('webhook_body_parsed', { found: body === null ? 'null' : typeof body })
    },
  },
  {
    name: 'size',
    check: ({ raw, source }) =>
      raw.body.byteLength > source.maxBodyBytes ? { kind: 'refused', reason: 'too_large' } : null,
  },
  byVerdict('authenticity'),
  byVerdict('tolerance'),
  byVerdict('structure'),
  {
    name: 'duplicate',
    // What this process stored lately. The database has the last word when it stores.
    async check(arrival, { recent }) {
      const verdict = await arrival.verdict()
      const isKnown =
        verdict.kind !== 'rejected' &&
        recent.has({ provider: arrival.provider, deliveryId: verdict.deliveryId })
      return isKnown ? { kind: 'duplicate' } : null
    },
  },
  {
    name: 'event_type',
    // Stops nothing: a type that the adapter does not list is stored, marked, counted, and told to people.
    check: () => null,
  },
  {
    name: 'rate',
    async check(arrival, { limiter }) {
      const type = await typeOf(arrival)
      const retryAfterMs = limiter.take({ provider: arrival.provider, type, at: arrival.raw.receivedAt })
      return retryAfterMs === 0 ? null : { kind: 'refused', reason: 'rate_limited', retryAfterMs }
    },
  },
]

/** The first layer that stops an arrival, or null when all let it pass. */
export async function passLayers(
  arrival: Arrival,
  guards: Guards,
): Promise<(Stop & { readonly layer: Layer['name'] }) | null> {
  for (const layer of LAYERS) {
    const answer = layer.check(arrival, guards)
    // Most answer at once: not to wait for those spares every arrival its turns.
    const stop = answer instanceof Promise ? await answer : answer
    if (stop !== null) return { ...stop, layer: layer.name }
  }
  return null
}
