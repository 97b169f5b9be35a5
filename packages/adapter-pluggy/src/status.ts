import { type StatusTable, statusTable } from '@lastro/adapter-kit'
import type { DeclineReason, ProviderPaymentState } from '@lastro/core/spec'

/** The adapter's name in errors. */
export const PROVIDER = 'pluggy'

type States = Readonly<Record<string, ProviderPaymentState>>
const paymentStates = (field: string, table: States): StatusTable<ProviderPaymentState> =>
  statusTable({ provider: PROVIDER, field, table })

/**
 * `PaymentRequestStatus`. A refund does not change what was paid. `AUTHORIZED` is a mandate's consent and holds no money.
 * `ERROR` may be followed by another attempt (UNCONFIRMED).
 */
export const requestStatus = paymentStates('paymentRequest.status', {
  CREATED: 'pending',
  IN_PROGRESS: 'processing',
  WAITING_PAYER_AUTHORIZATION: 'requires_action',
  AUTHORIZED: 'pending',
  SCHEDULED: 'processing',
  COMPLETED: 'paid',
  ERROR: 'failed',
  REFUND_IN_PROGRESS: 'paid',
  REFUNDED: 'paid',
  REFUND_ERROR: 'paid',
  EXPIRED: 'expired',
  CANCELED: 'canceled',
})

/** `PaymentIntentStatus`; `EXPIRED` is in Pluggy's SDK, `PAYMENT_TIMEOUT` only in its pages. */
export const intentStatus = paymentStates('paymentIntent.status', {
  STARTED: 'pending',
  ENQUEUED: 'pending',
  CONSENT_AWAITING_AUTHORIZATION: 'requires_action',
  CONSENT_AUTHORIZED: 'processing',
  CONSENT_REJECTED: 'failed',
  PAYMENT_PENDING: 'processing',
  PAYMENT_PARTIALLY_ACCEPTED: 'requires_action',
  PAYMENT_SETTLEMENT_PROCESSING: 'processing',
  PAYMENT_SETTLEMENT_DEBTOR_ACCOUNT: 'processing',
  PAYMENT_COMPLETED: 'paid',
  PAYMENT_REJECTED: 'failed',
  ERROR: 'failed',
  CANCELED: 'canceled',
  REJECTED: 'failed',
  REVOKED: 'canceled',
  CONSUMED: 'paid',
  EXPIRED: 'expired',
  PAYMENT_TIMEOUT: 'expired',
})

/** The one status of an intent that says that its money arrived. `CONSUMED` ends a mandate. */
export const INTENT_PAID = 'PAYMENT_COMPLETED'

/** Status of one payment of a schedule; `CANCELED` is only in Pluggy's SDK. */
export const scheduledStatus = paymentStates('scheduledPayment.status', {
  SCHEDULED: 'processing',
  COMPLETED: 'paid',
  ERROR: 'failed',
  CANCELED: 'canceled',
})

/** `AutomaticPixPaymentStatus`. */
export const automaticPixStatus = paymentStates('automaticPixPayment.status', {
  SCHEDULED: 'processing',
  CREATED: 'pending',
  COMPLETED: 'paid',
  CANCELED: 'canceled',
  ERROR: 'failed',
})

/** `SmartTransferPaymentStatus`. */
export const smartTransferStatus = paymentStates('smartTransferPayment.status', {
  CONSENT_AUTHORIZED: 'processing',
  CONSENT_REJECTED: 'failed',
  PAYMENT_PENDING: 'processing',
  PAYMENT_PARTIALLY_ACCEPTED: 'requires_action',
  PAYMENT_SETTLEMENT_PROCESSING: 'processing',
  PAYMENT_SETTLEMENT_DEBTOR_ACCOUNT: 'processing',
  PAYMENT_COMPLETED: 'paid',
  PAYMENT_REJECTED: 'failed',
  ERROR: 'failed',
  CANCELED: 'canceled',
})

/** `IssuedBoleto.status`. An overdue or protested boleto can still be paid. */
export const boletoStatus = paymentStates('boleto.status', {
  OPEN: 'pending',
  PAID: 'paid',
  OVERDUE: 'pending',
  CANCELLED: 'canceled',
  PROTESTED: 'pending',
})

/** Where a mandate stands, in our words. */
export type MandateState = 'pending' | 'authorized' | 'rejected' | 'revoked' | 'failed'

/** Status of a smart transfer's preauthorization. */
export const preauthorizationStatus: StatusTable<MandateState> = statusTable({
  provider: PROVIDER,
  field: 'preauthorization.status',
  table: {
    CREATED: 'pending',
    COMPLETED: 'authorized',
    REVOKED: 'revoked',
    REJECTED: 'rejected',
    ERROR: 'failed',
  },
})

/** `errorDetail.code` of intents and requests, as far as it has a word of ours. The list is open: others are `refused`. */
const REASONS = new Map<string, DeclineReason>([
  ['SALDO_INSUFICIENTE', 'insufficient_funds'],
  ['VALOR_ACIMA_LIMITE', 'limit_exceeded'],
  ['VALUE_ABOVE_LIMIT', 'limit_exceeded'],
  ['INVALID_VALUE', 'invalid_amount'],
  ['CONTAS_ORIGEM_DESTINO_IGUAIS', 'invalid_destination'],
  ['TITULARIDADE_INCONSISTENTE', 'invalid_destination'],
  ['CONTA_NAO_PERMITE_PAGAMENTO', 'not_permitted'],
  ['TEMPO_EXPIRADO_AUTORIZACAO', 'expired'],
  ['TEMPO_EXPIRADO_CONSUMO', 'expired'],
  ['TIMEOUT_CONSENTIMENTO', 'expired'],
  ['EXPIRED_PAYMENT_INITIATION', 'expired'],
])

/** Why a payment failed. A code that nobody told us counts as `refused`. */
export const reasonOf = (code: string | null | undefined): DeclineReason =>
  REASONS.get(code ?? '') ?? 'refused'
