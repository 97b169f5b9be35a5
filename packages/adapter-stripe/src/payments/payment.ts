import {
  type PaymentAction,
  type PaymentFacts,
  ProviderError,
  type ProviderEvent,
  type ProviderPayment,
  secret,
} from '@lastro/core/spec'
import { PROVIDER } from '../provider.ts'

/** The error for an answer that says something new, odd or contradictory. */
export function surprise(message: string): ProviderError {
  return new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message })
}

const textIn = (object: unknown, name: string): string | null => {
  const value: unknown = Reflect.get(Object(object), name)
  return typeof value === 'string' && value !== '' ? value : null
}

/**
 * What the payer must do, as the object says: a page is shown while it is open, a form works while its intent waits for
 * the payer.
 */
function actionOf(object: unknown, state: ProviderPayment['state']): PaymentAction | null {
  if (state !== 'pending' && state !== 'requires_action') return null
  const url = textIn(object, 'object') === 'checkout.session' ? textIn(object, 'url') : null
  if (url !== null) return { kind: 'redirect', url }
  const clientSecret = textIn(object, 'client_secret')
  return clientSecret === null ? null : { kind: 'confirm_in_browser', clientSecret: secret(clientSecret) }
}

function joined(events: readonly ProviderEvent[]): PaymentFacts {
  const facts: PaymentFacts[] = events.map((event) => {
    if (event.kind === 'payment') return event
    throw surprise(event.kind === 'unrecognised' ? `${event.detail}.` : 'the answer is no payment.')
  })
  return {
    ...Object.assign({}, ...facts.toReversed()),
    receipts: facts.flatMap(({ receipts = [] }) => receipts),
    refunds: facts.flatMap(({ refunds = [] }) => refunds),
    disputes: facts.flatMap(({ disputes = [] }) => disputes),
  }
}

/**
 * The payment that an object tells of, whole, from the same readers that read webhooks: so both tell the same.
 * @throws ProviderError `unexpected_answer`.
 */
export function paymentOf(
  found: { readonly object: unknown; readonly events: readonly ProviderEvent[] },
  given: { readonly providerRef: string; readonly idempotencyKey: string },
): ProviderPayment {
  const {
    kind: _kind,
    occurredAt: _at,
    ...facts
  } = joined(found.events) as PaymentFacts & {
    readonly kind?: string
    readonly occurredAt?: Date
  }
  const { state, amount, receipts = [], refunds = [], disputes = [] } = facts
  if (state === undefined || amount === undefined) throw surprise('the payment has no state or no amount.')
  const action = actionOf(found.object, state)
  const { providerRef, idempotencyKey } = given
  return {
    ...facts,
    providerRef,
    idempotencyKey: facts.idempotencyKey ?? idempotencyKey,
    state,
    amount,
    receipts,
    refunds,
    disputes,
    ...(action === null ? {} : { action }),
  }
}
