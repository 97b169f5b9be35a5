import { moneyAnswer, notSent, unknownAnswer } from '@lastro/adapter-kit'
import { accepted, declined, Money, type Outcome, ProviderError } from '@lastro/core/spec'
import { amountJson, readAmount } from './amounts.ts'
import type { PaymentDto } from './api.ts'
import { errorCode, exactJson, readPayment, surprise } from './client.ts'
import { fitsMemo } from './envelope.ts'
import { foreignness } from './facts.ts'
import { isSamePurpose, type Purpose, purposeOf } from './metadata.ts'
import { PROVIDER } from './networks.ts'
import { misconfigured } from './options.ts'
import { createRefusal } from './refusal.ts'
import { stellar } from './stellar.ts'
import type { Wallet } from './wallet.ts'

/** A payment to a user, as it is wanted. */
export interface SendRequest {
  readonly purpose: Purpose
  readonly amount: Money
  /** Pi's id of the user, which is another one in each app. */
  readonly uid: string
  /** Shown to the user. */
  readonly memo: string
  readonly signal?: AbortSignal | undefined
}

/** How long to wait before looking again at what stands in the way, where nothing says how long. */
export const LOOK_AGAIN_MS = 10_000

/** Something comes first. Nothing of the request itself was sent. */
export function comesFirst(message: string, retryAfterMs: number = LOOK_AGAIN_MS): Outcome<never> {
  const cause = new ProviderError({ provider: PROVIDER, kind: 'unavailable', message })
  return notSent('prerequisite', { cause, retryAfterMs })
}

/** `POST /payments`: Pi has the payment then, and no money has moved. */
export async function createPayment(wallet: Wallet, request: SendRequest): Promise<Outcome<PaymentDto>> {
  const { purpose, amount, uid, memo, signal } = request
  const payment = { amount: amountJson(amount), memo, metadata: purpose, uid }
  const result = await wallet.client.call({ method: 'POST', path: ['payments'], json: { payment }, signal })
  const answer = moneyAnswer(result, { limited: 'unknown', clock: wallet.settings.clock })
  if (answer.kind !== 'answered') return answer
  const json = exactJson(answer)
  if (answer.status >= 200 && answer.status < 300) {
    const created = readPayment(json)
    return created === null ? unknownAnswer(answer.status, 'the payment cannot be read') : accepted(created)
  }
  const code = errorCode(json)
  if (answer.status === 401)
    return notSent('unauthorized', { cause: new Error(`Pi answered 401 (${code ?? 'no code'}).`) })
  if (code === 'ongoing_payment_found') return comesFirst('another payment to a user is not finished.')
  const reason = createRefusal(code)
  if (reason === null) return unknownAnswer(answer.status, 'no reason is stated')
  return declined(reason, `Pi refused to create the payment: ${code}.`)
}

/** When a transaction for a payment can be applied no more, in milliseconds. @throws ProviderError */
export function windowEndsMs(wallet: Wallet, { created_at }: Pick<PaymentDto, 'created_at'>): number {
  const createdMs = Date.parse(created_at)
  if (Number.isNaN(createdMs)) throw surprise('created_at is no time.')
  return createdMs + wallet.settings.sendWindowMs
}

/**
 * The address to pay, once Pi's payment is the one that was wanted, on our network, from our wallet.
 * @throws ProviderError when it is not: nothing is signed then.
 */
export function checkedTarget(wallet: Wallet, payment: PaymentDto, request: SendRequest): string {
  const { facts } = wallet.settings
  const foreign = foreignness(payment, { facts, direction: 'app_to_user' })
  if (foreign !== null) throw surprise(`${foreign}.`)
  if (payment.from_address !== wallet.open().address)
    throw misconfigured("options.walletSeed: is not the seed of the app's wallet at Pi")
  const amount = readAmount(payment.amount, { field: 'amount', asset: facts.asset })
  const is = {
    amount: Money.equals(amount, request.amount),
    user_uid: payment.user_uid === request.uid,
    metadata: isSamePurpose(request.purpose, purposeOf(payment)),
    identifier: fitsMemo(payment.identifier),
    to_address: stellar().StrKey.isValidEd25519PublicKey(payment.to_address ?? ''),
  }
  const wrong = Object.entries(is).find(([, isRight]) => !isRight)
  if (wrong !== undefined) throw surprise(`${wrong[0]} of a payment to a user is not what was asked for.`)
  return payment.to_address ?? ''
}
