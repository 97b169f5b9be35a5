import { refuse } from '../../platform/input.ts'
import { Money, type Outcome, type ProviderPayment } from '../../spec/index.ts'
import { addOperation } from './add-operation.ts'
import { applyNews } from './apply.ts'
import { askProvider } from './ask.ts'
import { completeSigned } from './complete-signed.ts'
import { callSignal, type PaymentDeps, type PaymentRail, type PaymentWork, railOf } from './context.ts'
import { existing } from './create.ts'
import { operateOnce } from './operate.job.ts'
import { isUnderWay, type OperationId } from './operation.ts'
import { isEnded, isOpen, type Payment, type PaymentId } from './payment.ts'
import { illegal, lockFor } from './refund.ts'

/** What a host's call to a wallet's payment came to. `pending`: another process is making the call now. */
export interface WalletAnswer {
  readonly payment: Payment
  /** `not_sent` and `unknown` are resolved by the worker; asking again is safe. */
  readonly outcome: Outcome<never>['kind'] | 'pending'
}

interface WalletCall {
  readonly id: PaymentId
  readonly providerRef: string
  readonly kind: 'approve' | 'complete'
  readonly proof?: string | undefined
}

/**
 * Approves or completes a payment that the payer's wallet made: the provider is asked first, and its answer compared with
 * the intent. Then the call is written down, and made at once.
 */
export async function answerWallet<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  call: WalletCall,
): Promise<WalletAnswer> {
  const { id, kind } = call
  const payment = await deps.storage.read((tx) => existing(tx, id))
  if (payment.state === 'paid' && kind === 'complete') return { payment, outcome: 'accepted' }
  const found = railOf(deps, payment.provider)
  const port = found?.port
  if (found === undefined || port?.[kind] === undefined)
    await deps.storage.transaction((tx) => lockFor(deps, tx, { id, kind }))
  if (found === undefined) throw illegal(payment, kind)
  const askedAt = deps.clock.now()
  const asked = { payment: { id, providerRef: call.providerRef }, signal: callSignal(deps) }
  const told = await askProvider(found, asked)
  if (told === null) refuse('providerRef', `is no payment at ${payment.provider}`)
  checkWallet(payment, { told, providerRef: call.providerRef })
  const begun = await deps.storage.transaction((tx) => begin(deps, tx, { call, told, askedAt, found }))
  const outcome =
    begun === 'accepted' || begun === 'pending'
      ? begun
      : ((await operateOnce(deps, { operationId: begun }))?.kind ?? 'pending')
  return { payment: await deps.storage.read((tx) => existing(tx, id)), outcome }
}

/** What the wallet's payment says is compared with the intent, never believed. */
function checkWallet(
  payment: Payment,
  { told, providerRef }: { readonly told: ProviderPayment; readonly providerRef: string },
): void {
  if (payment.providerRef !== null && payment.providerRef !== providerRef)
    refuse('providerRef', 'is not the one that this payment has already')
  if (told.providerRef !== providerRef) refuse('providerRef', 'is not what the provider answered for it')
  if (told.idempotencyKey !== undefined && told.idempotencyKey !== payment.id)
    refuse('providerRef', 'is of another payment')
  if (!Money.equals(told.amount, payment.amount)) {
    const text = (money: Money) => `${Money.format(money)} ${money.asset}`
    refuse('providerRef', `is for ${text(told.amount)}, and ${text(payment.amount)} was asked`)
  }
  const expected = payment.payer?.providerRef
  if (expected !== undefined && told.payerRef !== undefined && told.payerRef !== expected)
    refuse('providerRef', 'is of another payer')
}

/** The provider's id is kept, its answer applied, and the call written down, unless it was made or is left to a job. */
async function begin<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  asked: {
    readonly call: WalletCall
    readonly told: ProviderPayment
    readonly askedAt: Date
    readonly found: PaymentRail
  },
): Promise<OperationId | 'accepted' | 'pending'> {
  const { call, told, askedAt, found } = asked
  const { id, kind, proof } = call
  const locked = await lockFor(deps, tx, { id, kind })
  checkWallet(locked, { told, providerRef: call.providerRef })
  const source = { call: 'find', for: kind }
  const payment = await applyNews(deps, tx, { payment: locked, told, at: askedAt, source })
  if (payment.providerRef !== call.providerRef) refuse('providerRef', 'belongs to another payment')
  if (payment.state === 'paid') return 'accepted'
  if (isEnded(payment) && kind === 'complete' && told.state === 'authorized') {
    // Too late to be sold, and paid all the same: a job completes it, and tells it as received late.
    await completeSigned(deps, tx, { payment, told, found })
    return 'pending'
  }
  if (!isOpen(payment)) throw illegal(payment, kind)
  const operations = (await tx.payments.operations(id)).filter((operation) => operation.kind === kind)
  const live = operations.find(isUnderWay)
  if (live !== undefined) return live.id
  // A completion that was accepted before the provider had verified the payment may be asked for again.
  if (kind === 'approve' && operations.some(({ state }) => state === 'done')) return 'accepted'
  const { id: operationId } = await addOperation(deps, tx, {
    payment,
    kind,
    ...(proof === undefined ? {} : { proof }),
  })
  return operationId
}
