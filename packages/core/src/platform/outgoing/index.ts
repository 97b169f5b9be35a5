import { LastroError } from '../errors/index.ts'
import type { Events } from '../events/index.ts'
import { refuse } from '../input.ts'
import type { JobHandler, Schedule } from '../jobs/index.ts'
import type { Page, PageRequest, WriteOptions } from '../storage/index.ts'
import {
  disableEndpoint,
  enableEndpoint,
  lockEndpoint,
  removeEndpoint,
  type UpdateEndpoint,
  updateEndpoint,
} from './change-endpoint.ts'
import { type CreateEndpoint, createEndpoint, type EndpointWithSecret } from './create-endpoint.ts'
import { deliverJob } from './deliver.job.ts'
import type {
  OutgoingAttempt,
  OutgoingDelivery,
  OutgoingDeliveryId,
  OutgoingMessage,
  OutgoingMessageId,
} from './delivery.ts'
import type { OutgoingEndpoint, OutgoingEndpointId, OutgoingSecretInfo } from './endpoint.ts'
import { followEvents } from './from-events.ts'
import { keepOutgoingSchedule, sweepSchedule } from './jobs.ts'
import { type ReplayFailed, replayDelivery, replayFailed } from './replay.ts'
import { type RotateSecret, resealSecrets, rotateSecret } from './rotate-secret.ts'
import { type SendMessage, type SentMessage, sendMessage, sendTest } from './send.ts'
import { checkSettings, type OutgoingDeps, type OutgoingOptions } from './settings.ts'
import type { EndpointFilter, OutgoingDeliveryFilter, OutgoingWork } from './store.ts'
import { keepJob, sweepJob } from './upkeep.job.ts'

export type { UpdateEndpoint } from './change-endpoint.ts'
export type { CreateEndpoint, EndpointWithSecret } from './create-endpoint.ts'
export {
  type AttemptError,
  type OutgoingAttempt,
  type OutgoingDelivery,
  type OutgoingDeliveryId,
  type OutgoingDeliveryState,
  type OutgoingMessage,
  type OutgoingMessageId,
  outgoingDeliveryMachine,
} from './delivery.ts'
export {
  type DisabledReason,
  endpointMachine,
  type OutgoingEndpoint,
  type OutgoingEndpointId,
  type OutgoingEndpointState,
  type OutgoingSecretInfo,
  type SealedSecret,
} from './endpoint.ts'
export type { ReplayFailed } from './replay.ts'
export type { RotateSecret } from './rotate-secret.ts'
export type { SendMessage, SentMessage } from './send.ts'
export type { OutgoingOptions } from './settings.ts'
export type {
  EndpointFilter,
  OutgoingDeliveryFilter,
  OutgoingDeliveryStore,
  OutgoingEndpointStore,
  OutgoingTx,
} from './store.ts'

/** Where the webhooks of a customer go. */
export interface OutgoingEndpoints {
  /** Creates an endpoint; its secret is in the answer this once. @throws LastroError `invalid_input`. */
  create(input: CreateEndpoint, options?: WriteOptions): Promise<EndpointWithSecret>
  /** @throws LastroError `not_found`. */
  get(id: OutgoingEndpointId, options?: WriteOptions): Promise<OutgoingEndpoint>
  /** Newest first; removed ones only when asked for by state. */
  list(query?: EndpointFilter): Promise<Page<OutgoingEndpoint>>
  /** @throws LastroError `not_found`, `invalid_input`. */
  update(input: UpdateEndpoint, options?: WriteOptions): Promise<OutgoingEndpoint>
  /** Sends to it again. What it missed is kept: see `deliveries.replayFailed`. @throws LastroError `not_found`. */
  enable(id: OutgoingEndpointId, options?: WriteOptions): Promise<OutgoingEndpoint>
  /** Sends nothing to it any more, and keeps what it misses. @throws LastroError `not_found`. */
  disable(id: OutgoingEndpointId, options?: WriteOptions): Promise<OutgoingEndpoint>
  /** A new secret; the old ones sign as well until the overlap ends. @throws LastroError `not_found`, `invalid_input`. */
  rotateSecret(input: RotateSecret, options?: WriteOptions): Promise<EndpointWithSecret>
  /** Which secrets there are and until when they sign, newest first. Never the secrets. @throws LastroError `not_found`. */
  secrets(id: OutgoingEndpointId): Promise<readonly OutgoingSecretInfo[]>
  /** Ends it for good and deletes its secrets. @throws LastroError `not_found`. */
  remove(id: OutgoingEndpointId, options?: WriteOptions): Promise<void>
}

/** A delivery with everything that was tried. */
export interface InspectedOutgoing {
  readonly delivery: OutgoingDelivery
  readonly message: OutgoingMessage
  readonly attempts: readonly OutgoingAttempt[]
}

/** What became of messages, for operators and for the host's own pages. */
export interface OutgoingDeliveries {
  /** @throws LastroError `not_found`. */
  inspect(id: OutgoingDeliveryId): Promise<InspectedOutgoing>
  /** Newest first. */
  list(query?: OutgoingDeliveryFilter): Promise<Page<OutgoingDelivery>>
  /** Those that used up their schedule. */
  dead(query?: PageRequest & { readonly endpointId?: OutgoingEndpointId }): Promise<Page<OutgoingDelivery>>
  /** Sends one again that gave up, under the same `webhook-id`. @throws LastroError `not_found`, `illegal_transition`, `invalid_input`. */
  replay(id: OutgoingDeliveryId, options?: WriteOptions): Promise<OutgoingDelivery>
  /** Sends all again that an endpoint missed in a time, oldest first; answers how many. @throws LastroError `not_found`, `invalid_input`. */
  replayFailed(range: ReplayFailed): Promise<number>
}

/** Webhooks to the host's own customers, signed by Standard Webhooks 1.0.0. */
export interface Outgoing {
  readonly endpoints: OutgoingEndpoints
  readonly deliveries: OutgoingDeliveries
  /**
   * Writes a message, and one delivery for each endpoint that takes it, in the caller's transaction when `{ tx }` is
   * given. They leave after the commit, at least once, in no promised order. @throws LastroError `invalid_input`.
   */
  send(input: SendMessage, options?: WriteOptions): Promise<SentMessage>
  /** A message of type `webhook.test` to one endpoint. @throws LastroError `not_found`, `invalid_input`. */
  sendTest(id: OutgoingEndpointId, options?: WriteOptions): Promise<SentMessage>
  /** A message with the text that is sent. @throws LastroError `not_found`. */
  message(id: OutgoingMessageId): Promise<OutgoingMessage>
  /** Seals every secret with the first of `outgoing.encryptionKeys`. Answers how many were not. */
  resealSecrets(): Promise<number>
}

/** Outgoing webhooks with what runs for them. */
export interface OutgoingParts {
  readonly outgoing: Outgoing
  readonly jobs: readonly JobHandler[]
  readonly schedules: readonly Schedule[]
  /** Makes messages of logged events, where the host chose some. */
  follow(events: Pick<Events, 'follow'>): void
}

/**
 * Makes outgoing webhooks. Without options everything is there and refuses to be used.
 * @throws LastroError `invalid_input` naming the option and the rule.
 */
export function createOutgoing<T extends OutgoingWork>(
  base: Omit<OutgoingDeps<T>, 'settings'>,
  options: OutgoingOptions | undefined,
): OutgoingParts {
  const checked = options === undefined ? null : checkSettings(options)
  const settings = () =>
    checked ?? refuse('outgoing', 'is not configured: give createLastro a sender and encryption keys')
  const deps: OutgoingDeps<T> = { ...base, settings }
  return {
    outgoing: {
      endpoints: endpointsOf(deps),
      deliveries: deliveriesOf(deps),
      send: async (input, write) => deps.storage.transaction((tx) => sendMessage(deps, tx, input), write),
      sendTest: (id, write) => deps.storage.transaction((tx) => sendTest(deps, tx, id), write),
      message: async (id) =>
        (await deps.storage.read((tx) => tx.outgoing.getMessage(id))) ?? missing('message', id),
      resealSecrets: () => resealSecrets(deps),
    },
    jobs: [deliverJob(deps), sweepJob(deps), keepJob({ ...deps, isConfigured: checked !== null })],
    schedules: [sweepSchedule, keepOutgoingSchedule],
    follow: (events) => {
      if (checked !== null) followEvents(deps, events)
    },
  }
}

function missing(kind: string, id: string): never {
  throw new LastroError('not_found', { kind, id })
}

function endpointsOf<T extends OutgoingWork>(deps: OutgoingDeps<T>): OutgoingEndpoints {
  const write: <R>(work: (tx: T) => Promise<R>, options?: WriteOptions) => Promise<R> = (work, options) =>
    deps.storage.transaction(work, options)
  return {
    create: (input, options) => write((tx) => createEndpoint(deps, tx, input), options),
    get: async (id, options) => {
      const endpoint = await deps.storage.read((tx) => tx.outgoingEndpoints.get(id), options)
      return endpoint ?? missing('endpoint', id)
    },
    list: (query = {}) => deps.storage.read((tx) => tx.outgoingEndpoints.list(query)),
    update: (input, options) => write((tx) => updateEndpoint(deps, tx, input), options),
    enable: (id, options) => write((tx) => enableEndpoint(deps, tx, id), options),
    disable: (id, options) =>
      write(async (tx) => {
        const endpoint = await lockEndpoint(tx, id)
        return disableEndpoint(deps, tx, { endpoint, reason: 'host' })
      }, options),
    rotateSecret: (input, options) => write((tx) => rotateSecret(deps, tx, input), options),
    secrets: (id) =>
      deps.storage.read(async (tx) => {
        if ((await tx.outgoingEndpoints.get(id)) === null) missing('endpoint', id)
        const secrets = await tx.outgoingEndpoints.secrets(id)
        return secrets.map(({ id: secretId, createdAt, notAfter }) => ({ id: secretId, createdAt, notAfter }))
      }),
    remove: (id, options) => write((tx) => removeEndpoint(deps, tx, id), options),
  }
}

function deliveriesOf<T extends OutgoingWork>(deps: OutgoingDeps<T>): OutgoingDeliveries {
  const list = (query: OutgoingDeliveryFilter) => deps.storage.read((tx) => tx.outgoing.list(query))
  return {
    inspect: (id) =>
      deps.storage.read(async (tx) => {
        const delivery = (await tx.outgoing.get(id)) ?? missing('outgoing delivery', id)
        const message =
          (await tx.outgoing.getMessage(delivery.messageId)) ?? missing('message', delivery.messageId)
        return { delivery, message, attempts: await tx.outgoing.attempts(id) }
      }),
    list: (query = {}) => list(query),
    dead: (query = {}) => list({ ...query, state: 'exhausted' }),
    replay: (id, options) => deps.storage.transaction((tx) => replayDelivery(deps, tx, id), options),
    replayFailed: (range) => replayFailed(deps, range),
  }
}
