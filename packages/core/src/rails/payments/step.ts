import type { Json } from '../../platform/events/index.ts'
import { type EventOf, move } from '../../platform/machine/index.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { isEnded, type Payment, paymentMachine } from './payment.ts'

/** One step of our own: an attempt begun, put off or lost, or an end that we decide. State and event in one commit. */
export async function step<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  change: {
    readonly payment: Payment
    readonly event: Extract<
      EventOf<typeof paymentMachine>,
      'submit' | 'defer' | 'lose' | 'absent' | 'fail' | 'expire' | 'cancel'
    >
    readonly set?: Partial<Payment>
    /** Facts for the timeline. */
    readonly facts?: { readonly [key: string]: Json }
  },
): Promise<Payment> {
  const { payment, event, set = {}, facts = {} } = change
  const at = deps.clock.now()
  const state = move(paymentMachine, payment, event)
  const moved: Payment = { ...payment, ...set, state, updatedAt: at, version: payment.version + 1 }
  const saved: Payment = isEnded(moved)
    ? { ...moved, endedHere: endOf(state), action: null, askAt: null }
    : moved
  await tx.payments.update(saved)
  await tx.events.append({
    type: `payment.${state}`,
    subject: payment.id,
    correlation: payment.correlation,
    data: { from: payment.state, by: event, provider: saved.provider, attempts: saved.attempts, ...facts },
    at,
  })
  if (isEnded(saved)) await deps.onPayment?.(tx, saved, state)
  return saved
}

function endOf(state: Payment['state']): Payment['endedHere'] {
  return state === 'failed' || state === 'expired' || state === 'canceled' ? state : null
}

/** Changes what is stored beside the state, with no event. */
export async function change<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'clock'>,
  tx: T,
  { payment, set }: { readonly payment: Payment; readonly set: Partial<Payment> },
): Promise<Payment> {
  const saved = { ...payment, ...set, updatedAt: deps.clock.now(), version: payment.version + 1 }
  await tx.payments.update(saved)
  return saved
}
