import type { ProviderEvent } from '@lastro/core/spec'
import { findRecurrence, findRecurringCharge } from './automatic/find.ts'
import type { EfiClient } from './client.ts'
import { factsOf } from './facts.ts'
import { END_TO_END_ID } from './id-envio.ts'
import { instantOf } from './instant.ts'
import { EFI_ISPB } from './map.ts'
import { findReceived } from './received.ts'
import { findSent } from './sent.ts'
import { readCobR, readRec } from './translate-automatic.ts'

interface Asking {
  readonly client: EfiClient
  readonly signal?: AbortSignal | undefined
}

type Events = readonly ProviderEvent[]

async function askReceived({ client, signal }: Asking, endToEndId: string): Promise<Events> {
  const pix = await findReceived(client, { endToEndId, signal })
  if (pix === null) return []
  const occurredAt = instantOf(pix.horario)
  return [{ kind: 'payment', ...factsOf(pix), ...(occurredAt === undefined ? {} : { occurredAt }) }]
}

/** By our id, or by the end-to-end id alone. */
async function askSent(
  { client, signal }: Asking,
  ref: { readonly idEnvio: string } | { readonly endToEndId: string },
): Promise<Events> {
  const sent = await findSent(client, { idEnvio: null, ...ref, signal })
  return sent === null ? [] : [{ kind: 'payout', idempotencyKey: null, ...sent }]
}

/** A ref that may be an end-to-end id or our id of a send. A Pix that began at Efí is asked for as a sent one first. */
async function askPix(asking: Asking, ref: string): Promise<Events> {
  if (!END_TO_END_ID.test(ref)) {
    const sent = /^[A-Za-z0-9]{1,35}$/.test(ref) ? await askSent(asking, { idEnvio: ref }) : []
    return sent.length > 0 ? sent : askReceived(asking, ref)
  }
  if (ref.startsWith(`E${EFI_ISPB}`)) {
    const sent = await askSent(asking, { endToEndId: ref })
    if (sent.length > 0) return sent
  }
  return askReceived(asking, ref)
}

async function askRecurringCharge({ client, signal }: Asking, txid: string): Promise<Events> {
  const charge = await findRecurringCharge(client, { txid, signal })
  // A paid charge whose receipts are not told yet would give the hint again: there is nothing new then.
  return charge === null ? [] : readCobR(charge).filter(({ kind }) => kind !== 'hint')
}

async function askRecurrence({ client, signal }: Asking, idRec: string): Promise<Events> {
  const found = await findRecurrence(client, { idRec, signal })
  return found === null ? [] : [readRec(found)]
}

/**
 * Asks Efí for the truth of an event. What cannot be asked for, because nothing names it, gives nothing.
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function lookUp(asking: Asking, event: ProviderEvent): Promise<Events> {
  switch (event.kind) {
    case 'payout':
      return askSent(asking, { idEnvio: event.providerRef })
    case 'payment': {
      const refs = [...(event.receipts ?? [])].map(({ ref }) => ref)
      return (await Promise.all(refs.map((ref) => askReceived(asking, ref)))).flat()
    }
    case 'changed':
      if (event.object === 'recurring_payment') return askRecurringCharge(asking, event.ref)
      return event.object === 'recurring_consent' ? askRecurrence(asking, event.ref) : []
    case 'hint':
      return event.topic === 'cobr' ? askRecurringCharge(asking, event.ref) : askPix(asking, event.ref)
    case 'unrecognised':
      return event.providerRef === undefined ? [] : askPix(asking, event.providerRef)
    case 'ignored':
      return []
  }
}
