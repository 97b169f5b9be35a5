import { isProviderError, type ProviderEvent } from '@lastro/core/spec'
import type { z } from 'zod'
import { automaticReceipts } from './automatic/receipts.ts'
import { COBR_STATES } from './automatic/states.ts'
import { cobrNews, recNews } from './automatic/wire.ts'
import { namesOf } from './facts.ts'
import { instantOf } from './instant.ts'
import { unrecognised } from './translate-pix.ts'

type Facts = Readonly<Record<string, string | boolean | null>>
type CobRNews = z.output<typeof cobrNews>

/** When the status that counts was reached: the last entry of the history, which comes in order. */
function lastChange(history: CobRNews['atualizacao']): { readonly occurredAt?: Date } {
  const times = (history ?? []).flatMap(({ data }) => instantOf(data) ?? [])
  const occurredAt = times.sort((a, b) => +b - +a)[0]
  return occurredAt === undefined ? {} : { occurredAt }
}

/** Only what was told: codes and ids, never names or documents. */
const told = (facts: Readonly<Record<string, string | null | undefined>>): { readonly facts?: Facts } => {
  const filled = Object.entries(facts).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return filled.length === 0 ? {} : { facts: Object.fromEntries(filled) }
}

const endingOf = (ending: CobRNews['encerramento']) => ({
  code: ending?.rejeicao?.codigo ?? ending?.cancelamento?.codigo,
  by: ending?.cancelamento?.solicitante,
})

/** A recurring consent that changed. Its status is kept in Efí's word. Never throws. */
export function readRec(element: unknown): ProviderEvent {
  const parsed = recNews.safeParse(element)
  if (!parsed.success)
    return unrecognised('rec', { why: 'an element is not of a form that the standard has.' })
  const { idRec, status, atualizacao, ativacao, encerramento } = parsed.data
  return {
    kind: 'changed',
    object: 'recurring_consent',
    ref: idRec,
    change: status,
    status,
    ...told({
      journey: ativacao?.tipoJornada,
      txid: ativacao?.dadosJornada?.txid,
      ...endingOf(encerramento),
    }),
    ...lastChange(atualizacao),
  }
}

/** The last attempt to charge, which says most. */
function attemptOf(charge: CobRNews): Readonly<Record<string, string | null | undefined>> {
  const attempt = charge.tentativas?.at(-1)
  return {
    attempt: attempt?.status,
    attemptDate: attempt?.dataLiquidacao,
    endToEndId: attempt?.endToEndId,
    rejection: attempt?.rejeicao?.codigo,
  }
}

/** What a paid charge tells besides: the receipts, or where they are not told, that they must be asked for. */
function paidEvents(charge: CobRNews): readonly ProviderEvent[] {
  const ask = { kind: 'hint', topic: 'cobr', ref: charge.txid } as const
  if (COBR_STATES[charge.status] !== 'paid') return []
  try {
    const receipts = automaticReceipts(charge.pix ?? [])
    if (receipts.length === 0) return [ask]
    return [
      {
        kind: 'payment',
        ...namesOf(charge.txid),
        state: 'paid',
        receipts,
        ...lastChange(charge.atualizacao),
      },
    ]
  } catch (error) {
    if (!isProviderError(error)) throw error
    return [ask]
  }
}

/** A recurring charge that changed, and a payment once it is paid. Never throws. */
export function readCobR(element: unknown): readonly ProviderEvent[] {
  const parsed = cobrNews.safeParse(element)
  if (!parsed.success)
    return [unrecognised('cobr', { why: 'an element is not of a form that the standard has.' })]
  const charge = parsed.data
  const changed: ProviderEvent = {
    kind: 'changed',
    object: 'recurring_payment',
    ref: charge.txid,
    change: charge.status,
    status: charge.status,
    ...told({ idRec: charge.idRec, ...attemptOf(charge), ...endingOf(charge.encerramento) }),
    ...lastChange(charge.atualizacao),
  }
  return [changed, ...paidEvents(charge)]
}
