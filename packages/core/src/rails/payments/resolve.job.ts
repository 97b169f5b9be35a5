import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { ProviderRefund } from '../../spec/index.ts'
import { applyNews } from './apply.ts'
import { askProvider } from './ask.ts'
import type { Answer } from './calls.ts'
import {
  callSignal,
  doubtMs,
  leaseMs,
  type PaymentDeps,
  type PaymentRail,
  type PaymentWork,
  railOf,
  resendMs,
} from './context.ts'
import { operatePayment, resolveOperation } from './jobs.ts'
import { accept, lockBoth } from './operate.job.ts'
import type { OperationId, PaymentOperation } from './operation.ts'
import { isEnded, type Payment } from './payment.ts'
import { stepOperation } from './step-operation.ts'

type Both = { readonly payment: Payment; readonly operation: PaymentOperation }

/** Asks what became of an operation in doubt, and goes on asking until it knows. Nothing is sent again before that. */
export function resolveOperationJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(resolveOperation, async ({ operationId, round }, { signal }) => {
    const both = await doubtful(deps, operationId)
    if (both === null) return
    const found = railOf(deps, both.payment.provider)
    const askedAt = deps.clock.now()
    let answer: Answer | null
    try {
      if (found === undefined)
        throw new Error(`provider ${both.payment.provider} is not configured in this process`)
      answer = await ask(found, { ...both, signal: callSignal(deps, signal) })
    } catch (error) {
      const trouble = describeError(error)
      await deps.storage.transaction((tx) => askAgain(deps, tx, { ...both, round, trouble }))
      return
    }
    await learn(deps, { asked: both.operation, round, answer, askedAt, found })
  })
}

/** The operation when it is in doubt. One whose process died while it called becomes doubt first. */
function doubtful<T extends PaymentWork>(deps: PaymentDeps<T>, id: OperationId): Promise<Both | null> {
  return deps.storage.transaction(async (tx) => {
    const both = await lockBoth(tx, id)
    if (both === null) return null
    const { operation } = both
    if (operation.state === 'unknown') return both
    if (operation.state !== 'submitting') return null
    const leaseEnds = (operation.submittedAt?.getTime() ?? 0) + leaseMs(deps)
    if (deps.clock.now().getTime() < leaseEnds) {
      const runAt = new Date(leaseEnds)
      await tx.jobs.enqueue(resolveOperation, { operationId: id, round: 0 }, { runAt })
      return null
    }
    const cause = 'the process that was calling did not report back'
    return { ...both, operation: await stepOperation(deps, tx, { ...both, event: 'lose', facts: { cause } }) }
  })
}

async function ask(
  found: PaymentRail,
  { payment, operation, signal }: Both & { readonly signal: AbortSignal },
): Promise<Answer | null> {
  const { findRefund } = found.port
  if (operation.kind === 'refund' && findRefund !== undefined && payment.providerRef !== null) {
    const request = {
      idempotencyKey: operation.id,
      payment: { idempotencyKey: payment.id, providerRef: payment.providerRef },
      receiptRef: operation.receiptRef ?? '',
      ...(operation.providerRef === null ? {} : { providerRef: operation.providerRef }),
      signal,
    }
    const refund = await found.rail.read<ProviderRefund | null>('payments.findRefund', () =>
      findRefund(request),
    )
    return refund === null ? null : { kind: 'refund', refund }
  }
  const told = await askProvider(found, { payment, signal })
  return told === null ? null : { kind: 'payment', payment: told }
}

/** What an answer says of an operation in doubt. `absent` counts only once the provider's absences are conclusive. */
function verdictOf(both: Both): 'done' | 'refused' | 'absent' {
  const { payment, operation } = both
  const hasEnded = isEnded(payment)
  const hasEndedThere = payment.told.some(
    (told) => told === 'canceled' || told === 'expired' || told === 'failed',
  )
  switch (operation.kind) {
    case 'capture': {
      const taken = payment.received.amount >= operation.baseline.amount + operation.amount.amount
      return taken || payment.told.includes('paid') ? 'done' : hasEnded ? 'refused' : 'absent'
    }
    case 'cancel':
      return payment.state === 'paid' ? 'refused' : hasEndedThere ? 'done' : 'absent'
    case 'approve':
      return hasEnded
        ? 'refused'
        : payment.state === 'pending' || payment.state === 'requires_action'
          ? 'absent'
          : 'done'
    case 'complete':
      // What ended here only may have been signed before: its money is waited for.
      return payment.state === 'paid' ? 'done' : hasEndedThere ? 'refused' : 'absent'
    case 'refund':
      return operation.state === 'done' ? 'done' : 'absent'
  }
}

function learn<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  news: {
    asked: PaymentOperation
    round: number
    answer: Answer | null
    askedAt: Date
    found: PaymentRail
  },
): Promise<void> {
  const { asked, round, answer, askedAt, found } = news
  const facts = { call: 'find', asked: round + 1 }
  return deps.storage.transaction(async (tx) => {
    const locked = await lockBoth(tx, asked.id)
    if (locked === null || locked.operation.state !== 'unknown') return
    if (locked.operation.attempts !== asked.attempts) return
    if (answer?.kind === 'refund') return accept(deps, tx, { ...locked, answer, at: askedAt, facts })
    if (answer !== null)
      await applyNews(deps, tx, { payment: locked.payment, told: answer.payment, at: askedAt, source: facts })
    const both = await lockBoth(tx, asked.id)
    if (both === null || both.operation.state !== 'unknown') return
    const verdict = verdictOf(both)
    if (verdict === 'done') {
      await stepOperation(deps, tx, { ...both, event: 'accept', facts })
      return
    }
    if (verdict === 'refused') {
      const set = { reason: 'not_permitted' as const, detail: `the payment is ${both.payment.state}` }
      await stepOperation(deps, tx, { ...both, event: 'decline', set, facts: { ...facts, ...set } })
      return
    }
    const since = askedAt.getTime() - (asked.submittedAt ?? asked.createdAt).getTime()
    if (asked.kind === 'approve') return approveAgain(deps, tx, { ...both, facts })
    // Without `findRefund` nothing proves that a refund is absent: it is asked about until somebody tells.
    const mayConclude = asked.kind !== 'refund' || found.port.findRefund !== undefined
    if (mayConclude && since >= found.port.conclusiveAfterMs) {
      await stepOperation(deps, tx, { ...both, event: 'absent', facts: { ...facts, found: false } })
      await tx.jobs.enqueue(operatePayment, { operationId: asked.id })
      return
    }
    const trouble = mayConclude
      ? 'not found yet, too early to be sure'
      : 'the provider does not tell of refunds'
    await askAgain(deps, tx, { ...both, round, trouble })
  })
}

/** To say yes a second time changes nothing, and the payer's wallet does not wait until an absence is conclusive. */
async function approveAgain<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  known: Both & { readonly facts: { readonly call: string; readonly asked: number } },
): Promise<void> {
  const { operation, facts } = known
  await stepOperation(deps, tx, { ...known, event: 'absent', facts: { ...facts, found: false } })
  const runAt = new Date(deps.clock.now().getTime() + resendMs(operation.attempts))
  await tx.jobs.enqueue(operatePayment, { operationId: operation.id }, { runAt })
}

async function askAgain<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  question: Both & { readonly round: number; readonly trouble: string },
): Promise<void> {
  const { payment, operation, round, trouble } = question
  const at = deps.clock.now()
  await tx.events.append({
    type: 'payment.asked',
    subject: payment.id,
    correlation: payment.correlation,
    data: { operation: operation.id, state: operation.state, round: round + 1, trouble },
    at,
  })
  const runAt = new Date(at.getTime() + doubtMs(deps, round))
  await tx.jobs.enqueue(resolveOperation, { operationId: operation.id, round: round + 1 }, { runAt })
}
