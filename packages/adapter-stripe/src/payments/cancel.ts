import { accepted, declined, isProviderError, type Outcome, type ProviderPayment } from '@lastro/core/spec'
import type { PaymentContext } from './context.ts'
import { type Acting, askHeld, type Held } from './intent-of.ts'
import { doubt, neverBegan, readMoney } from './money-call.ts'
import { surprise } from './payment.ts'

const OVER: ReadonlySet<ProviderPayment['state']> = new Set(['canceled', 'expired'])

/** What the payment says of being canceled, or null while it may be. */
function settled({ payment }: Held): Outcome<ProviderPayment> | null {
  if (OVER.has(payment.state)) return accepted(payment)
  return payment.state === 'paid' || payment.receipts.length > 0
    ? declined('not_permitted', 'the payment was paid meanwhile.')
    : null
}

/** A page is closed, as long as it is open; what is behind it, or has no page, is canceled. */
function callOf(context: PaymentContext, { held, signal }: { held: Held; signal: AbortSignal | undefined }) {
  const { intent, payment, isOpenPage } = held
  return context.client.call<object>(
    (stripe) =>
      isOpenPage || intent === null
        ? stripe.checkout.sessions.expire(payment.providerRef)
        : stripe.paymentIntents.cancel(intent),
    { signal },
  )
}

/** After a call that Stripe did not refuse or did: what is there now decides, and nothing else. */
async function confirm(
  context: PaymentContext,
  { acting, otherwise }: { readonly acting: Acting; readonly otherwise: Outcome<never> },
): Promise<Outcome<ProviderPayment>> {
  const held = await askHeld(context, acting)
  if (held === null || isProviderError(held)) return doubt('what became of it could not be asked.', held)
  const now = settled(held)
  // What we have closed is canceled, and not run out of time.
  return now?.kind === 'accepted' ? accepted({ ...now.value, state: 'canceled' }) : (now ?? otherwise)
}

/**
 * Ends a payment that nobody paid. It is read first: what is over, or was paid, needs no call. Canceling moves no money,
 * so its calls carry no key of ours: a refusal of yesterday must not be repeated today.
 */
export async function cancelPayment(
  context: PaymentContext,
  acting: Acting,
): Promise<Outcome<ProviderPayment>> {
  const held = await askHeld(context, acting)
  if (isProviderError(held)) return neverBegan(held)
  if (held === null) return neverBegan(surprise('there is no such payment to be seen.'))
  const already = settled(held)
  if (already !== null) return already
  const read = readMoney(await callOf(context, { held, signal: acting.signal }), context.settings)
  if (read.kind === 'outcome') return read.outcome
  const otherwise = read.kind === 'refused' ? read.outcome : doubt('it was canceled, and is still open.')
  return confirm(context, { acting, otherwise })
}
