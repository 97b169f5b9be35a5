import type { ProviderEvent } from '../../spec/index.ts'
import { applyNews } from './apply.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { reconcilePayment } from './jobs.ts'
import type { Payment, PaymentId } from './payment.ts'
import { change } from './step.ts'
import { reportContradiction } from './tell.ts'

/** A payment event of a webhook. */
export type PaymentEvent = Extract<ProviderEvent, { kind: 'payment' }>

/**
 * Applies what a webhook tells of a payment, inside the inbox's transaction. News in any order, any number of times,
 * ends in the same payment. News of a payment that we never made is written to the audit: it moves nothing.
 */
export async function applyPaymentEvent<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  news: { readonly provider: string; readonly event: PaymentEvent; readonly delivery: string },
): Promise<'applied' | 'unmatched'> {
  const { provider, event, delivery } = news
  const payment = await lockOwner(tx, { provider, event })
  const at = deps.clock.now()
  if (payment === null) {
    await reportElsewhere(deps, tx, { provider, event, delivery })
    await tx.audit.append({
      actor: `provider:${provider}`,
      action: 'webhook.unmatched',
      subject: delivery,
      details: { kind: 'payment', providerRef: event.providerRef ?? null, state: event.state ?? null },
      at,
    })
    return 'unmatched'
  }
  await tx.events.append({
    type: 'webhook.applied',
    subject: delivery,
    correlation: payment.correlation,
    data: { provider, kind: 'payment', payment: payment.id, told: event.state ?? null },
    at,
  })
  const { kind: _kind, occurredAt, ...told } = event
  const source = { webhook: delivery }
  await applyNews(deps, tx, { payment, told, at: occurredAt ?? null, source })
  if (wantsQuestion(event))
    await tx.jobs.enqueue(reconcilePayment, { paymentId: payment.id, round: 0 }, { dedupeKey: payment.id })
  return 'applied'
}

/** Money for a payment of ours that stands at another provider: this one answered that it certainly has nothing. */
async function reportElsewhere<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  { provider, event, delivery }: { provider: string; event: PaymentEvent; delivery: string },
): Promise<void> {
  const { idempotencyKey, receipts = [], state } = event
  const hasMoney = receipts.length > 0 || state === 'authorized' || state === 'paid'
  if (!hasMoney || idempotencyKey?.startsWith('pay_') !== true) return
  const payment = await tx.payments.lock(idempotencyKey as PaymentId)
  if (payment === null || !payment.route.includes(provider)) return
  const contradiction = `${provider} tells of money for it, and it stands at ${payment.provider}`
  if (payment.contradiction === contradiction) return
  await change(deps, tx, { payment, set: { contradiction } })
  await reportContradiction(deps, tx, { payment, contradiction, source: { webhook: delivery } })
}

/**
 * News that is not whole is asked about: "paid" without the money that came, and a dispute whose word has no time, which
 * never counts more than one that has.
 */
function wantsQuestion({ state, receipts = [], disputes = [], occurredAt }: PaymentEvent): boolean {
  return (state === 'paid' && receipts.length === 0) || (disputes.length > 0 && occurredAt === undefined)
}

/** The payment that news is about: by its id at the provider, by our key, else by any receipt, refund or dispute. */
async function lockOwner(
  tx: PaymentWork,
  { provider, event }: { readonly provider: string; readonly event: PaymentEvent },
): Promise<Payment | null> {
  const { providerRef, idempotencyKey, receipts = [], refunds = [], disputes = [] } = event
  if (idempotencyKey?.startsWith('pay_') === true) {
    const byKey = await tx.payments.lock(idempotencyKey as PaymentId)
    if (byKey?.route.includes(provider) === true && byKey.provider === provider) return byKey
  }
  const receiptRefs = [...refunds, ...disputes].flatMap(({ receiptRef = null }) =>
    receiptRef === null ? [] : [receiptRef],
  )
  const owners = await tx.payments.owners({
    provider,
    refs: providerRef === undefined ? [] : [providerRef],
    receipts: [...receipts.map(({ ref }) => ref), ...receiptRefs],
    refunds: refunds.map(({ ref }) => ref),
    disputes: disputes.map(({ ref }) => ref),
  })
  const owner = owners.find(({ kind }) => kind === 'payment') ?? owners[0]
  return owner === undefined ? null : tx.payments.lock(owner.paymentId)
}
