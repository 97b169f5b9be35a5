import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  declined,
  isProviderError,
  type Outcome,
  type PaymentRef,
  ProviderError,
  type ProviderPayment,
} from '@lastro/core/spec'
import { findCharge } from '../charges/find.ts'
import type { EfiCharge } from '../charges/read.ts'
import { charge as chargeWire } from '../charges/wire.ts'
import { callOnce, detailOf, doubt, neverBegan } from '../money-call.ts'
import type { PaymentContext } from './create.ts'
import { paymentOf } from './payment.ts'

type Canceling = PaymentRef & { readonly providerRef: string }

/** What the charge says of being canceled, or null while it is open. */
function settled(charge: EfiCharge, payment: Canceling): Outcome<ProviderPayment> | null {
  if (charge.state === 'canceled') return accepted(paymentOf(charge, payment))
  const isPaid = charge.state === 'paid' || charge.receipts.length > 0
  return isPaid ? declined('not_permitted', 'the charge was paid meanwhile.') : null
}

/** The charge, or why it could not be read. */
async function ask(
  { client, settings }: PaymentContext,
  payment: Canceling,
): Promise<EfiCharge | null | ProviderError> {
  const { providerRef: txid, signal } = payment
  try {
    return await findCharge({ client, clock: settings.clock }, { txid, signal })
  } catch (error) {
    if (isProviderError(error)) return error
    throw error
  }
}

/** After a change that Efí did not simply confirm: what the charge is now decides, and nothing else. */
async function askAgain(
  context: PaymentContext,
  { payment, otherwise }: { readonly payment: Canceling; readonly otherwise: Outcome<never> },
): Promise<Outcome<ProviderPayment>> {
  const charge = await ask(context, payment)
  if (charge === null || isProviderError(charge)) return otherwise
  return settled(charge, payment) ?? otherwise
}

/**
 * Ends a charge that nobody paid. It is read first: its kind decides the path, and one that was paid or ended already
 * needs no call.
 */
export async function cancelPayment(
  context: PaymentContext,
  payment: Canceling,
): Promise<Outcome<ProviderPayment>> {
  const charge = await ask(context, payment)
  if (isProviderError(charge)) return neverBegan(charge)
  if (charge === null) return neverBegan(notThere())
  const already = settled(charge, payment)
  if (already !== null) return already
  const payload = { status: 'REMOVIDA_PELO_USUARIO_RECEBEDOR' }
  const { kind, txid } = charge
  return callOnce(context, {
    call: { method: 'PATCH', path: ['v2', kind, txid], json: payload, signal: payment.signal },
    read: (answer) => confirm(context, { payment, charge, answer }),
    refused: (answer, refusal) =>
      askAgain(context, { payment, otherwise: unknownAnswer(answer.status, detailOf(refusal)) }),
  })
}

/** Reads a 2xx: the answer is the charge as it is now, and where it is not, the charge is read again. */
async function confirm(
  context: PaymentContext,
  done: { readonly payment: Canceling; readonly charge: EfiCharge; readonly answer: Answered },
): Promise<Outcome<ProviderPayment>> {
  const { payment, charge, answer } = done
  const parsed = chargeWire.safeParse(answer.json)
  const status = parsed.success && parsed.data.txid === charge.txid ? parsed.data.status : ''
  if (status.startsWith('REMOVIDA_')) return accepted(paymentOf({ ...charge, state: 'canceled' }, payment))
  return askAgain(context, { payment, otherwise: doubt('efi: the charge was changed, and is still open.') })
}

/** A charge that cannot be seen was not canceled: it may be there in a moment. */
const notThere = (): ProviderError =>
  new ProviderError({
    provider: 'efi',
    kind: 'unexpected_answer',
    message: 'there is no such charge to be seen.',
  })
