import { type Money, ProviderError } from '@lastro/core/spec'
import { balanceAnswer } from './api.ts'
import type { EfiClient } from './client.ts'
import { type BRL, balances, PROVIDER } from './map.ts'

/**
 * The account's balance. Efí does not say whether `saldo` still includes amounts blocked by a court or a fraud claim.
 * @throws ProviderError when it could not be asked, or the answer is not understood.
 */
export async function readBalance(client: EfiClient, signal?: AbortSignal): Promise<Money<typeof BRL>> {
  const subject = 'the balance'
  const answer = await client.ask({ method: 'GET', path: ['v2', 'gn', 'saldo'], subject, signal })
  if (answer.status !== 200) throw client.refuse(answer, subject)
  const parsed = balanceAnswer.safeParse(answer.json)
  if (parsed.success) return balances.read(parsed.data.saldo, 'saldo')
  throw new ProviderError({
    provider: PROVIDER,
    kind: 'unexpected_answer',
    message: 'the answer for the balance cannot be read.',
  })
}
