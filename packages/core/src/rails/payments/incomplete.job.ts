import { once } from '../../platform/idempotency/index.ts'
import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import { Money, type ProviderPayment } from '../../spec/index.ts'
import { applyNews } from './apply.ts'
import { completeSigned } from './complete-signed.ts'
import { callSignal, type PaymentDeps, type PaymentRail, type PaymentWork } from './context.ts'
import { sweepIncomplete } from './jobs.ts'
import type { Payment, PaymentId } from './payment.ts'

/**
 * Asks every provider that tells for payments that nobody finished. One of ours is brought up to date, and completed
 * where the payer has signed; one of nobody's is reported to people, once.
 */
export function sweepIncompleteJob<T extends PaymentWork>(deps: PaymentDeps<T>): JobHandler {
  return handle(sweepIncomplete, async (_input, { signal }) => {
    for (const [provider, found] of Object.entries(deps.rails)) {
      const { incomplete } = found.port
      if (incomplete === undefined || signal.aborted) continue
      const askedAt = deps.clock.now()
      try {
        const open = await found.rail.read('payments.incomplete', () =>
          incomplete({ signal: callSignal(deps, signal) }),
        )
        for (const told of open) await resumeOne(deps, { provider, found, told, askedAt })
      } catch (error) {
        deps.logger.warn(
          { provider, error: describeError(error) },
          'incomplete payments could not be asked for',
        )
      }
    }
  })
}

/** One that cannot be brought up to date must not keep the others from it: the next sweep sees it again. */
async function resumeOne<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  news: Parameters<typeof resume<T>>[1],
): Promise<void> {
  try {
    await resume(deps, news)
  } catch (error) {
    const { provider, told } = news
    const facts = { provider, providerRef: told.providerRef, error: describeError(error) }
    deps.logger.error(facts, 'an incomplete payment could not be brought up to date')
  }
}

function resume<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  news: { provider: string; found: PaymentRail; told: ProviderPayment; askedAt: Date },
): Promise<void> {
  const { provider, found, told, askedAt } = news
  return deps.storage.transaction(async (tx) => {
    const payment = await lockOwner(tx, { provider, told })
    if (payment === null) {
      await reportOnce(deps, tx, { provider, told })
      return
    }
    const source = { call: 'incomplete' }
    const now = await applyNews(deps, tx, { payment, told, at: askedAt, source })
    await completeSigned(deps, tx, { payment: now, told, found })
  })
}

async function lockOwner(
  tx: PaymentWork,
  { provider, told }: { readonly provider: string; readonly told: ProviderPayment },
): Promise<Payment | null> {
  const none = { receipts: [], refunds: [], disputes: [] }
  const [owner] = await tx.payments.owners({ provider, refs: [told.providerRef], ...none })
  const id = owner?.paymentId ?? (told.idempotencyKey as PaymentId | undefined)
  const payment = id === undefined ? null : await tx.payments.lock(id)
  return payment?.provider === provider ? payment : null
}

/** The sweep sees it again and again; people are told once. */
async function reportOnce<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  { provider, told }: { readonly provider: string; readonly told: ProviderPayment },
): Promise<void> {
  const at = deps.clock.now()
  const { providerRef, state } = told
  const key = `${provider}:${providerRef}`
  await once(tx, { operation: 'payments.incomplete', key, body: { key }, at }, async () => {
    const details = { state, amount: Money.toJson(told.amount) }
    deps.logger.error({ provider, providerRef, ...details }, 'a payment at the provider is of nobody here')
    await tx.audit.append({
      actor: `provider:${provider}`,
      action: 'payment.unmatched',
      subject: providerRef,
      details,
      at,
    })
    return { reported: true }
  })
}
