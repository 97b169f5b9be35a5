import { parseJson } from '@lastro/adapter-kit'
import { type PixElement, pixElement, webhookBody } from './api.ts'
import { type EventTopic, UNKNOWN_TOPIC } from './event-types.ts'

/** The parts of a webhook's body, unread. */
export interface BodyParts {
  readonly pix: readonly unknown[]
  readonly recs: readonly unknown[]
  readonly cobsr: readonly unknown[]
  readonly isTest: boolean
}

/** What a webhook's body is, before its elements are read. */
export type Body =
  | { readonly kind: 'malformed' }
  | {
      readonly kind: 'known'
      readonly topic: EventTopic | typeof UNKNOWN_TOPIC
      /** The one object that everything in the body is about, or null when there are several or none. */
      readonly subject: string | null
      readonly parts: BodyParts
    }

/** Efí's own kinds of an element of the `pix` list. */
export type PixTopic = Extract<EventTopic, 'PIX_RECEBIDO' | 'PIX_ENVIADO' | `DEVOLUCAO_${string}`>

const isFilled = (value: unknown): boolean => value !== null && value !== undefined

/** Our id of a send, or null. */
export const idEnvioIn = (pix: PixElement): string | null => pix.gnExtras?.idEnvio || null

/**
 * Which of the kinds an element is. The order matters: a sent Pix read as a received one would credit a debit.
 * Efí does not publish how it tells of money that came back to us: a sent element with returns is taken for it.
 */
export function topicOf(pix: PixElement): PixTopic {
  const hasReturns = (pix.devolucoes?.length ?? 0) > 0
  if (isFilled(pix.tipo) || isFilled(pix.status) || idEnvioIn(pix) !== null)
    return hasReturns ? 'DEVOLUCAO_RECEBIDA' : 'PIX_ENVIADO'
  return hasReturns ? 'DEVOLUCAO_ENVIADA' : 'PIX_RECEBIDO'
}

/** The single value that all share, or null. */
function only<T>(values: readonly (T | null | undefined)[]): T | null {
  const [first] = values
  return first !== undefined && values.every((value) => value === first) ? first : null
}

function aboutPix(elements: readonly unknown[]): { topic: EventTopic; subject: string | null } {
  const read = elements.map((element) => pixElement.safeParse(element).data)
  const subjects = read.map((pix) => (pix ? idEnvioIn(pix) || pix.txid || pix.endToEndId : null))
  return { topic: only(read.map((pix) => (pix ? topicOf(pix) : null))) ?? 'pix', subject: only(subjects) }
}

const idIn = (name: 'idRec' | 'txid') => (element: unknown) => {
  const id: unknown = Reflect.get(Object(element), name)
  return typeof id === 'string' && id !== '' ? id : null
}

/** Efí's forms: an object with `pix`, `recs` or `cobsr`, or the test call. Another object is kept for a person. */
export function readBody(bytes: Uint8Array): Body {
  const parsed = parseJson(bytes)
  const body = webhookBody.safeParse(parsed.kind === 'json' ? parsed.value : null)
  if (!body.success) return { kind: 'malformed' }
  const { pix, recs, cobsr, evento } = body.data
  const parts = { pix: pix ?? [], recs: recs ?? [], cobsr: cobsr ?? [], isTest: evento === 'teste_webhook' }
  return { kind: 'known', ...about({ hasPix: isFilled(pix), recs, cobsr, parts }), parts }
}

function about(given: {
  readonly hasPix: boolean
  readonly recs: unknown
  readonly cobsr: unknown
  readonly parts: BodyParts
}): { topic: EventTopic | typeof UNKNOWN_TOPIC; subject: string | null } {
  const { hasPix, recs, cobsr, parts } = given
  if (hasPix) return aboutPix(parts.pix)
  if (isFilled(recs)) return { topic: 'rec', subject: only(parts.recs.map(idIn('idRec'))) }
  if (isFilled(cobsr)) return { topic: 'cobr', subject: only(parts.cobsr.map(idIn('txid'))) }
  return { topic: parts.isTest ? 'teste_webhook' : UNKNOWN_TOPIC, subject: null }
}
