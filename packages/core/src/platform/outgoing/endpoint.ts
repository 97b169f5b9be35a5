import type { Id } from '../../spec/index.ts'
import { defineMachine, type StateOf } from '../machine/index.ts'

/** The id of an endpoint. */
export type OutgoingEndpointId = Id<'whep'>

/**
 * An endpoint of a customer. While it is disabled, messages are kept for it as deliveries in `endpoint_disabled`, to be
 * replayed; a removed one has no secrets any more.
 */
export const endpointMachine = defineMachine({
  name: 'outgoing_endpoint',
  initial: 'enabled',
  states: {
    enabled: { disable: 'disabled', remove: 'removed' },
    disabled: { enable: 'enabled', remove: 'removed' },
    removed: {},
  },
})

/** Where an endpoint stands. */
export type OutgoingEndpointState = StateOf<typeof endpointMachine>

/** Who disabled an endpoint: the host, the receiver (410 Gone), or the engine after failing for too long. */
export type DisabledReason = 'host' | 'gone' | 'failing'

/** Where webhooks of ours go. Its secrets are not in it. */
export interface OutgoingEndpoint {
  readonly id: OutgoingEndpointId
  readonly url: string
  readonly description: string | null
  /** The host's own reference. An endpoint gets the messages of exactly its customer; null those of none. */
  readonly customer: string | null
  /** `*`, exact types, and `payment.*` for all that begin so. */
  readonly eventTypes: readonly string[]
  readonly state: OutgoingEndpointState
  readonly disabledReason: DisabledReason | null
  /** Failed attempts since the last one that succeeded. */
  readonly failures: number
  /** When the first of them failed. */
  readonly failingSince: Date | null
  /** Nothing is sent to it until then: it asked for rest, or keeps failing. */
  readonly restingUntil: Date | null
  /** The last success, to the minute. */
  readonly lastSuccessAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly version: number
}

/** A secret of an endpoint, as it may be shown. Every one that is active signs. */
export interface OutgoingSecretInfo {
  readonly id: string
  readonly createdAt: Date
  /** Null for the newest. After this time it signs no more. */
  readonly notAfter: Date | null
}

/** A secret as the database holds it: sealed, never in clear. */
export interface SealedSecret extends OutgoingSecretInfo {
  readonly endpointId: OutgoingEndpointId
  /** The id of the encryption key, and what was encrypted with it. */
  readonly keyId: string
  readonly sealed: Uint8Array
}

/** A type of message: groups of letters, digits and underscores between dots. Standard Webhooks, section "Event types". */
export const MESSAGE_TYPE = /^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$/
/** A pattern of types. */
export const TYPE_PATTERN = /^(\*|[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*(\.\*)?)$/

/** True when one of the patterns takes the type. */
export function takesType(patterns: readonly string[], type: string): boolean {
  return patterns.some(
    (pattern) =>
      pattern === '*' ||
      pattern === type ||
      (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  )
}
