import type {
  RecurrenceLocationRecord,
  RecurrenceRecord,
  RecurringChargeRecord,
  RequestRecord,
} from './automatic/records.ts'
import type {
  ChargeRecord,
  ClaimRecord,
  LocationRecord,
  ReceivedRecord,
  RefundRecord,
} from './charges/records.ts'
import type { Settings } from './options.ts'
import type { EfiCall, Movement, ReceivedReturn, SentPix, WebhookConfig } from './records.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A send as it is kept; `attempts` and `movements` are counted elsewhere. */
export type SendRecord = Mutable<Omit<SentPix, 'attempts' | 'movements' | 'returns'>> & {
  readonly returns: ReceivedReturn[]
  /** Look-ups and lists see it from then on. */
  visibleAt: Date
}

/** Everything the fake remembers. */
export interface EfiState {
  balance: bigint
  readonly sends: Map<string, SendRecord>
  readonly attempts: Map<string, number>
  /** Token to the instant it expires, in milliseconds. */
  readonly tokens: Map<string, number>
  readonly webhooks: Map<string, WebhookConfig>
  readonly automaticWebhooks: Map<'rec' | 'cobr', WebhookConfig>
  readonly charges: Map<string, ChargeRecord>
  readonly locations: Map<number, LocationRecord>
  /** By end-to-end id, in order of arrival. */
  readonly received: Map<string, ReceivedRecord>
  /** By end-to-end id, `/` and the refund's id. */
  readonly refunds: Map<string, RefundRecord>
  readonly claims: Map<string, ClaimRecord>
  readonly recurrences: Map<string, RecurrenceRecord>
  readonly requests: Map<string, RequestRecord>
  readonly recurringCharges: Map<string, RecurringChargeRecord>
  readonly recurrenceLocations: Map<number, RecurrenceLocationRecord>
  readonly movements: Movement[]
  readonly calls: Mutable<EfiCall>[]
}

/** The state at the start: money, no sends, and the webhooks that the options grant. */
export function createState(settings: Settings, now: Date): EfiState {
  const { keys, webhookUrl } = settings
  const granted = webhookUrl === undefined ? [] : keys
  return {
    balance: settings.balance,
    sends: new Map(),
    attempts: new Map(),
    tokens: new Map(),
    webhooks: new Map(
      granted.map((chave) => [chave, { webhookUrl: webhookUrl ?? '', chave, criacao: now, skipMtls: true }]),
    ),
    automaticWebhooks: new Map(
      webhookUrl === undefined
        ? []
        : (['rec', 'cobr'] as const).map((kind) => [
            kind,
            { webhookUrl, chave: '', criacao: now, skipMtls: true },
          ]),
    ),
    charges: new Map(),
    locations: new Map(),
    received: new Map(),
    refunds: new Map(),
    claims: new Map(),
    recurrences: new Map(),
    requests: new Map(),
    recurringCharges: new Map(),
    recurrenceLocations: new Map(),
    movements: [],
    calls: [],
  }
}

/** What a fault can hide, by the subject of the call that made it. */
export function hideable(state: EfiState, subject: string): { visibleAt: Date } | undefined {
  return (
    state.sends.get(subject) ??
    state.charges.get(subject) ??
    state.refunds.get(subject) ??
    state.recurringCharges.get(subject)
  )
}

/** Changes the balance and writes down why. The only place where money moves. */
export function move(state: EfiState, movement: Movement): void {
  state.balance += movement.amount
  state.movements.push(movement)
}

/** What the witness tells of a send. A copy: later changes do not reach it. */
export function snapshot(state: EfiState, record: SendRecord): SentPix {
  const { visibleAt: _, ...facts } = record
  const counted = state.movements.filter((movement) => movement.idEnvio === record.idEnvio)
  const count = (reason: Movement['reason']) =>
    counted.filter((movement) => movement.reason === reason).length
  return {
    ...facts,
    returns: [...record.returns],
    attempts: state.attempts.get(record.idEnvio) ?? 0,
    movements: count('sent') - count('rejected'),
  }
}
