import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { Outcome } from '../../spec/index.ts'
import { applyNews } from './apply.ts'
import { type Answer, callProvider } from './calls.ts'
import {
  callSignal,
  doubtMs,
  leaseMs,
  type PaymentDeps,
  type PaymentWork,
  railOf,
  resendMs,
} from './context.ts'
import { operatePayment, reconcilePayment, resolveOperation } from './jobs.ts'
import type { OperationId, PaymentOperation } from './operation.ts'
import type { Payment } from './payment.ts'
import { isCovered } from './refund.ts'
import { stepOperation } from './step-operation.ts'
import { readRows } from './story.ts'

/** Asks the provider for one operation: a commit before the call, a commit after it, and no transaction during it. */
export function operatePaymentJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(operatePayment, async ({ operationId }, { signal }) => {
    await operateOnce(deps, { operationId, signal })
  })
}

/** One attempt. Answers its outcome, or null when there was nothing to do: another process has it, or it is over. */
export async function operateOnce<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  call: { readonly operationId: OperationId; readonly signal?: AbortSignal },
): Promise<Outcome<Answer> | null> {
  const begun = await begin(deps, call.operationId)
  if (begun === null) return null
  const { payment } = begun
  const found = railOf(deps, payment.provider)
  const startedAt = deps.clock.now()
  const outcome: Outcome<Answer> =
    found === undefined
      ? {
          kind: 'not_sent',
          cause: new Error(`provider ${payment.provider} is not configured in this process`),
        }
      : await callProvider(found, { ...begun, signal: callSignal(deps, call.signal) })
  await conclude(deps, { begun: begun.operation, outcome, startedAt })
  return outcome
}

/** An operation and its payment, both held: the payment first, always. */
export async function lockBoth(
  tx: PaymentWork,
  id: OperationId,
): Promise<{ readonly payment: Payment; readonly operation: PaymentOperation } | null> {
  const known = await tx.payments.operation(id)
  if (known === null) return null
  const payment = await tx.payments.lock(known.paymentId)
  const operation = await tx.payments.operation(id)
  return payment === null || operation === null ? null : { payment, operation }
}

function begin<T extends PaymentWork>(deps: PaymentDeps<T>, id: OperationId) {
  return deps.storage.transaction(async (tx) => {
    const both = await lockBoth(tx, id)
    if (both === null || both.operation.state !== 'created') return null
    const { payment } = both
    const at = deps.clock.now()
    if (
      both.operation.kind === 'refund' &&
      !isCovered(payment, await readRows(tx, payment.id), both.operation)
    ) {
      const set = { reason: 'not_permitted' as const, detail: 'what is left of the receipt is less by now' }
      await stepOperation(deps, tx, { ...both, event: 'decline', set, facts: set })
      return null
    }
    const operation = await stepOperation(deps, tx, {
      ...both,
      event: 'submit',
      set: { attempts: both.operation.attempts + 1, submittedAt: at, baseline: payment.received },
    })
    const runAt = new Date(at.getTime() + leaseMs(deps))
    await tx.jobs.enqueue(resolveOperation, { operationId: id, round: 0 }, { runAt })
    return { payment, operation }
  })
}

/** Commit two: what is known now. A webhook may have said more meanwhile; an acceptance still adds what it knows. */
function conclude<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  call: { begun: PaymentOperation; outcome: Outcome<Answer>; startedAt: Date },
): Promise<void> {
  const { begun, outcome, startedAt } = call
  return deps.storage.transaction(async (tx) => {
    const both = await lockBoth(tx, begun.id)
    if (both === null || both.operation.attempts !== begun.attempts) return
    const at = deps.clock.now()
    const later = (ms: number) => ({ runAt: new Date(at.getTime() + ms) })
    const facts = { call: begun.kind, outcome: outcome.kind, tookMs: at.getTime() - startedAt.getTime() }
    if (outcome.kind === 'accepted') {
      await accept(deps, tx, { ...both, answer: outcome.value, at: startedAt, facts })
      return
    }
    if (both.operation.state !== 'submitting') return
    if (outcome.kind === 'declined') {
      const { reason, detail = null } = outcome
      const set = { reason, detail }
      await stepOperation(deps, tx, { ...both, event: 'decline', set, facts: { ...facts, ...set } })
      // A refusal often means that something happened which we do not know of.
      await tx.jobs.enqueue(reconcilePayment, { paymentId: both.payment.id, round: 0 })
      return
    }
    const told = { ...facts, cause: describeError(outcome.cause) }
    const operationId = begun.id
    if (outcome.kind === 'not_sent') {
      await stepOperation(deps, tx, { ...both, event: 'defer', facts: told })
      const wait = resendMs(begun.attempts, outcome.retryAfterMs)
      await tx.jobs.enqueue(operatePayment, { operationId }, later(wait))
    } else {
      await stepOperation(deps, tx, { ...both, event: 'lose', facts: told })
      await tx.jobs.enqueue(resolveOperation, { operationId, round: 0 }, later(doubtMs(deps, 0)))
    }
  })
}

/** The provider has it: what it answered is news of the payment, and the operation is done. */
export async function accept<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  news: {
    readonly payment: Payment
    readonly operation: PaymentOperation
    readonly answer: Answer
    readonly at: Date
    readonly facts: { readonly [key: string]: string | number }
  },
): Promise<void> {
  const { operation, answer, at, facts } = news
  const isRefund = answer.kind === 'refund'
  const payment = await applyNews(deps, tx, {
    payment: news.payment,
    told: isRefund ? { refunds: [answer.refund] } : answer.payment,
    at,
    source: facts,
    ...(isRefund ? { answered: { operation, ref: answer.refund.ref } } : {}),
  })
  const now = await tx.payments.operation(operation.id)
  if (now === null || now.state === 'done' || now.state === 'declined') return
  await stepOperation(deps, tx, {
    payment,
    operation: now,
    event: 'accept',
    set: isRefund ? { providerRef: answer.refund.ref } : {},
    facts,
  })
}
