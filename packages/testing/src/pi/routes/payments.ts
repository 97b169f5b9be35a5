/** Pi's payments: made to users, read, approved, completed, cancelled. */
import { parseExact, unitsOf } from '../amount.ts'
import { describePayment, json, type PiAnswer, refusal } from '../answers.ts'
import type { Call, Route } from '../route.ts'
import { addPayment, end, type Held, isEnded, type PiContext } from '../state.ts'

/** A user that no app has: made payments to it are refused. */
export const UNKNOWN_USER = 'no-such-user'

const shown = ({ settings }: PiContext, payment: Held): PiAnswer =>
  json(200, describePayment(payment, settings))

/** Payments to users that are neither completed nor cancelled. */
const unfinished = ({ payments }: PiContext): Held[] =>
  [...payments.values()].filter((payment) => payment.direction === 'app_to_user' && !isEnded(payment))

function create(context: PiContext, { body }: Call): PiAnswer {
  const given = parseExact(body)?.payment as Readonly<Record<string, unknown>> | undefined
  const { amount, memo, metadata, uid } = given ?? {}
  const units = unitsOf(amount)
  if (units === null || units === 0n) return refusal(400, 'invalid_amount')
  if (typeof memo !== 'string' || memo === '' || typeof uid !== 'string')
    return refusal(400, 'invalid_arguments')
  if (typeof metadata !== 'object' || metadata === null) return refusal(400, 'invalid_metadata')
  if (uid === UNKNOWN_USER) return refusal(400, 'user_not_found')
  const [open] = unfinished(context)
  if (open !== undefined)
    return refusal(400, 'ongoing_payment_found', { payment: describePayment(open, context.settings) })
  const payment = addPayment(context, {
    uid,
    amount: units,
    memo,
    metadata: { ...metadata },
    direction: 'app_to_user',
  })
  return shown(context, payment)
}

function approve(context: PiContext, payment: Held): PiAnswer {
  if (payment.direction !== 'user_to_app') return refusal(400, 'invalid_arguments')
  if (isEnded(payment)) return refusal(400, payment.completed ? 'already_completed' : 'cancelled_payment')
  payment.approved = true
  return shown(context, payment)
}

function complete(context: PiContext, payment: Held, { body }: Call): PiAnswer {
  const given = parseExact(body)
  if (given === null) return refusal(400, 'missing_param')
  if (typeof given.txid !== 'string') return refusal(400, 'missing_txid')
  if (payment.completed) return refusal(400, 'already_completed')
  if (isEnded(payment)) return refusal(400, 'cancelled_payment')
  const found = context.chain.applied.find(({ hash }) => hash === given.txid)
  if (payment.txid !== null && payment.txid !== given.txid) return refusal(400, 'txid_mismatch')
  const isRight =
    found?.successful === true &&
    found.memo === payment.identifier &&
    found.to === payment.to &&
    found.amount >= payment.amount
  if (!isRight) return refusal(400, 'verification_failed', { verification_error: 'not this payment' })
  if (payment.direction === 'user_to_app' && !payment.verified) return refusal(400, 'not_verified')
  payment.txid = found.hash
  payment.verified = true
  end(context, payment, 'completed')
  return shown(context, payment)
}

function cancel(context: PiContext, payment: Held): PiAnswer {
  const more = { payment: describePayment(payment, context.settings) }
  if (payment.completed) return refusal(400, 'already_completed', more)
  if (isEnded(payment)) return refusal(400, 'cancelled_payment', more)
  if (payment.txid !== null) return refusal(400, 'payment_tx_present', more)
  end(context, payment, 'cancelled')
  return shown(context, payment)
}

/** A route about one payment. */
const about =
  (run: (context: PiContext, payment: Held, call: Call) => PiAnswer): Route['run'] =>
  (context, call) => {
    const payment = context.payments.get(call.params.id ?? '')
    return payment === undefined ? refusal(404, 'payment_not_found') : run(context, payment, call)
  }

/** The routes, in the order in which they are tried. */
export const paymentRoutes: readonly Route[] = [
  { operation: 'payments.create', side: 'api', method: 'POST', path: '/payments', run: create },
  {
    operation: 'payments.incomplete',
    side: 'api',
    method: 'GET',
    path: '/payments/incomplete_server_payments',
    run: (context) => {
      const list = unfinished(context).map((payment) => describePayment(payment, context.settings))
      return json(
        200,
        context.settings.incompleteForm === 'bare' ? list : { incomplete_server_payments: list },
      )
    },
  },
  { operation: 'payments.get', side: 'api', method: 'GET', path: '/payments/:id', run: about(shown) },
  {
    operation: 'payments.approve',
    side: 'api',
    method: 'POST',
    path: '/payments/:id/approve',
    run: about(approve),
  },
  {
    operation: 'payments.complete',
    side: 'api',
    method: 'POST',
    path: '/payments/:id/complete',
    run: about(complete),
  },
  {
    operation: 'payments.cancel',
    side: 'api',
    method: 'POST',
    path: '/payments/:id/cancel',
    run: about(cancel),
  },
]
