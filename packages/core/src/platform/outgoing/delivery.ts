import type { Id, SendFailure } from '../../spec/index.ts'
import { defineMachine, type StateOf } from '../machine/index.ts'
import type { OutgoingEndpointId } from './endpoint.ts'

/** The id of a message: what receivers see as `webhook-id`, the same at every attempt. */
export type OutgoingMessageId = Id<'msg'>
/** The id of a delivery: one message on its way to one endpoint. */
export type OutgoingDeliveryId = Id<'whod'>

/**
 * One message on its way to one endpoint. `lose` is an attempt whose end nobody saw: the process died, or was told to
 * stop. It counts as an attempt, and the receiver may have had it.
 */
export const outgoingDeliveryMachine = defineMachine({
  name: 'outgoing_delivery',
  initial: 'pending',
  states: {
    pending: { send: 'sending', disable: 'endpoint_disabled' },
    sending: {
      succeed: 'delivered',
      fail: 'pending',
      lose: 'pending',
      exhaust: 'exhausted',
      disable: 'endpoint_disabled',
    },
    delivered: {},
    exhausted: { replay: 'pending' },
    endpoint_disabled: { replay: 'pending' },
  },
})

/** Where a delivery stands. */
export type OutgoingDeliveryState = StateOf<typeof outgoingDeliveryMachine>

/** A message: written in the transaction of what it tells, and never changed. */
export interface OutgoingMessage {
  readonly id: OutgoingMessageId
  readonly type: string
  readonly customer: string | null
  /** The very text that is signed and sent. */
  readonly body: string
  /** The position of the logged event it was made from. At most one message is made from each. */
  readonly eventPosition: string | null
  readonly createdAt: Date
}

/** Why an attempt did not succeed: the sender's reason, an answer that is not 2xx, or an end that nobody saw. */
export type AttemptError = SendFailure | 'status' | 'lost'

/** One message on its way to one endpoint. */
export interface OutgoingDelivery {
  readonly id: OutgoingDeliveryId
  readonly messageId: OutgoingMessageId
  readonly endpointId: OutgoingEndpointId
  readonly type: string
  readonly state: OutgoingDeliveryState
  /** Attempts that were begun, of all replays together. */
  readonly attempts: number
  /** Tries used of the schedule. A replay begins again at 0. */
  readonly tries: number
  /** Not sent before this time. */
  readonly dueAt: Date
  /** When the attempt under way began, and when it counts as lost. */
  readonly sentAt: Date | null
  readonly leaseUntil: Date | null
  readonly lastStatus: number | null
  readonly lastError: AttemptError | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly version: number
}

/** One attempt, for the host's own pages and for people. */
export interface OutgoingAttempt {
  readonly deliveryId: OutgoingDeliveryId
  readonly number: number
  readonly at: Date
  /** Null where nobody saw the end. */
  readonly durationMs: number | null
  readonly status: number | null
  readonly error: AttemptError | null
  /** The first bytes of the answer as text, redacted. */
  readonly answer: string | null
}
