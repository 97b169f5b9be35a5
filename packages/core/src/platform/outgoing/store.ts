import type { Page, PageRequest, PlatformTx } from '../storage/index.ts'
import type {
  OutgoingAttempt,
  OutgoingDelivery,
  OutgoingDeliveryId,
  OutgoingDeliveryState,
  OutgoingMessage,
  OutgoingMessageId,
} from './delivery.ts'
import type { OutgoingEndpoint, OutgoingEndpointId, OutgoingEndpointState, SealedSecret } from './endpoint.ts'

/** Which endpoints to list: newest first, removed ones only when asked for. */
export interface EndpointFilter extends PageRequest {
  readonly customer?: string
  readonly state?: OutgoingEndpointState
}

/** Which deliveries to list: newest first. */
export interface OutgoingDeliveryFilter extends PageRequest {
  readonly endpointId?: OutgoingEndpointId
  readonly messageId?: OutgoingMessageId
  readonly state?: OutgoingDeliveryState
  readonly type?: string
}

/** Endpoints and their secrets, inside a transaction. */
export interface OutgoingEndpointStore {
  insert(endpoint: OutgoingEndpoint): Promise<void>
  get(id: OutgoingEndpointId): Promise<OutgoingEndpoint | null>
  /** Reads the row and holds it until the transaction ends; new deliveries to it may still be written meanwhile. */
  lock(id: OutgoingEndpointId): Promise<OutgoingEndpoint | null>
  /** @throws LastroError `version_conflict` when the row is no longer at `endpoint.version - 1`. */
  update(endpoint: OutgoingEndpoint): Promise<void>
  list(query: EndpointFilter): Promise<Page<OutgoingEndpoint>>
  /** Those of exactly this customer that are not removed, oldest first. */
  ofCustomer(query: {
    readonly customer: string | null
    readonly limit: number
  }): Promise<readonly OutgoingEndpoint[]>
  insertSecret(secret: SealedSecret): Promise<void>
  /** All that are there, newest first, active or not. */
  secrets(endpointId: OutgoingEndpointId): Promise<readonly SealedSecret[]>
  /** Gives every secret of the endpoint an end, where it has none that comes sooner. */
  endSecrets(end: { readonly endpointId: OutgoingEndpointId; readonly notAfter: Date }): Promise<void>
  /** Deletes secrets of the endpoint that ended before this time; all of them without one. */
  deleteSecrets(query: {
    readonly endpointId: OutgoingEndpointId
    readonly endedBefore?: Date
  }): Promise<void>
  /** Secrets sealed with any other key, held until the transaction ends. */
  secretsNotSealedWith(query: {
    readonly keyId: string
    readonly limit: number
  }): Promise<readonly SealedSecret[]>
  reseal(secret: Pick<SealedSecret, 'id' | 'keyId' | 'sealed'>): Promise<void>
}

/** Messages, deliveries and attempts, inside a transaction. */
export interface OutgoingDeliveryStore {
  /** False when a message was made from the same logged event before. */
  insertMessage(message: OutgoingMessage): Promise<boolean>
  getMessage(id: OutgoingMessageId): Promise<OutgoingMessage | null>
  insert(delivery: OutgoingDelivery): Promise<void>
  get(id: OutgoingDeliveryId): Promise<OutgoingDelivery | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(id: OutgoingDeliveryId): Promise<OutgoingDelivery | null>
  /** @throws LastroError `version_conflict` when the row is no longer at `delivery.version - 1`. */
  update(delivery: OutgoingDelivery): Promise<void>
  list(query: OutgoingDeliveryFilter): Promise<Page<OutgoingDelivery>>
  insertAttempt(attempt: OutgoingAttempt): Promise<void>
  /** Oldest first, the latest 200 of them. */
  attempts(id: OutgoingDeliveryId): Promise<readonly OutgoingAttempt[]>
  /** Deliveries of an endpoint that gave up, made within a time, held until the transaction ends. Oldest first. */
  lockFailed(query: {
    readonly endpointId: OutgoingEndpointId
    readonly since: Date
    readonly until: Date
    readonly limit: number
  }): Promise<readonly OutgoingDelivery[]>
  /** Deliveries that no job may be left for: an attempt whose lease is over, or long due. */
  stuck(query: {
    readonly leaseBefore: Date
    readonly dueBefore: Date
    readonly limit: number
  }): Promise<readonly Pick<OutgoingDelivery, 'id' | 'endpointId'>[]>
  /** Deletes messages made before this time whose deliveries have all ended, with everything of them. Answers how many. */
  prune(query: { readonly before: Date; readonly limit: number }): Promise<number>
}

/** What a transaction offers to outgoing webhooks. */
export interface OutgoingTx {
  readonly outgoingEndpoints: OutgoingEndpointStore
  readonly outgoing: OutgoingDeliveryStore
}

/** What a transaction must offer for outgoing webhooks to work in it. */
export type OutgoingWork = PlatformTx & OutgoingTx
