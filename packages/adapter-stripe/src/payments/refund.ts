import {
  accepted,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type ProviderRefund,
  type RefundPayment,
} from '@lastro/core/spec'
import type { Stripe } from 'stripe'
import { stripeAmount } from '../amounts.ts'
import { refundObject } from '../api.ts'
import { KEY_FIELD } from '../payment-refs.ts'
import { refundOf } from '../refunds-read.ts'
import { walkList } from '../whole.ts'
import type { PaymentContext } from './context.ts'
import { requestKey } from './keys.ts'
import { doubt, readMoney } from './money-call.ts'
import { surprise } from './payment.ts'

type Wanted = Pick<RefundPayment, 'idempotencyKey' | 'receiptRef' | 'signal'> & {
  readonly providerRef?: string
}

/** Charges, and what older payment methods call so. */
const CHARGE = /^(ch|py)_\w{1,255}$/
const REFUND = /^(re|pyr)_\w{1,255}$/

/** Stripe takes three words as a reason and no text: https://docs.stripe.com/api/refunds/create. */
const REASONS: ReadonlySet<string> = new Set(['duplicate', 'fraudulent', 'requested_by_customer'])

/** @throws ProviderError `unexpected_answer`. */
function readRefundObject(object: unknown): ProviderRefund {
  const parsed = refundObject.safeParse(object)
  const refund = parsed.success ? refundOf(parsed.data) : null
  if (refund === null) throw surprise('a refund cannot be read.')
  return refund
}

/**
 * What became of a refund: by its id, else by our key among the refunds of the charge. Null only where Stripe has no such
 * id, or that list was read to its end.
 * @throws ProviderError when Stripe could not be asked, or its answer is not understood.
 */
export async function findRefund({ client }: PaymentContext, wanted: Wanted): Promise<ProviderRefund | null> {
  const { idempotencyKey, receiptRef, providerRef, signal } = wanted
  if (providerRef !== undefined && REFUND.test(providerRef)) {
    const asking = { subject: 'a refund', signal }
    const found = await client.ask((stripe) => stripe.refunds.retrieve(providerRef), asking)
    return found === null ? null : { idempotencyKey, ...readRefundObject(found) }
  }
  if (!CHARGE.test(receiptRef)) return null
  const refunds = walkList(client, {
    subject: 'the refunds of a charge',
    maxPages: 50,
    signal,
    read: (stripe, page) => stripe.refunds.list({ charge: receiptRef, ...page }),
  })
  for await (const object of refunds) {
    const refund = readRefundObject(object)
    if (refund.idempotencyKey === idempotencyKey) return refund
  }
  return null
}

function readMade(object: unknown, request: RefundPayment): Outcome<ProviderRefund> {
  try {
    const refund = readRefundObject(object)
    if (refund.idempotencyKey !== request.idempotencyKey) return doubt('the refund carries another key.')
    if (!Money.equals(refund.amount, request.amount))
      return doubt('the refund is of another amount than was asked.')
    return accepted(refund)
  } catch (error) {
    if (!isProviderError(error)) throw error
    return doubt('the refund cannot be read.', error)
  }
}

/**
 * A refusal speaks of this attempt only: an earlier one whose key Stripe has forgotten, after a day, may have arrived. It
 * is final once Stripe, asked, holds no refund under the key.
 */
async function settleRefusal(
  context: PaymentContext,
  { request, refused }: { readonly request: RefundPayment; readonly refused: Outcome<never> },
): Promise<Outcome<ProviderRefund>> {
  try {
    const held = await findRefund(context, request)
    if (held === null) return refused
    return Money.equals(held.amount, request.amount)
      ? accepted(held)
      : doubt('this key was used before for another amount.')
  } catch (error) {
    if (!isProviderError(error)) throw error
    return doubt('it was refused, and whether an earlier attempt arrived could not be asked.', error)
  }
}

function bodyOf(request: RefundPayment, amount: number): Stripe.RefundCreateParams {
  const { idempotencyKey, receiptRef, reason } = request
  return {
    charge: receiptRef,
    amount,
    metadata: { [KEY_FIELD]: idempotencyKey },
    ...(reason !== undefined && REASONS.has(reason)
      ? { reason: reason as NonNullable<Stripe.RefundCreateParams['reason']> }
      : {}),
  }
}

/** Gives back all or a part of one charge, once: the key follows from the refund. */
export async function refundPayment(
  context: PaymentContext,
  request: RefundPayment,
): Promise<Outcome<ProviderRefund>> {
  const { client, settings } = context
  const asked = stripeAmount(request.amount)
  if (asked.kind === 'refused') return declined('invalid_amount', `amount ${asked.rule}.`)
  if (!CHARGE.test(request.receiptRef)) return declined('refused', 'receiptRef must be the id of a charge.')
  const options = { idempotencyKey: requestKey('refund', request.idempotencyKey) }
  const answer = await client.call<object>(
    (stripe) => stripe.refunds.create(bodyOf(request, asked.amount), options),
    { signal: request.signal },
  )
  const read = readMoney(answer, settings)
  if (read.kind === 'value') return readMade(read.value, request)
  return read.kind === 'refused' ? settleRefusal(context, { request, refused: read.outcome }) : read.outcome
}
