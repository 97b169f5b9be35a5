import type { PaymentDto } from './api.ts'
import { isPaymentId } from './delivery.ts'
import { finish } from './finish.ts'
import { findLanded } from './landed.ts'
import { isSamePurpose, type Purpose, purposeOf } from './metadata.ts'
import type { Wallet } from './wallet.ts'

/** What became of a send. `hash` where the chain shows that the money has moved. */
export interface FoundSend {
  readonly payment: PaymentDto
  readonly hash: string | null
}

/** Which send is asked about. */
export interface SendQuestion {
  readonly purpose: Purpose
  readonly providerRef?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Looks a send up: among Pi's unfinished payments, on the chain, and by Pi's id where that is known. Null: nothing was
 * sent for the purpose; a payment that Pi has and nobody paid is nothing sent, and is used when it is asked for again.
 * A send that is on the chain and that Pi was not told of is told to Pi.
 * @throws ProviderError when Pi or the chain could not be asked.
 */
export async function findSend(wallet: Wallet, question: SendQuestion): Promise<FoundSend | null> {
  const { purpose, providerRef, signal } = question
  const { history } = wallet.open()
  const incomplete = await wallet.client.incomplete(signal)
  const sent = await history.refresh(signal)
  const open = incomplete.find((payment) => isSamePurpose(purpose, purposeOf(payment))) ?? null
  const named =
    open === null && isPaymentId(providerRef) ? await wallet.client.payment(providerRef, signal) : null
  const own = open ?? (named !== null && isSamePurpose(purpose, purposeOf(named)) ? named : null)
  const landed = await findLanded(wallet, sent, { purpose, amount: null, own, signal })
  if (landed !== null) {
    await finish(wallet, landed, signal)
    return landed
  }
  if (own === null) return null
  const isUntouched = (own.transaction ?? null) === null && !own.status.transaction_verified
  // An id that is known was told to the engine, which waits for it to end; without one, asking again is safe.
  return isUntouched && providerRef === undefined ? null : { payment: own, hash: null }
}
