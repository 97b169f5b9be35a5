import type { ProviderPaymentState } from '@lastro/core/spec'

/** States of a recurring charge, as a payment has them. */
export const COBR_STATES: Readonly<Record<string, ProviderPaymentState>> = {
  CRIADA: 'pending',
  ATIVA: 'processing',
  CONCLUIDA: 'paid',
  EXPIRADA: 'expired',
  REJEITADA: 'failed',
  CANCELADA: 'canceled',
}
