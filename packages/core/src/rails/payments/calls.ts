import type { Outcome, ProviderPayment, ProviderRefund } from '../../spec/index.ts'
import type { PaymentRail } from './context.ts'
import type { OperationKind, PaymentOperation } from './operation.ts'
import type { Payment } from './payment.ts'

/** An accepted answer: a payment as it stands, or a refund. */
export type Answer =
  | { readonly kind: 'payment'; readonly payment: ProviderPayment }
  | { readonly kind: 'refund'; readonly refund: ProviderRefund }

interface Call {
  readonly payment: Payment
  readonly operation: PaymentOperation
  readonly signal: AbortSignal
}

/** True where the provider can do this. */
export function isAble({ port }: PaymentRail, kind: OperationKind): boolean {
  return port[kind] !== undefined
}

/** Makes the call that an operation stands for. Keys follow from the operation and its payment, never from the attempt. */
export async function callProvider(found: PaymentRail, call: Call): Promise<Outcome<Answer>> {
  const { operation, payment } = call
  const { kind } = operation
  if (payment.providerRef === null)
    return { kind: 'not_sent', cause: new Error('the provider has not told its id of the payment yet') }
  if (!isAble(found, kind))
    return { kind: 'declined', reason: 'not_permitted', detail: `no ${kind} at this provider` }
  if (kind === 'refund') return callRefund(found, call)
  const outcome = await found.rail.send(`payments.${kind}`, () => callPayment(found, call))
  return outcome.kind === 'accepted'
    ? { kind: 'accepted', value: { kind: 'payment', payment: outcome.value } }
    : outcome
}

function callPayment({ port }: PaymentRail, call: Call): Promise<Outcome<ProviderPayment>> {
  const { payment, operation, signal } = call
  const { amount } = payment
  const ref = { idempotencyKey: payment.id, providerRef: payment.providerRef ?? '' }
  const none: Outcome<never> = { kind: 'declined', reason: 'not_permitted' }
  switch (operation.kind) {
    case 'capture': {
      const { id, amount: part, isFinal } = operation
      const request = { idempotencyKey: id, payment: ref, amount: part, isFinal, signal }
      return port.capture?.(request) ?? Promise.resolve(none)
    }
    case 'cancel':
      return port.cancel?.({ ...ref, signal }) ?? Promise.resolve(none)
    case 'approve': {
      const payer = payment.payer === null ? {} : { payer: payment.payer }
      return port.approve?.({ ...ref, amount, ...payer, signal }) ?? Promise.resolve(none)
    }
    case 'complete': {
      const proof = operation.proof === null ? {} : { proof: operation.proof }
      return port.complete?.({ ...ref, amount, ...proof, signal }) ?? Promise.resolve(none)
    }
    case 'refund':
      return Promise.resolve(none)
  }
}

async function callRefund({ port, rail }: PaymentRail, call: Call): Promise<Outcome<Answer>> {
  const { payment, operation, signal } = call
  const outcome = await rail.send<ProviderRefund>(
    'payments.refund',
    () =>
      port.refund?.({
        idempotencyKey: operation.id,
        payment: { idempotencyKey: payment.id, providerRef: payment.providerRef ?? '' },
        receiptRef: operation.receiptRef ?? '',
        amount: operation.amount,
        ...(operation.purpose === null ? {} : { reason: operation.purpose }),
        ...(payment.payer === null ? {} : { payer: payment.payer }),
        signal,
      }) ?? Promise.resolve({ kind: 'declined', reason: 'not_permitted' }),
  )
  return outcome.kind === 'accepted'
    ? { kind: 'accepted', value: { kind: 'refund', refund: outcome.value } }
    : outcome
}
