import { type AssetId, Money, ProviderError, type ProviderPayout } from '@lastro/core/spec'
import { type ReturnedPix, type SentPix, sentPix } from './api.ts'
import type { EfiClient } from './client.ts'
import { amounts, BRL, PROVIDER, refundStatus, sendStatus } from './map.ts'
import { readRefusal } from './refusal.ts'

/** A payout as Efí tells it, without the key only we know. */
export type Sent = Omit<ProviderPayout, 'idempotencyKey'>

const surprise = (message: string): ProviderError =>
  new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message })

/** How much came back. A return is counted once by its id, and only when it is final; look-ups give no status. */
function returnedOf(returns: readonly ReturnedPix[]): Money<typeof BRL> {
  const seen = new Set<string>()
  let total: Money<typeof BRL> = Money.zero(BRL)
  for (const { rtrId, valor, status } of returns) {
    const isFinal = status === null || status === undefined || refundStatus.get(status) === 'succeeded'
    if (!isFinal || (typeof rtrId === 'string' && seen.has(rtrId))) continue
    if (typeof rtrId === 'string') seen.add(rtrId)
    total = Money.add(total, amounts.read(valor, 'devolucoes.valor'))
  }
  return total
}

function withReturns(paid: Sent, returned: Money<AssetId>): Sent {
  if (!Money.isPositive(returned)) return paid
  if (paid.state !== 'paid') throw surprise('a payout that was not paid has money returned.')
  const order = Money.compare(returned, paid.amount)
  if (order > 0) throw surprise('more money was returned than was sent.')
  return { ...paid, state: order === 0 ? 'returned' : 'paid', returnedAmount: returned }
}

/**
 * Reads a sent Pix. Part of the money returned leaves it `paid` with `returnedAmount`; all of it makes it `returned`.
 * @throws ProviderError `unexpected_answer` for anything that is new, missing or contradictory.
 */
export function readSent(pix: SentPix, wanted: string | null): Sent {
  const idEnvio = wanted ?? pix.idEnvio ?? ''
  if (typeof pix.idEnvio === 'string' && pix.idEnvio !== idEnvio)
    throw surprise('idEnvio is not the one asked for.')
  if (idEnvio === '') throw surprise('a sent Pix has no idEnvio.')
  const endToEndId = pix.endToEndId ?? pix.e2eId
  const sent: Sent = {
    providerRef: idEnvio,
    state: sendStatus.get(pix.status),
    amount: amounts.read(pix.valor, 'valor'),
    ...(typeof endToEndId === 'string' ? { endToEndId } : {}),
  }
  return withReturns(sent, returnedOf(pix.devolucoes ?? []))
}

/**
 * Asks for a sent Pix: by our id, or by its end-to-end id. Null only for Efí's own "not found" of a sent Pix; any other
 * 404 (a gateway's, a wrong path) is an error, because trouble is not absence.
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findSent(
  client: EfiClient,
  wanted: {
    /** Null where only the end-to-end id is known: then the answer tells it. */
    readonly idEnvio: string | null
    readonly endToEndId?: string
    readonly signal?: AbortSignal | undefined
  },
): Promise<Sent | null> {
  const subject = 'a sent Pix'
  const tail = wanted.endToEndId === undefined ? ['id-envio', wanted.idEnvio ?? ''] : [wanted.endToEndId]
  const path = ['v2', 'gn', 'pix', 'enviados', ...tail]
  const answer = await client.ask({ method: 'GET', path, subject, signal: wanted.signal })
  if (answer.status === 404) {
    const { shape, name } = readRefusal(answer.json)
    if (shape === 'B' && name === 'PixEnviadoNaoEncontrado') return null
  }
  if (answer.status !== 200) throw client.refuse(answer, subject)
  const parsed = sentPix.safeParse(answer.json)
  if (!parsed.success) throw surprise('the answer for a sent Pix cannot be read.')
  return readSent(parsed.data, wanted.idEnvio)
}
