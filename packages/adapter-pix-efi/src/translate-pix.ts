import { isProviderError, type ProviderEvent } from '@lastro/core/spec'
import { type PixElement, pixElement, type ReceivedPix } from './api.ts'
import { idEnvioIn, type PixTopic, topicOf } from './body.ts'
import { factsOf } from './facts.ts'
import { instantOf, timeOfRefund } from './instant.ts'
import { amounts, cleanWords, EFI_ISPB, refundStatus, rejectionReason, sendStatus } from './map.ts'

type Unrecognised = Extract<ProviderEvent, { kind: 'unrecognised' }>
type Rejection = { readonly reason: ReturnType<typeof rejectionReason>; readonly detail?: string }

/** What fits no rule: what it is about, why, and the ref by which the provider can be asked, if there is one. */
export function unrecognised(
  topic: string,
  facts: { readonly why: string; readonly ref?: string | null | undefined },
): Unrecognised {
  const { why, ref } = facts
  return {
    kind: 'unrecognised',
    topic,
    detail: why,
    ...(typeof ref === 'string' ? { providerRef: ref } : {}),
  }
}

const isFilled = <T>(value: T): value is NonNullable<T> => value !== null && value !== undefined

const at = (occurredAt: Date | undefined) => (occurredAt === undefined ? {} : { occurredAt })

/** One page writes `gnExtras.erro`, one integration reads `gnExtras.error`. */
function rejectionOf(pix: PixElement): Rejection {
  const rejected = pix.gnExtras?.erro ?? pix.gnExtras?.error
  const detail = cleanWords([rejected?.codigo, rejected?.motivo].filter(isFilled).join(' '))
  return { reason: rejectionReason(rejected?.codigo), ...(detail === '' ? {} : { detail }) }
}

function sentEvent(pix: PixElement): ProviderEvent {
  const topic = 'PIX_ENVIADO'
  const idEnvio = idEnvioIn(pix)
  if (idEnvio === null)
    return unrecognised(topic, { why: 'gnExtras.idEnvio is missing.', ref: pix.endToEndId })
  if (isFilled(pix.tipo) && pix.tipo !== 'SOLICITACAO')
    return unrecognised(topic, { why: 'tipo is new.', ref: idEnvio })
  const status = sendStatus.find(pix.status)
  if (status.kind === 'unseen')
    return unrecognised(topic, { why: `status is ${status.shown}, which is new.`, ref: idEnvio })
  return {
    kind: 'payout',
    idempotencyKey: null,
    providerRef: idEnvio,
    state: status.value,
    amount: amounts.read(pix.valor, 'pix.valor'),
    ...(isFilled(pix.endToEndId) ? { endToEndId: pix.endToEndId } : {}),
    ...(status.value === 'failed' ? rejectionOf(pix) : {}),
    ...at(instantOf(pix.horario)),
  }
}

/** How Efí tells of money that came back to us is not published: the look-up tells it, and the amounts. */
function returnedEvent(pix: PixElement): ProviderEvent {
  const ref = idEnvioIn(pix) ?? pix.endToEndId
  return unrecognised('DEVOLUCAO_RECEBIDA', { why: 'a sent Pix carries devolucoes.', ref })
}

/**
 * True unless the refund is certainly ours. Ids carry the ISPB of who made them: a Pix that started elsewhere was
 * received, so its refund is ours. A Pix that started at Efí may be one we sent, and then the refund came to us.
 */
function mayBeReturnToUs(pix: PixElement): boolean {
  return pix.endToEndId?.startsWith(`E${EFI_ISPB}`) === true && !isFilled(pix.txid)
}

/** The element as a received Pix, or what keeps it from being one. */
function receivedOf(pix: PixElement): ReceivedPix | null {
  return isFilled(pix.endToEndId) && pix.endToEndId !== '' ? { ...pix, endToEndId: pix.endToEndId } : null
}

function receivedEvent(pix: PixElement): ProviderEvent {
  const received = receivedOf(pix)
  if (received === null) return unrecognised('PIX_RECEBIDO', { why: 'endToEndId is missing.' })
  return { kind: 'payment', ...factsOf(received), ...at(instantOf(pix.horario)) }
}

/** The element repeats the receipt, and lists everything that was given back of it so far. */
function refundEvent(pix: PixElement): ProviderEvent {
  const topic = 'DEVOLUCAO_ENVIADA'
  const received = receivedOf(pix)
  if (received === null) return unrecognised(topic, { why: 'endToEndId is missing.' })
  const ref = received.endToEndId
  if (mayBeReturnToUs(pix)) return unrecognised(topic, { why: 'the Pix may be one that we sent.', ref })
  const returns = pix.devolucoes ?? []
  for (const { id, rtrId, status } of returns) {
    const known = refundStatus.find(status)
    if (known.kind === 'unseen')
      return unrecognised(topic, { why: `status is ${known.shown}, which is new.`, ref })
    if (!id && !rtrId) return unrecognised(topic, { why: 'a refund has no id.', ref })
  }
  const times = returns.flatMap(({ horario }) => timeOfRefund(horario) ?? [])
  return { kind: 'payment', ...factsOf(received), ...at(times.sort((a, b) => +b - +a)[0]) }
}

const READERS: Readonly<Record<PixTopic, (pix: PixElement) => ProviderEvent>> = {
  PIX_RECEBIDO: receivedEvent,
  PIX_ENVIADO: sentEvent,
  DEVOLUCAO_ENVIADA: refundEvent,
  DEVOLUCAO_RECEBIDA: returnedEvent,
}

/** What one element of the `pix` list tells. Never throws. */
export function readPix(element: unknown): ProviderEvent {
  const parsed = pixElement.safeParse(element)
  if (!parsed.success) return unrecognised('pix', { why: 'an element is not of a form that Efí documents.' })
  const topic = topicOf(parsed.data)
  try {
    return READERS[topic](parsed.data)
  } catch (error) {
    if (!isProviderError(error)) throw error
    return unrecognised(topic, { why: error.message, ref: idEnvioIn(parsed.data) ?? parsed.data.endToEndId })
  }
}
