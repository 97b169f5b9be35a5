import type { ProviderEvent, ProviderReceipt } from '@lastro/core/spec'
import { type PaymentIntentAnswer, type PaymentRequestAnswer, paymentIntent, paymentRequest } from './api.ts'
import { changed, codeOf, instantOf, moneyOf } from './facts.ts'
import { type Asked, readList, readOne } from './reads.ts'
import { INTENT_PAID, reasonOf, requestStatus } from './status.ts'

/**
 * The receipts of a request: its intents that were paid, by the intent's id. Not by the Pix end-to-end id
 * (`referenceId`): it may come later, and one arrival must keep one ref for ever.
 */
function receiptsOf(
  request: PaymentRequestAnswer,
  intents: readonly PaymentIntentAnswer[],
): readonly ProviderReceipt[] {
  const amount = moneyOf(request.amount, 'paymentRequest.amount')
  if (amount === undefined) return []
  return intents.filter(({ status }) => status === INTENT_PAID).map(({ id }) => ({ ref: id, amount }))
}

/** One payment, and not a mandate or a series: only then does the amount say what arrived. */
const isSinglePayment = ({ automaticPix, schedule }: PaymentRequestAnswer): boolean =>
  (automaticPix === undefined || automaticPix === null) &&
  (schedule === undefined || schedule === null || schedule.type === 'SINGLE')

function paymentOf(
  request: PaymentRequestAnswer,
  intents: readonly PaymentIntentAnswer[],
): Extract<ProviderEvent, { kind: 'payment' }> {
  const state = requestStatus.find(request.status)
  const amount = moneyOf(request.amount, 'paymentRequest.amount')
  const occurredAt = instantOf(request.updatedAt)
  const code = codeOf(request.errorDetail)
  const receipts = receiptsOf(request, intents)
  const hasFailed = state.kind === 'known' && state.value === 'failed'
  const detail =
    state.kind === 'unseen' ? `${state.field} is ${state.shown}, which is new.` : hasFailed ? code : null
  return {
    kind: 'payment',
    providerRef: request.id,
    ...(request.clientPaymentId ? { idempotencyKey: request.clientPaymentId } : {}),
    ...(state.kind === 'known' ? { state: state.value } : {}),
    ...(amount === undefined ? {} : { amount }),
    ...(receipts.length === 0 ? {} : { receipts }),
    ...(hasFailed ? { reason: reasonOf(code) } : {}),
    ...(detail === null ? {} : { detail }),
    ...(occurredAt === undefined ? {} : { occurredAt }),
  }
}

/**
 * A payment request as Pluggy tells it now: a `payment` where it is one payment, and always a `changed` with the status
 * in Pluggy's word. Empty when Pluggy does not know it.
 */
export async function askRequest(
  asked: Asked & { readonly ref: string; readonly change: string },
): Promise<readonly ProviderEvent[]> {
  const { ref } = asked
  const request = await readOne(asked, {
    path: ['payments', 'requests', ref],
    subject: 'the payment request',
    schema: paymentRequest,
  })
  if (request === null) return []
  const isMandate = request.automaticPix !== undefined && request.automaticPix !== null
  const told = changed({
    object: isMandate ? 'recurring_consent' : 'bank_payment',
    ref: request.id,
    change: asked.change,
    status: request.status,
    table: requestStatus,
    occurredAt: request.updatedAt,
    facts: {
      amount: moneyOf(request.amount, 'paymentRequest.amount'),
      clientPaymentId: request.clientPaymentId,
      errorCode: codeOf(request.errorDetail),
    },
  })
  if (!isSinglePayment(request)) return [told]
  const intents = await readList(asked, {
    path: ['payments', 'intents'],
    query: { paymentRequestId: ref },
    subject: 'the payment intents',
    schema: paymentIntent,
  })
  return [paymentOf(request, intents), told]
}
