import { findOne, surprise } from './answers.ts'
import { type ReceivedPix, receivedPix } from './api.ts'
import type { EfiClient } from './client.ts'

/** Efí says 400 `pix_nao_encontrado`, the Central Bank's document 404 `PixNaoEncontrado`. */
export const NO_PIX = /^(pix_nao_encontrado|PixNaoEncontrado)$/

/**
 * Asks for one Pix that was received. Null only for Efí's own "not found".
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findReceived(
  client: EfiClient,
  wanted: { readonly endToEndId: string; readonly signal?: AbortSignal | undefined },
): Promise<ReceivedPix | null> {
  const { endToEndId, signal } = wanted
  const call = { method: 'GET', path: ['v2', 'pix', endToEndId], signal } as const
  const subject = 'a received Pix'
  const found = await findOne(client, { call, subject, schema: receivedPix, absent: NO_PIX })
  if (found !== null && found.endToEndId !== endToEndId)
    throw surprise('endToEndId is not the one asked for.')
  return found
}
