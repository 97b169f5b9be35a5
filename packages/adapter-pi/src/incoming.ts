import { type Answered, moneyAnswer, notSent, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  type DeclineReason,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type PaymentRef,
  type ProviderPayment,
  unknown,
} from '@lastro/core/spec'
import { readAmount } from './amounts.ts'
import type { PaymentDto } from './api.ts'
import { errorCode, exactJson, type PiCall, readPayment } from './client.ts'
import { isPaymentId } from './delivery.ts'
import { foreignness } from './facts.ts'
import { keyOf } from './metadata.ts'
import type { Settings } from './options.ts'
import type { Teller } from './tell.ts'

/** What the verbs on payments from users work with. */
export interface Incoming {
  readonly settings: Settings
  readonly teller: Teller
}

/** A payment as Pi told it, and in our words. */
export interface Known {
  readonly payment: PaymentDto
  readonly told: ProviderPayment
}

/** What a payment must be before it is approved or completed: what the host asked for. */
export interface Expected extends PaymentRef {
  readonly providerRef: string
  readonly amount: Money
  readonly payer?: { readonly providerRef?: string }
}

const mismatch = (reason: DeclineReason, what: string): Outcome<never> =>
  declined(reason, `${what} of the payment at Pi is not what was asked for.`)

/** Compares a payment that a browser made with what was asked for. Null: it is that. */
export function differs(payment: PaymentDto, expected: Expected, settings: Settings): Outcome<never> | null {
  const { facts } = settings
  const foreign = foreignness(payment, { facts, direction: 'user_to_app' })
  if (foreign !== null) return declined('not_permitted', `${foreign}.`)
  const amount = readAmount(payment.amount, { field: 'amount', asset: facts.asset })
  if (!Money.equals(amount, expected.amount)) return mismatch('invalid_amount', 'amount')
  if (keyOf(payment) !== expected.idempotencyKey) return mismatch('not_permitted', 'metadata')
  const uid = expected.payer?.providerRef
  return uid === undefined || uid === payment.user_uid ? null : mismatch('not_permitted', 'user_uid')
}

/**
 * Reads a payment and compares it. Nothing has been changed by then, so trouble is `not_sent`.
 */
export async function readExpected(
  { settings, teller }: Incoming,
  expected: Expected,
): Promise<Outcome<Known>> {
  const { providerRef, signal } = expected
  if (!isPaymentId(providerRef))
    return declined('not_permitted', "providerRef must be Pi's id of the payment.")
  try {
    const payment = await teller.client.payment(providerRef, signal)
    if (payment === null) return declined('not_permitted', 'Pi has no such payment.')
    const difference = differs(payment, expected, settings)
    if (difference !== null) return difference
    return accepted({ payment, told: await teller.incoming(payment, signal) })
  } catch (error) {
    if (isProviderError(error)) return notSent('prerequisite', { cause: error })
    throw error
  }
}

/** What an answer to a change came to: the payment as it is now, or Pi's code. */
export type Changed =
  | ({ readonly kind: 'payment' } & Known)
  | { readonly kind: 'code'; readonly code: string | null; readonly answer: Answered }
  | Exclude<Outcome<never>, { readonly kind: 'accepted' }>

/** Makes one call that changes a payment. */
export async function change(
  { settings, teller }: Incoming,
  call: PiCall & { readonly ref: string },
): Promise<Changed> {
  const { ref, ...request } = call
  const result = await teller.client.call(request)
  const answer = moneyAnswer(result, { limited: 'unknown', clock: settings.clock })
  if (answer.kind !== 'answered') return answer as Exclude<typeof answer, { kind: 'accepted' }>
  const json = exactJson(answer)
  const code = errorCode(json)
  if (answer.status === 401) {
    const cause = new Error(`Pi answered 401 (${code ?? 'no code'}).`)
    return notSent('unauthorized', { cause }) as Changed
  }
  if (answer.status >= 300) return { kind: 'code', code, answer }
  const payment = readPayment(json)
  if (payment?.identifier !== ref)
    return unknownAnswer(answer.status, 'its body cannot be read as this payment') as Changed
  return told(teller, payment, call.signal)
}

async function told(teller: Teller, payment: PaymentDto, signal: AbortSignal | undefined): Promise<Changed> {
  try {
    return { kind: 'payment', payment, told: await teller.incoming(payment, signal) }
  } catch (error) {
    if (isProviderError(error)) return unknown(error) as Changed
    throw error
  }
}

/** Reads a payment after a refusal, to see what it is now. Doubt where it cannot be read. */
export async function readAgain(
  { teller }: Incoming,
  { ref, signal }: { readonly ref: string; readonly signal?: AbortSignal | undefined },
): Promise<Outcome<Known>> {
  try {
    const payment = await teller.client.payment(ref, signal)
    if (payment === null) return unknown(new Error('Pi does not find the payment any more.'))
    return accepted({ payment, told: await teller.incoming(payment, signal) })
  } catch (error) {
    if (isProviderError(error)) return unknown(error)
    throw error
  }
}

/** Doubt about a refusal whose code says nothing that is known. */
export const doubtful = ({ answer, code }: Extract<Changed, { kind: 'code' }>): Outcome<never> =>
  unknownAnswer(answer.status, code === null ? 'no reason is stated' : `its code is ${code}`)
