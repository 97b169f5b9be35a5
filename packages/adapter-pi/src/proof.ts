import { Money } from '@lastro/core/spec'
import { readAmount } from './amounts.ts'
import type { PaymentDto } from './api.ts'
import { surprise } from './client.ts'
import { readEnvelope } from './envelope.ts'
import { txidOf } from './facts.ts'
import type { Horizon } from './horizon.ts'
import type { NetworkFacts } from './networks.ts'

/**
 * The second proof of a payment from a user: its transaction, read from the configured Horizon and never from an address
 * in the payment, was applied, carries the payment's id as its memo, and paid the app's address in native Pi.
 * @throws ProviderError when Horizon could not be asked, or the chain does not confirm the payment.
 */
export async function proveOnChain(
  { horizon, facts }: { readonly horizon: Horizon; readonly facts: NetworkFacts },
  payment: PaymentDto,
  signal?: AbortSignal,
): Promise<void> {
  const txid = txidOf(payment.transaction?.txid)
  const transaction = txid === null ? null : await horizon.transaction(txid, signal)
  const refuse = (why: string) => surprise(`the chain does not confirm a payment: ${why}. It needs a person.`)
  if (transaction === null) throw refuse('its transaction is not there')
  if (!transaction.successful) throw refuse('its transaction failed')
  if (transaction.memo !== payment.identifier) throw refuse('the memo is not its id')
  const paid = readEnvelope(transaction.envelope, facts)
  if (paid === null) throw refuse('its transaction is no single payment of Pi')
  const asked = readAmount(payment.amount, { field: 'amount', asset: facts.asset })
  if (paid.to !== payment.to_address) throw refuse('another address was paid')
  if (Money.compare(paid.amount, asked) < 0) throw refuse('less was paid')
}
