import type { ProviderPayment } from '@lastro/core/spec'
import { readAmount } from './amounts.ts'
import type { PaymentDto } from './api.ts'
import { certainState, foreignness, readRefund } from './facts.ts'
import { finish } from './finish.ts'
import type { Incoming } from './incoming.ts'
import { keyOf, purposeOf } from './metadata.ts'
import type { Wallet } from './wallet.ts'

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

/** A refund whose money is on the chain, as news of the payment it gives back. */
async function refundOf(
  payment: PaymentDto,
  { context, signal }: { readonly context: Incoming; readonly signal: AbortSignal | undefined },
): Promise<ProviderPayment | null> {
  const { settings, teller } = context
  const purpose = purposeOf(payment)
  if (purpose?.for !== 'refund') return null
  const { facts } = settings
  const refund = readRefund(payment, { facts, key: purpose.lastro, receipt: purpose.receipt })
  const original = await teller.client.payment(purpose.payment, signal)
  if (original === null) return null
  return { ...(await teller.incoming(original, signal)), refunds: [{ ...refund, state: 'succeeded' }] }
}

/**
 * Payments to users that Pi has and that are not finished: none or one. What was made here and is on the chain is told to
 * Pi; a refund is then told as news of the payment it gives back, found by its metadata. What is not on the chain is left
 * to who sends it: called under way here, it would never be sent. Pi lists no unfinished payments from users.
 * @throws ProviderError when Pi or the chain could not be asked, or an answer is not understood.
 */
export async function readIncomplete(
  context: Incoming & { readonly wallet?: Wallet },
  options?: { readonly signal?: AbortSignal },
): Promise<readonly ProviderPayment[]> {
  const { settings, teller, wallet } = context
  const { facts } = settings
  const signal = options?.signal
  const told: ProviderPayment[] = []
  for (const payment of await teller.client.incomplete(signal)) {
    if (foreignness(payment, { facts, direction: 'app_to_user' }) !== null) continue
    if (purposeOf(payment) === null) {
      told.push(stranger(payment, context))
      continue
    }
    const sent = (await wallet?.open().history.refresh(signal)) ?? []
    const landed = sent.find(({ successful, memo }) => successful && memo === payment.identifier)
    if (wallet === undefined || landed === undefined) continue
    await finish(wallet, { payment, hash: landed.hash }, signal)
    const refund = await refundOf(payment, { context, signal })
    if (refund !== null) told.push(refund)
  }
  return told
}
