import { type StatusTable, statusTable } from '@lastro/adapter-kit'
import type { DeclineReason, ProviderPaymentState } from '@lastro/core/spec'

/** The adapter's name in errors. */
export const PROVIDER = 'open-finance'

/** What a status means. A final one never changes again. */
export interface Meaning<S extends string = string> {
  readonly state: S
  readonly isFinal: boolean
}

type Meanings<S extends string> = Readonly<Record<string, Meaning<S>>>
const tableOf = <S extends string>(field: string, table: Meanings<S>): StatusTable<Meaning<S>> =>
  statusTable({ provider: PROVIDER, field, table })
const on = <const S extends string>(state: S): Meaning<S> => ({ state, isFinal: false })
const end = <const S extends string>(state: S): Meaning<S> => ({ state, isFinal: true })

/** Payments v4 and v5, and automatic payments v2. `PATC` existed up to v3 and is still understood. */
export const paymentStatus = tableOf<ProviderPaymentState>('payment.status', {
  RCVD: on('processing'),
  PATC: on('requires_action'),
  PDNG: on('processing'),
  SCHD: on('processing'),
  ACCP: on('processing'),
  ACPD: on('processing'),
  ACSC: end('paid'),
  RJCT: end('failed'),
  CANC: end('canceled'),
})

/** Where a consent or an enrolment stands, in our words. */
export type ConsentState =
  | 'pending'
  | 'partially_authorized'
  | 'authorized'
  | 'rejected'
  | 'revoked'
  | 'consumed'

/** Payment consents v4 and v5. */
export const consentStatus = tableOf<ConsentState>('consent.status', {
  AWAITING_AUTHORISATION: on('pending'),
  PARTIALLY_ACCEPTED: on('partially_authorized'),
  AUTHORISED: on('authorized'),
  REJECTED: end('rejected'),
  CONSUMED: end('consumed'),
})

/** Recurring consents of automatic payments v2: here, revocation is a state of its own. */
export const recurringConsentStatus = tableOf<ConsentState>('recurringConsent.status', {
  AWAITING_AUTHORISATION: on('pending'),
  PARTIALLY_ACCEPTED: on('partially_authorized'),
  AUTHORISED: on('authorized'),
  REJECTED: end('rejected'),
  REVOKED: end('revoked'),
  CONSUMED: end('consumed'),
})

/** Enrolments v2. */
export const enrollmentStatus = tableOf<ConsentState>('enrollment.status', {
  AWAITING_RISK_SIGNALS: on('pending'),
  AWAITING_ACCOUNT_HOLDER_VALIDATION: on('pending'),
  AWAITING_ENROLLMENT: on('pending'),
  AUTHORISED: on('authorized'),
  REJECTED: end('rejected'),
  REVOKED: end('revoked'),
})

/** `rejectionReason.code` of a payment, as far as it has a word of ours. The list is open: others are `refused`. */
const REASONS = new Map<string, DeclineReason>([
  ['SALDO_INSUFICIENTE', 'insufficient_funds'],
  ['VALOR_ACIMA_LIMITE', 'limit_exceeded'],
  ['LIMITE_PERIODO_VALOR_EXCEDIDO', 'limit_exceeded'],
  ['LIMITE_PERIODO_QUANTIDADE_EXCEDIDO', 'limit_exceeded'],
  ['LIMITE_VALOR_TOTAL_CONSENTIMENTO_EXCEDIDO', 'limit_exceeded'],
  ['LIMITE_VALOR_TRANSACAO_CONSENTIMENTO_EXCEDIDO', 'limit_exceeded'],
  ['LIMITE_TENTATIVAS_EXCEDIDO', 'limit_exceeded'],
  ['VALOR_INVALIDO', 'invalid_amount'],
  ['CONTAS_ORIGEM_DESTINO_IGUAIS', 'invalid_destination'],
  ['CHAVE_PIX_DIVERGENTE_AGENDAMENTO_LIQUIDACAO', 'invalid_destination'],
  ['TITULARIDADE_INCONSISTENTE', 'invalid_destination'],
  ['CONTA_NAO_PERMITE_PAGAMENTO', 'not_permitted'],
  ['CONSENTIMENTO_REVOGADO', 'not_permitted'],
  ['FORA_PRAZO_PERMITIDO', 'expired'],
])

/** Why a payment was rejected. A code that nobody told us counts as `refused`. */
export const reasonOf = (code: string | null): DeclineReason => REASONS.get(code ?? '') ?? 'refused'
