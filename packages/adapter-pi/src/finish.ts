import type { PaymentDto } from './api.ts'
import { errorCode, exactJson, readPayment } from './client.ts'
import type { SentTransaction } from './history.ts'
import type { ChainHead } from './horizon.ts'
import type { Landed } from './landed.ts'
import { LOOK_AGAIN_MS, windowEndsMs } from './open-payment.ts'
import type { Wallet } from './wallet.ts'

/**
 * Tells Pi which transaction paid a payment to a user. The money has moved in any case, so trouble here changes nothing
 * about that: the next send tells Pi again.
 */
export async function finish(wallet: Wallet, landed: Landed, signal?: AbortSignal): Promise<boolean> {
  const { payment, hash } = landed
  if (payment.status.developer_completed) return true
  const path = ['payments', payment.identifier, 'complete']
  const result = await wallet.client.call({ method: 'POST', path, json: { txid: hash }, signal })
  if (result.kind !== 'answered') return false
  return result.status === 200 || errorCode(exactJson(result)) === 'already_completed'
}

/** Ends a payment to a user for which no transaction can be applied any more. */
export async function cancelDead(
  wallet: Wallet,
  payment: PaymentDto,
  signal?: AbortSignal,
): Promise<boolean> {
  const path = ['payments', payment.identifier, 'cancel']
  const result = await wallet.client.call({ method: 'POST', path, signal })
  if (result.kind !== 'answered') return false
  const json = exactJson(result)
  return (result.status === 200 && readPayment(json) !== null) || errorCode(json) === 'cancelled_payment'
}

/** What stands in the way of a send: another payment to a user that is not finished. */
export interface InTheWay {
  readonly payment: PaymentDto
  readonly sent: readonly SentTransaction[]
  readonly head: ChainHead
  readonly signal?: AbortSignal | undefined
}

/**
 * Finishes another payment, or ends it once nothing for it can be applied any more. Null: the way is free. Else how long
 * to wait. `head` must have been read before `sent`: then what could still be applied at that time is in `sent`.
 */
export async function clearTheWay(
  wallet: Wallet,
  other: InTheWay,
): Promise<{ readonly waitMs: number } | null> {
  const { payment, sent, head, signal } = other
  const found = sent.find(({ successful, memo }) => successful && memo === payment.identifier)
  const hash = found?.hash ?? payment.transaction?.txid
  const isDone =
    hash !== undefined
      ? await finish(wallet, { payment, hash }, signal)
      : head.closedAtMs > windowEndsMs(wallet, payment) && (await cancelDead(wallet, payment, signal))
  if (isDone) return null
  const leftMs = windowEndsMs(wallet, payment) - head.closedAtMs
  // Its own job may bring it to an end long before the window does.
  return { waitMs: Math.max(LOOK_AGAIN_MS, Math.min(leftMs + LOOK_AGAIN_MS, 3 * LOOK_AGAIN_MS)) }
}
