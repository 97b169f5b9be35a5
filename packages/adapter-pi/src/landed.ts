import { Money } from '@lastro/core/spec'
import type { PaymentDto } from './api.ts'
import { markOf } from './envelope.ts'
import { foreignness } from './facts.ts'
import type { SentTransaction } from './history.ts'
import { isSamePurpose, type Purpose, purposeOf } from './metadata.ts'
import type { Wallet } from './wallet.ts'

/** A payment to a user whose money is on the chain. */
export interface Landed {
  readonly payment: PaymentDto
  readonly hash: string
}

/** What is looked for: by purpose, and by an amount where only unmarked transactions can be looked through. */
export interface Wanted {
  readonly purpose: Purpose
  readonly amount: Money | null
  readonly signal?: AbortSignal | undefined
}

/** Pi's answer for the payment behind a memo, asked once: only what was made here for the purpose is worth a question. */
async function paymentFor(wallet: Wallet, memo: string, wanted: Wanted): Promise<PaymentDto | null> {
  const known = wallet.purposes.get(memo)
  if (known !== undefined && !isSamePurpose(wanted.purpose, known as Purpose | null)) return null
  const payment = await wallet.client.payment(memo, wanted.signal)
  if (payment === null) return null
  const { facts } = wallet.settings
  const purpose =
    foreignness(payment, { facts, direction: 'app_to_user' }) === null ? purposeOf(payment) : null
  wallet.purposes.set(memo, purpose)
  return isSamePurpose(wanted.purpose, purpose) ? payment : null
}

/**
 * The send for a purpose that is on the chain, or null. It is found by the memo of a payment that is known, and else by
 * the mark of the key; Pi's metadata decides.
 * @throws ProviderError when Pi could not be asked.
 */
export async function findLanded(
  wallet: Wallet,
  sent: readonly SentTransaction[],
  wanted: Wanted & { readonly own: PaymentDto | null },
): Promise<Landed | null> {
  const { own, purpose, amount } = wanted
  const paid = sent.filter(({ successful, memo }) => successful && memo !== null)
  const direct = own === null ? undefined : paid.find(({ memo }) => memo === own.identifier)
  if (own !== null && direct !== undefined) return { payment: own, hash: direct.hash }
  const mark = markOf(purpose.lastro)
  const isCandidate = ({ paid: order }: SentTransaction): boolean => {
    if (order === null) return false
    if (order.notBefore === mark) return true
    if (wallet.settings.markTransactions || order.notBefore !== 0n) return false
    return amount === null || Money.equals(order.amount, amount)
  }
  for (const { memo, hash } of paid.filter(isCandidate)) {
    const payment = memo === null ? null : await paymentFor(wallet, memo, wanted)
    if (payment !== null) return { payment, hash }
  }
  return null
}
