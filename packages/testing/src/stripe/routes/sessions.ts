/** Checkout pages. */

import { invalid, missing, type Outcome } from '../answers.ts'
import { expireSession } from '../browser.ts'
import { listOf, type Params, paramOf, textOf, textsOf, wholeOf } from '../form.ts'
import { render } from '../render.ts'
import type { Call, Route } from '../route.ts'
import { blankSession } from '../session-object.ts'
import { NO_REQUEST, nowSeconds, type StripeContext } from '../state.ts'
import { checkAmount, checkMetadata } from './validate.ts'

const DAY = 86_400
const HALF_HOUR = 1_800

const TAKES = [
  ...['mode', 'line_items', 'success_url', 'cancel_url', 'return_url', 'ui_mode', 'redirect_on_completion'],
  ...['metadata', 'payment_intent_data', 'payment_method_options', 'client_reference_id', 'customer'],
  ...['customer_email', 'expires_at', 'expand', 'allowed_payment_method_types', 'payment_method_types'],
  ...['excluded_payment_method_types', 'locale', 'submit_type'],
]

function checkAddresses(body: Params): Outcome | null {
  const isHosted = (textOf(body, 'ui_mode') ?? 'hosted_page') === 'hosted_page'
  const has = (name: string) => textOf(body, name) !== null
  if (isHosted && has('return_url')) return invalid({ param: 'return_url' })
  if (isHosted && !has('success_url')) return invalid({ code: 'parameter_missing', param: 'success_url' })
  if (!isHosted && (has('success_url') || has('cancel_url'))) return invalid({ param: 'success_url' })
  if (!isHosted && !has('return_url')) return invalid({ code: 'parameter_missing', param: 'return_url' })
  const redirects = has('redirect_on_completion')
  return isHosted && redirects ? invalid({ param: 'redirect_on_completion' }) : null
}

function checkTime(context: StripeContext, expiresAt: number | null): Outcome | null {
  if (expiresAt === null) return null
  const left = expiresAt - nowSeconds(context)
  return left >= HALF_HOUR && left <= DAY ? null : invalid({ param: 'expires_at' })
}

interface Item {
  readonly currency: string | null
  readonly amount: number | null
}

function itemOf(body: Params): Item | Outcome {
  const items = paramOf(body, ['line_items'])
  const [first, second] = Array.isArray(items) ? (items as readonly Params[]) : []
  if (first === undefined || second !== undefined)
    return invalid({ param: 'line_items', message: 'The fake sells one thing on a page.' })
  if (textOf(first, 'price_data', 'product_data', 'name') === null || wholeOf(first, 'quantity') !== 1)
    return invalid({ code: 'parameter_missing', param: 'line_items[0]' })
  return {
    currency: textOf(first, 'price_data', 'currency'),
    amount: wholeOf(first, 'price_data', 'unit_amount'),
  }
}

function check(
  context: StripeContext,
  { body, item }: { readonly body: Params; readonly item: Item },
): Outcome | null {
  if (textOf(body, 'mode') !== 'payment')
    return invalid({ param: 'mode', message: 'The fake only takes payments.' })
  if (textOf(body, 'customer') !== null && textOf(body, 'customer_email') !== null)
    return invalid({ param: 'customer_email' })
  const { settings } = context
  return (
    checkAmount(item.amount, {
      currency: item.currency,
      param: 'line_items[0][price_data][unit_amount]',
      settings,
    }) ??
    checkAddresses(body) ??
    checkTime(context, wholeOf(body, 'expires_at')) ??
    checkMetadata(body, 'metadata') ??
    checkMetadata(body, 'payment_intent_data', 'metadata')
  )
}

function create(context: StripeContext, { body, version }: Call): Outcome {
  const item = itemOf(body)
  if ('answer' in item) return item
  const broken = check(context, { body, item })
  if (broken !== null || item.amount === null || item.currency === null) return broken ?? invalid({})
  const { state, ids, scheduler } = context
  const id = ids.next('cs_test_a1', 58)
  const created = nowSeconds(context)
  const isHosted = textOf(body, 'ui_mode') !== 'embedded_page'
  const expiresAt = wholeOf(body, 'expires_at') ?? created + DAY
  const session = blankSession({
    id,
    created,
    amount_total: item.amount,
    currency: item.currency,
    expires_at: expiresAt,
    metadata: textsOf(body, 'metadata'),
    url: isHosted ? `https://checkout.stripe.com/c/pay/${id}` : null,
    client_secret: isHosted ? null : `${id}_secret_${ids.next('', 25)}`,
  })
  Object.assign(session, {
    cancel_url: textOf(body, 'cancel_url'),
    client_reference_id: textOf(body, 'client_reference_id'),
    customer: textOf(body, 'customer'),
    customer_email: textOf(body, 'customer_email'),
    success_url: textOf(body, 'success_url'),
    ...(isHosted
      ? {}
      : {
          ui_mode: 'embedded_page',
          return_url: textOf(body, 'return_url'),
          redirect_on_completion: 'if_required',
        }),
  })
  state.sessions.set(id, session)
  state.plans.set(id, {
    amount: item.amount,
    currency: item.currency,
    capture: textOf(body, 'payment_intent_data', 'capture_method') ?? 'automatic_async',
    metadata: textsOf(body, 'payment_intent_data', 'metadata'),
    description: textOf(body, 'payment_intent_data', 'description'),
    customer: textOf(body, 'customer'),
    receiptEmail: null,
    types: null,
    mayCaptureInParts: textOf(body, 'payment_method_options', 'card', 'request_multicapture') !== null,
  })
  scheduler.later((expiresAt - created) * 1_000, () => {
    if (session.status !== 'open') return
    state.request = NO_REQUEST
    expireSession(context, session)
  })
  return render(context, { object: session, expand: listOf(body, 'expand'), version })
}

function expire(context: StripeContext, { params: { id = '' }, body, version }: Call): Outcome {
  const session = context.state.sessions.get(id)
  if (session === undefined) return missing('checkout.session', id)
  if (session.status !== 'open')
    return invalid({ message: `Only Checkout Sessions with a status in ["open"] can be expired.` })
  expireSession(context, session)
  return render(context, { object: session, expand: listOf(body, 'expand'), version })
}

/** Checkout pages: made and closed. */
export const sessionRoutes: readonly Route[] = [
  { operation: 'session.create', method: 'POST', path: '/v1/checkout/sessions', takes: TAKES, run: create },
  {
    operation: 'session.expire',
    method: 'POST',
    path: '/v1/checkout/sessions/:id/expire',
    takes: ['expand'],
    run: expire,
  },
]
