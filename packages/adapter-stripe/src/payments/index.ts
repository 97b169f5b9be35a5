import type { PaymentProvider } from '@lastro/core/spec'
import { cancelPayment } from './cancel.ts'
import { capturePayment } from './capture.ts'
import { checkPayment } from './check.ts'
import type { PaymentContext } from './context.ts'
import { createPayment } from './create.ts'
import { findPayment } from './find.ts'
import { findRefund, refundPayment } from './refund.ts'

/** What `stripe` fills of the port. The payer's browser confirms, so nothing is approved or completed. */
export type StripePayments = Required<Omit<PaymentProvider, 'approve' | 'complete' | 'incomplete'>>

/** Takes money by Checkout pages (`checkout`, `cs_…`) and by payment intents of an own form (`card`, `pi_…`). */
export function createPayments(context: PaymentContext): StripePayments {
  const { assets, conclusiveAfterMs } = context.settings.payments
  return {
    specVersion: 1,
    assets,
    methods: ['checkout', 'card'],
    conclusiveAfterMs,
    create: (request) => createPayment(context, request),
    find: (ref) => findPayment(context, ref),
    capture: (request) => capturePayment(context, request),
    cancel: (payment) => cancelPayment(context, payment),
    refund: (request) => refundPayment(context, request),
    findRefund: (wanted) => findRefund(context, wanted),
    check: (request) => checkPayment(request, context.settings),
  }
}
