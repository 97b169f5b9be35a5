import type { ProviderPayment } from '@lastro/core/spec'
import { readAmount } from './amounts.ts'
import type { PaymentDto } from './api.ts'
import { certainState, foreignness, readRefund } from './facts.ts'
import type { Incoming } from './incoming.ts'
import { keyOf, purposeOf } from './metadata.ts'

/** A payment to a user that was not made here: money that goes out, so it is never told as money that came in. */
function stranger(payment: PaymentDto, { settings }: Incoming): ProviderPayment {
  const key = keyOf(payment)
  const state = certainState(payment)
  return {
    providerRef: payment.identifier,
    ...(key === null ? {} : { idempotencyKey: key }),
    state: state.payout === 'failed' ? 'canceled' : 'processing',
    amount: readAmount(payment.amount, { field: 'amount', asset: settings.facts.asset }),
    ...{ receipts: [], refunds: [], disputes: [] },
    detail: `a payment to a user that was not made here, ${state.name}`,
  }
}

/**
 * Payments to users that Pi has and that are not finished: none or one. A refund of ours is told as news of the payment
 * it gives back, found by its metadata. A payout of ours is left out: it is no payment, and the payouts finish it. Pi
 * lists no unfinished payments from users.
 * @throws ProviderError when Pi could not be asked, or its answer is not understood.
 */
export async function readIncomplete(
  context: Incoming,
  options?: { readonly signal?: AbortSignal },
): Promise<readonly ProviderPayment[]> {
  const { settings, teller } = context
  const { facts } = settings
  const signal = options?.signal
  const told: ProviderPayment[] = []
  for (const payment of await teller.client.incomplete(signal)) {
    if (foreignness(payment, { facts, direction: 'app_to_user' }) !== null) continue
    const purpose = purposeOf(payment)
    if (purpose === null) told.push(stranger(payment, context))
    if (purpose?.for !== 'refund') continue
    const refund = readRefund(payment, { facts, key: purpose.lastro, receipt: purpose.receipt })
    const original = await teller.client.payment(purpose.payment, signal)
    if (original !== null) told.push({ ...(await teller.incoming(original, signal)), refunds: [refund] })
  }
  return told
}
