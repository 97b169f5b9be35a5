import { parseJson } from '@lastro/adapter-kit'
import { isProviderError, type ProviderEvent } from '@lastro/core/spec'
import { type PixElement, pixElement, type ReturnedPix, webhookBody } from './api.ts'
import { amounts, cleanWords, EFI_ISPB, refundStatus, rejectionReason, sendStatus } from './map.ts'

type Unrecognised = Extract<ProviderEvent, { kind: 'unrecognised' }>
type Nullish<T> = T | null | undefined
type Rejection = { readonly reason: ReturnType<typeof rejectionReason>; readonly detail?: string }

/** What a webhook's body is, before its elements are read. */
export type Body =
  | { readonly kind: 'malformed' }
  | {
      readonly kind: 'known'
      readonly topic: 'pix' | 'rec' | 'cobr' | 'test' | 'unrecognised'
      readonly parts: Parts
    }

interface Parts {
  readonly pix: readonly unknown[]
  readonly recs: readonly unknown[]
  readonly cobsr: readonly unknown[]
  readonly isTest: boolean
}

/** Efí's forms: an object with `pix`, `recs` or `cobsr`, or the test call. Another object is kept for a person. */
export function readBody(bytes: Uint8Array): Body {
  const parsed = parseJson(bytes)
  const body = webhookBody.safeParse(parsed.kind === 'json' ? parsed.value : null)
  if (!body.success) return { kind: 'malformed' }
  const { pix, recs, cobsr, evento } = body.data
  const parts = { pix: pix ?? [], recs: recs ?? [], cobsr: cobsr ?? [], isTest: evento === 'teste_webhook' }
  const topics = [pix && 'pix', recs && 'rec', cobsr && 'cobr', parts.isTest && 'test'] as const
  return { kind: 'known', topic: topics.find((topic) => typeof topic === 'string') ?? 'unrecognised', parts }
}

/** RFC 3339 with a zone; anything else is no time we can state. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

function occurred(value: unknown): { readonly occurredAt?: Date } {
  const ms = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? {} : { occurredAt: new Date(ms) }
}

/** What fits no rule: what it is about, why, and the ref by which the provider can be asked, if there is one. */
function unrecognised(
  topic: string,
  facts: { readonly why: string; readonly ref?: Nullish<string> },
): Unrecognised {
  const { why, ref } = facts
  return {
    kind: 'unrecognised',
    topic,
    detail: why,
    ...(typeof ref === 'string' ? { providerRef: ref } : {}),
  }
}

const idOf = (pix: PixElement): string | null => pix.gnExtras?.idEnvio || null
const isFilled = <T>(value: T): value is NonNullable<T> => value !== null && value !== undefined

/** One page writes `gnExtras.erro`, one integration reads `gnExtras.error`. */
function rejectionOf(pix: PixElement): Rejection {
  const rejected = pix.gnExtras?.erro ?? pix.gnExtras?.error
  const detail = cleanWords([rejected?.codigo, rejected?.motivo].filter(isFilled).join(' '))
  return { reason: rejectionReason(rejected?.codigo), ...(detail === '' ? {} : { detail }) }
}

function sentEvent(pix: PixElement): ProviderEvent {
  const topic = 'pix.sent'
  const idEnvio = idOf(pix)
  if (idEnvio === null)
    return unrecognised(topic, { why: 'gnExtras.idEnvio is missing.', ref: pix.endToEndId })
  if (isFilled(pix.tipo) && pix.tipo !== 'SOLICITACAO')
    return unrecognised(topic, { why: 'tipo is new.', ref: idEnvio })
  // How Efí tells of money that came back is not published: the look-up tells it, and the amounts.
  if (pix.devolucoes?.length)
    return unrecognised(topic, { why: 'a sent Pix carries devolucoes.', ref: idEnvio })
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
    ...occurred(pix.horario),
  }
}

/**
 * True unless the refund is certainly ours. Ids carry the ISPB of who made them: a Pix that started elsewhere was
 * received, so its refund is ours. A Pix that started at Efí may be one we sent, and then the refund came to us.
 */
function mayBeReturnToUs(pix: PixElement): boolean {
  return pix.endToEndId?.startsWith(`E${EFI_ISPB}`) === true && !isFilled(pix.txid)
}

const timeOfRefund = (horario: unknown): unknown =>
  typeof horario === 'object' && horario !== null
    ? (Reflect.get(horario, 'liquidacao') ?? Reflect.get(horario, 'solicitacao'))
    : horario

function refundEvent(pix: PixElement, refund: ReturnedPix): ProviderEvent {
  const topic = 'pix.refund'
  if (!isFilled(pix.endToEndId)) return unrecognised(topic, { why: 'endToEndId is missing.' })
  if (mayBeReturnToUs(pix))
    return unrecognised(topic, { why: 'the Pix may be one that we sent.', ref: pix.endToEndId })
  const status = refundStatus.find(refund.status)
  if (status.kind === 'unseen')
    return unrecognised(topic, { why: `status is ${status.shown}, which is new.`, ref: pix.endToEndId })
  if (status.value === 'pending') return { kind: 'ignored', topic: 'pix.refund.pending' }
  return {
    kind: 'payment',
    providerRef: pix.endToEndId,
    reference: pix.txid ?? null,
    state: status.value,
    amount: amounts.read(refund.valor, 'devolucoes.valor'),
    ...(isFilled(refund.id) ? { refundRef: refund.id } : {}),
    ...occurred(timeOfRefund(refund.horario)),
  }
}

function receivedEvent(pix: PixElement): ProviderEvent {
  if (!isFilled(pix.endToEndId)) return unrecognised('pix', { why: 'endToEndId is missing.' })
  return {
    kind: 'payment',
    providerRef: pix.endToEndId,
    reference: pix.txid ?? null,
    state: 'received',
    amount: amounts.read(pix.valor, 'pix.valor'),
    ...occurred(pix.horario),
  }
}

/** The order matters: a sent Pix read as a received one would credit a debit. */
function elementEvents(pix: PixElement): readonly ProviderEvent[] {
  if (isFilled(pix.tipo) || isFilled(pix.status) || isFilled(idOf(pix))) return [sentEvent(pix)]
  if (pix.devolucoes?.length) return pix.devolucoes.map((refund) => refundEvent(pix, refund))
  return [receivedEvent(pix)]
}

function readElement(element: unknown): readonly ProviderEvent[] {
  const parsed = pixElement.safeParse(element)
  if (!parsed.success)
    return [unrecognised('pix', { why: 'an element is not of a form that Efí documents.' })]
  try {
    return elementEvents(parsed.data)
  } catch (error) {
    if (!isProviderError(error)) throw error
    return [unrecognised('pix', { why: error.message, ref: idOf(parsed.data) ?? parsed.data.endToEndId })]
  }
}

/** What the bytes tell, in our words. Pure, and it never throws: what fits no rule is `unrecognised`. */
export function translate(bytes: Uint8Array): readonly ProviderEvent[] {
  const body = readBody(bytes)
  if (body.kind === 'malformed')
    return [unrecognised('malformed', { why: 'the body is no JSON object of Efí.' })]
  const { pix, recs, cobsr, isTest } = body.parts
  const events = [
    ...pix.flatMap(readElement),
    // Pix Automático is not offered yet: known, counted, never applied.
    ...recs.map(() => ({ kind: 'ignored', topic: 'rec' }) as const),
    ...cobsr.map(() => ({ kind: 'ignored', topic: 'cobr' }) as const),
    ...(isTest ? [{ kind: 'ignored', topic: 'test' } as const] : []),
  ]
  if (body.topic === 'unrecognised')
    return [unrecognised('unrecognised', { why: 'the body has no part that Efí documents.' })]
  return events
}
