import type { PaymentProvider } from '@lastro/core/spec'
import { BRL } from '../map.ts'
import { withClaims } from '../med/with-claims.ts'
import { cancelPayment } from './cancel.ts'
import { checkPayment } from './check.ts'
import { createPayment, findPayment, type PaymentContext } from './create.ts'
import { findRefund, refundPayment } from './refund.ts'

/** What `efi` fills of the port. A Pix is not authorized first, so nothing is captured, approved or completed. */
export type EfiPayments = Required<Omit<PaymentProvider, 'capture' | 'approve' | 'complete' | 'incomplete'>>

/** Takes money by Pix: charges payable at once and charges with a due date. `providerRef` is always the `txid`. */
export function createPayments(context: PaymentContext): EfiPayments {
  const { settings } = context
  return {
    specVersion: 1,
    assets: [BRL],
    methods: ['pix', 'pix_due'],
    conclusiveAfterMs: settings.conclusiveAfterMs,
    create: (request) => createPayment(context, request),
    async find(wanted) {
      const payment = await findPayment(context, wanted)
      return payment === null ? null : withClaims(context, { payment, signal: wanted.signal })
    },
    cancel: (payment) => cancelPayment(context, payment),
    refund: (request) => refundPayment(context, request),
    findRefund: (wanted) => findRefund(context, wanted),
    check: (request) => checkPayment(request, settings),
  }
}
