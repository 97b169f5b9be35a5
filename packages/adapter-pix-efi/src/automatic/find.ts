import type { z } from 'zod'
import { findOne, surprise } from '../answers.ts'
import type { EfiClient } from '../client.ts'
import { recurrence, recurrenceRequest, recurringCharge } from './wire.ts'

interface Signalled {
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks for a recurring charge as Efí writes it. Null only for Efí's own "not found".
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findRecurringCharge(
  client: EfiClient,
  { txid, signal }: Signalled & { readonly txid: string },
): Promise<z.output<typeof recurringCharge> | null> {
  const call = { method: 'GET', path: ['v2', 'cobr', txid], signal } as const
  const absent = /^CobRNaoEncontrad[oa]$/
  const found = await findOne(client, {
    call,
    subject: 'a recurring charge',
    schema: recurringCharge,
    absent,
  })
  if (found !== null && found.txid !== txid) throw surprise('txid is not the one asked for.')
  return found
}

/**
 * Asks for a recurrence as Efí writes it. Null only for Efí's own "not found".
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findRecurrence(
  client: EfiClient,
  { idRec, txid, signal }: Signalled & { readonly idRec: string; readonly txid?: string | undefined },
): Promise<z.output<typeof recurrence> | null> {
  const call = { method: 'GET', path: ['v2', 'rec', idRec], query: { txid }, signal } as const
  const absent = /^RecNaoEncontrad[oa]$/
  const found = await findOne(client, { call, subject: 'a recurrence', schema: recurrence, absent })
  if (found !== null && found.idRec !== idRec) throw surprise('idRec is not the one asked for.')
  return found
}

/**
 * Asks for the request of a recurrence as Efí writes it. Null only for Efí's own "not found".
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findRequest(
  client: EfiClient,
  { idSolicRec, signal }: Signalled & { readonly idSolicRec: string },
): Promise<z.output<typeof recurrenceRequest> | null> {
  const call = { method: 'GET', path: ['v2', 'solicrec', idSolicRec], signal } as const
  const absent = /^SolicRecNaoEncontrad[oa]$/
  return findOne(client, { call, subject: 'a request', schema: recurrenceRequest, absent })
}
