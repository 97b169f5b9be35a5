import { type Clock, type Ids, reveal, type Secret, secret, type WebhookSender } from '../../spec/index.ts'
import type { LoggedEvent } from '../events/index.ts'
import { refuse } from '../input.ts'
import { fromBase64 } from '../node.ts'
import type { UnitOfWork } from '../storage/index.ts'
import type { Logger } from '../telemetry/index.ts'
import { TYPE_PATTERN } from './endpoint.ts'
import { type KeyRing, keyRing } from './key-ring.ts'
import type { OutgoingWork } from './store.ts'

/** How webhooks are sent to the host's own customers. */
export interface OutgoingOptions {
  /** How a request leaves: `webhookSender()` of `@lastro/adapter-kit`, or the host's own. */
  readonly sender: WebhookSender
  /**
   * Keys that seal the secrets of endpoints in the database: each the base64 of 32 random bytes. The first seals, all
   * open; to replace a key, put the new one first, call `resealSecrets`, then take the old one away.
   */
  readonly encryptionKeys: readonly (string | Secret)[]
  /** Types of logged events that become messages: exact, `payment.*` or `*`. Those of `outgoing.` never do. Default: none. */
  readonly fromEvents?: readonly string[]
  /** Whose message a logged event is. Pure. Default: no customer's, so endpoints of customers do not get it. */
  readonly customerOf?: (event: LoggedEvent) => string | null
  /** Milliseconds before each try, the first included. Default: that of Standard Webhooks, ten tries in about 76 hours. */
  readonly scheduleMs?: readonly number[]
  /** How long one attempt may take. Default 20 s; at most 30 s. */
  readonly timeoutMs?: number
  /** How long an endpoint may fail without one success before it is disabled. Default 5 days. */
  readonly disableAfterMs?: number
  /** How long the old secret still signs after a rotation. Default 24 h. */
  readonly overlapMs?: number
  /** How long messages are kept once all their deliveries have ended. Default 30 days. */
  readonly keepMs?: number
  /** Whether the first bytes of answers are kept, redacted. Default true. */
  readonly keepsAnswers?: boolean
}

/** The options with their defaults, checked. */
export interface OutgoingSettings
  extends Required<Omit<OutgoingOptions, 'encryptionKeys' | 'sender' | 'customerOf'>> {
  readonly sender: WebhookSender
  readonly customerOf: (event: LoggedEvent) => string | null
  readonly keys: KeyRing
}

/** What outgoing webhooks need. */
export interface OutgoingDeps<T extends OutgoingWork = OutgoingWork> {
  readonly storage: UnitOfWork<T>
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  /** @throws LastroError `invalid_input` when the host gave no `outgoing` option. */
  settings(): OutgoingSettings
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The example schedule of Standard Webhooks 1.0.0: each counted from the try before. */
const SCHEDULE_MS = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const

/** Limits and defaults of the times, in milliseconds. */
const TIMES = {
  timeoutMs: { min: SECOND, max: 30 * SECOND, or: 20 * SECOND },
  disableAfterMs: { min: MINUTE, max: 365 * DAY, or: 5 * DAY },
  overlapMs: { min: 0, max: 30 * DAY, or: DAY },
  keepMs: { min: HOUR, max: 3_650 * DAY, or: 30 * DAY },
} as const

/** @throws LastroError `invalid_input` naming the option and the rule. */
export function checkSettings(options: OutgoingOptions): OutgoingSettings {
  const { sender, fromEvents = [], scheduleMs = SCHEDULE_MS } = options
  if (typeof sender?.post !== 'function' || typeof sender.checkUrl !== 'function')
    refuse('outgoing.sender', 'must be a WebhookSender, such as webhookSender() of @lastro/adapter-kit')
  if (scheduleMs.length === 0 || scheduleMs.length > 50 || !scheduleMs.every(isWait))
    refuse('outgoing.scheduleMs', 'must be 1 to 50 whole numbers from 0 to 604800000')
  for (const pattern of fromEvents) {
    if (!TYPE_PATTERN.test(pattern)) refuse('outgoing.fromEvents', `"${pattern}" is no type and no pattern`)
    if (pattern.startsWith('outgoing.'))
      refuse(
        'outgoing.fromEvents',
        'must not name outgoing events: a message about a message would never end',
      )
  }
  const time = (name: keyof typeof TIMES): number => {
    const { min, max, or } = TIMES[name]
    const value = options[name] ?? or
    if (!Number.isInteger(value) || value < min || value > max)
      refuse(`outgoing.${name}`, `must be a whole number from ${min} to ${max}`)
    return value
  }
  return {
    sender,
    fromEvents,
    scheduleMs,
    customerOf: options.customerOf ?? (() => null),
    keepsAnswers: options.keepsAnswers ?? true,
    keys: keyRing(readKeys(options.encryptionKeys)),
    timeoutMs: time('timeoutMs'),
    disableAfterMs: time('disableAfterMs'),
    overlapMs: time('overlapMs'),
    keepMs: time('keepMs'),
  }
}

function isWait(ms: number): boolean {
  return Number.isInteger(ms) && ms >= 0 && ms <= 7 * DAY
}

function readKeys(given: readonly (string | Secret)[] | undefined): readonly Uint8Array[] {
  if (!Array.isArray(given) || given.length === 0)
    refuse('outgoing.encryptionKeys', 'is required: at least one key, the base64 of 32 random bytes')
  return given.map((one, index) => {
    const bytes = fromBase64(reveal(secret(one)))
    if (bytes === null || bytes.byteLength !== 32)
      refuse(`outgoing.encryptionKeys[${index}]`, 'must be the base64 of exactly 32 bytes')
    return bytes
  })
}
