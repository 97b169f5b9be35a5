import type { Json } from '../../platform/events/index.ts'
import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { CreatePayment, Outcome, ProviderPayment } from '../../spec/index.ts'
import { applyNews } from './apply.ts'
import {
  callSignal,
  doubtMs,
  leaseMs,
  type PaymentDeps,
  type PaymentRail,
  type PaymentWork,
  railOf,
  resendMs,
  settingsOf,
} from './context.ts'
import { reconcilePayment, submitPayment } from './jobs.ts'
import type { Payment, PaymentId } from './payment.ts'
import { openPaymentAccounts } from './postings.ts'
import { pickProvider } from './route.ts'
import { step } from './step.ts'

/** Creates one payment at its provider: a commit before the call, a commit after it, and no transaction during it. */
export function submitPaymentJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(submitPayment, ({ paymentId }, { signal }) => submitOnce(deps, { paymentId, signal }))
}

/** One attempt, whoever makes it: the worker, or the host that does not want to wait for it. */
export async function submitOnce<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  call: { readonly paymentId: PaymentId; readonly signal?: AbortSignal },
): Promise<void> {
  const payment = await begin(deps, call.paymentId)
  if (payment === null) return
  const found = railOf(deps, payment.provider)
  const startedAt = deps.clock.now()
  const outcome: Outcome<ProviderPayment> =
    found === undefined
      ? {
          kind: 'not_sent',
          cause: new Error(`provider ${payment.provider} is not configured in this process`),
        }
      : await send(found, { ...requestOf(payment), signal: callSignal(deps, call.signal) })
  await conclude(deps, { payment, outcome, startedAt })
}

/** Commit one: the attempt is on disk, and so is the question that follows if this process dies now. */
function begin<T extends PaymentWork>(deps: PaymentDeps<T>, id: PaymentId): Promise<Payment | null> {
  return deps.storage.transaction(async (tx) => {
    const payment = await tx.payments.lock(id)
    if (payment === null || payment.state !== 'created') return null
    const at = deps.clock.now()
    if (payment.expiresAt !== null && payment.expiresAt <= at) {
      await step(deps, tx, { payment, event: 'expire', facts: { cause: 'it expired before it was sent' } })
      return null
    }
    const moved = await step(deps, tx, {
      payment,
      event: 'submit',
      set: { attempts: payment.attempts + 1, submittedAt: at, provider: healthiest(deps, payment) },
    })
    await openPaymentAccounts(tx, moved, at)
    const runAt = new Date(at.getTime() + leaseMs(deps))
    await tx.jobs.enqueue(reconcilePayment, { paymentId: id, round: 0 }, { runAt })
    return moved
  })
}

/** A payment that is `created` stands certainly at no provider, so any of its route may try: rather one that is well. */
function healthiest(deps: Pick<PaymentDeps, 'rails'>, payment: Payment): string {
  const { route, provider } = payment
  const last = route[(route.indexOf(provider) - 1 + route.length) % route.length] ?? null
  return pickProvider({ ...payment, last, health: healthOf(deps) }) ?? payment.provider
}

/** How the rail of a provider is; one that is not configured in this process rests. */
function healthOf(deps: Pick<PaymentDeps, 'rails'>): (provider: string) => 'closed' | 'half_open' | 'open' {
  return (provider) => railOf(deps, provider)?.rail.state() ?? 'open'
}

/** What a provider is asked for: everything follows from the intent, nothing from the attempt. */
export function requestOf(payment: Payment): CreatePayment {
  const { description, payer, expiresAt, due, returnUrl, cancelUrl } = payment
  return {
    idempotencyKey: payment.id,
    amount: payment.amount,
    method: payment.method,
    capture: payment.capture,
    ...(description === null ? {} : { description }),
    ...(payer === null ? {} : { payer }),
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(due === null ? {} : { due }),
    ...(returnUrl === null ? {} : { returnUrl }),
    ...(cancelUrl === null ? {} : { cancelUrl }),
  }
}

function send(found: PaymentRail, request: CreatePayment): Promise<Outcome<ProviderPayment>> {
  return found.rail.send('payments.create', () => found.port.create(request))
}

/** Commit two: what is known now. A webhook may have said more meanwhile; an acceptance still adds what it knows. */
function conclude<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  call: { payment: Payment; outcome: Outcome<ProviderPayment>; startedAt: Date },
): Promise<void> {
  const { outcome, startedAt } = call
  return deps.storage.transaction(async (tx) => {
    const at = deps.clock.now()
    const payment = await tx.payments.lock(call.payment.id)
    if (payment === null || payment.attempts !== call.payment.attempts) return
    const facts = { call: 'create', outcome: outcome.kind, tookMs: at.getTime() - startedAt.getTime() }
    if (outcome.kind === 'accepted') {
      await applyNews(deps, tx, { payment, told: outcome.value, at: startedAt, source: facts })
      return
    }
    if (payment.state !== 'submitting') return
    if (outcome.kind === 'unknown') {
      await step(deps, tx, {
        payment,
        event: 'lose',
        facts: { ...facts, cause: describeError(outcome.cause) },
      })
      const runAt = new Date(at.getTime() + doubtMs(deps, 0))
      await tx.jobs.enqueue(reconcilePayment, { paymentId: payment.id, round: 0 }, { runAt })
      return
    }
    if (outcome.kind === 'declined') await refused(deps, tx, { payment, outcome, facts })
    else await putOff(deps, tx, { payment, outcome, facts })
  })
}

type Timeline = { readonly [key: string]: Json }

/** A refusal ends it, unless it is one after which the next provider of the route may try. */
async function refused<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  call: { payment: Payment; outcome: Extract<Outcome<never>, { kind: 'declined' }>; facts: Timeline },
): Promise<void> {
  const { payment, outcome } = call
  const { reason, detail = null } = outcome
  const facts = { ...call.facts, reason, detail }
  const refusedBy = [...payment.refusedBy, payment.provider]
  const { route, provider: last } = payment
  const mayFailOver = settingsOf(deps).failOverOn.includes(reason)
  const provider = mayFailOver ? pickProvider({ route, refusedBy, last, health: healthOf(deps) }) : null
  if (provider === null) {
    await step(deps, tx, { payment, event: 'fail', set: { reason, detail, refusedBy }, facts })
    return
  }
  await step(deps, tx, {
    payment,
    event: 'defer',
    set: { refusedBy, provider },
    facts: { ...facts, from: last, to: provider },
  })
  await tx.jobs.enqueue(submitPayment, { paymentId: payment.id })
}

/** Certainly without effect: the next provider tries at once, and after a whole round it waits. */
async function putOff<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  call: { payment: Payment; outcome: Extract<Outcome<never>, { kind: 'not_sent' }>; facts: Timeline },
): Promise<void> {
  const { payment, outcome } = call
  const { route, refusedBy, provider: last, attempts } = payment
  const provider = pickProvider({ route, refusedBy, last, health: healthOf(deps) }) ?? last
  const facts = { ...call.facts, cause: describeError(outcome.cause), to: provider }
  await step(deps, tx, { payment, event: 'defer', set: { provider }, facts })
  const left = route.length - refusedBy.length
  const isSameRound = provider !== last && attempts % left !== 0
  const wait = isSameRound ? 0 : resendMs(Math.ceil(attempts / left), outcome.retryAfterMs)
  await tx.jobs.enqueue(
    submitPayment,
    { paymentId: payment.id },
    { runAt: new Date(deps.clock.now().getTime() + wait) },
  )
}
