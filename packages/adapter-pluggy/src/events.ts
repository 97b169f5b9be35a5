import type { EventTypeRow, ProviderObject } from '@lastro/core/spec'

/** How the payloads of one family of events are read: fields by their dotted path, the first that is there. */
export interface EventFamily {
  readonly object: ProviderObject
  /** Where the object's id may stand. */
  readonly ref: readonly string[]
  /** The object whose deliveries are applied one after another. Default: `ref`. */
  readonly subject: readonly string[]
  readonly status: readonly string[]
  /** What else is told, by the name it gets. */
  readonly facts: Readonly<Record<string, readonly string[]>>
  /** Facts without which the object cannot be asked for. */
  readonly needs: readonly string[]
}

/** One documented event: its row in the table, and how its payload is read. */
export interface EventRule extends EventTypeRow {
  readonly does: 'asked' | 'handed_on'
  readonly family: EventFamily
}

const family = (given: Pick<EventFamily, 'object' | 'ref'> & Partial<EventFamily>): EventFamily => ({
  subject: given.ref,
  status: [],
  facts: {},
  needs: [],
  ...given,
})

const item = family({
  object: 'item',
  // `id` is deprecated and names the entity, never the event.
  ref: ['itemId', 'id'],
  facts: { triggeredBy: ['triggeredBy'], errorCode: ['error.code'] },
})
const connector = family({
  object: 'connector',
  ref: ['connectorId', 'id'],
  status: ['data.status', 'status'],
})
const transactions = family({
  object: 'transactions',
  ref: ['accountId'],
  subject: ['itemId', 'accountId'],
  facts: {
    itemId: ['itemId'],
    triggeredBy: ['triggeredBy'],
    createdAtFrom: ['transactionsCreatedAtFrom'],
    count: ['transactionsCount'],
    minDate: ['transactionsMinDate'],
    transactionIds: ['transactionIds'],
  },
})
const intent = family({
  object: 'bank_payment',
  ref: ['paymentIntentId'],
  subject: ['paymentRequestId', 'bulkPaymentId', 'paymentIntentId'],
  facts: { paymentRequestId: ['paymentRequestId'], bulkPaymentId: ['bulkPaymentId'] },
})
const request = family({ object: 'bank_payment', ref: ['paymentRequestId'] })
const scheduled = family({
  object: 'scheduled_payment',
  // Pluggy's SDK and what was seen on the wire spell it differently.
  ref: ['scheduledPaymentId', 'schedulePaymentId'],
  subject: ['paymentRequestId'],
  facts: { paymentRequestId: ['paymentRequestId'] },
  needs: ['paymentRequestId'],
})
const series = family({ object: 'scheduled_payment', ref: ['paymentRequestId'] })
const automatic = family({
  object: 'recurring_payment',
  ref: ['automaticPixPaymentId'],
  subject: ['paymentRequestId'],
  facts: { paymentRequestId: ['paymentRequestId'] },
  needs: ['paymentRequestId'],
})
const preauthorization = family({ object: 'recurring_consent', ref: ['smartTransferPreauthorizationId'] })
const smartTransfer = family({
  object: 'bank_payment',
  ref: ['smartTransferPaymentId'],
  subject: ['smartTransferPreauthorizationId', 'smartTransferPaymentId'],
})
const boleto = family({ object: 'invoice', ref: ['boletoId'] })

const told = (prefix: string, facts: { names: readonly string[]; family: EventFamily }): EventRule[] =>
  facts.names.map((name) => ({
    type: `${prefix}/${name}`,
    does: 'handed_on',
    becomes: `${facts.family.object} changed`,
    family: facts.family,
  }))

const asked = (
  prefix: string,
  facts: { names: readonly string[]; family: EventFamily; becomes: string },
): EventRule[] =>
  facts.names.map((name) => ({
    type: `${prefix}/${name}`,
    does: 'asked',
    becomes: facts.becomes,
    family: facts.family,
  }))

/** `scheduled_payment/all_created` tells of a series, so its object is the request. */
const SERIES: readonly string[] = ['all_created', 'all_completed']

/**
 * Every event that Pluggy documents (OpenAPI of 2026-07-18, `WebhookEventType`, without the wildcard `all`). What moves
 * money is only a hint, and Pluggy is asked.
 */
export const EVENT_TYPES: readonly EventRule[] = [
  ...told('item', {
    names: [
      'created',
      'updated',
      'error',
      'deleted',
      'waiting_user_input',
      'waiting_user_action',
      'login_succeeded',
    ],
    family: item,
  }),
  ...told('connector', { names: ['status_updated'], family: connector }),
  ...told('transactions', { names: ['created', 'updated', 'deleted'], family: transactions }),
  ...asked('payment_intent', {
    names: ['created', 'completed', 'waiting_payer_authorization', 'error'],
    family: intent,
    becomes: 'payment, bank_payment changed',
  }),
  ...asked('payment_request', {
    names: ['updated'],
    family: request,
    becomes: 'payment, bank_payment or recurring_consent changed',
  }),
  ...asked('scheduled_payment', {
    names: ['created', 'completed', 'error', 'canceled'],
    family: scheduled,
    becomes: 'scheduled_payment changed, payment',
  }),
  ...asked('scheduled_payment', {
    names: SERIES,
    family: series,
    becomes: 'each scheduled_payment changed, payment',
  }),
  ...asked('boleto', { names: ['updated'], family: boleto, becomes: 'invoice changed' }),
  ...asked('automatic_pix_payment', {
    names: ['created', 'completed', 'error', 'canceled'],
    family: automatic,
    becomes: 'recurring_payment changed',
  }),
  ...asked('smart_transfer_preauthorization', {
    names: ['completed', 'error'],
    family: preauthorization,
    becomes: 'recurring_consent changed',
  }),
  ...asked('smart_transfer_payment', {
    names: ['completed', 'error'],
    family: smartTransfer,
    becomes: 'bank_payment changed',
  }),
]

const RULES = new Map(EVENT_TYPES.map((rule) => [rule.type, rule]))

/** The rule of an event, or undefined for one that Pluggy does not document. */
export const ruleOf = (type: string): EventRule | undefined => RULES.get(type)
