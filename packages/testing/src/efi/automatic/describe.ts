/** How Efí writes Pix Automático. */
import { formatAmount } from '../amount.ts'
import { brCodeOf } from '../charges/br-code.ts'
import { describePix } from '../charges/describe.ts'
import { asObject, type EfiContext } from '../route.ts'
import type {
  RecurrenceLocationRecord,
  RecurrenceRecord,
  RecurringChargeRecord,
  RequestRecord,
} from './records.ts'

const RECEIVER = { cnpj: '11222333000181', nome: 'Loja de Teste SA' }

/** A location of a recurrence. */
export function describeRecurrenceLocation({ id, url, createdAt, idRec }: RecurrenceLocationRecord): object {
  return { id, location: url, criacao: createdAt.toISOString(), ...(idRec === null ? {} : { idRec }) }
}

/** How the payer agrees follows from what the recurrence was made with. */
function journeyOf({ body, locationId }: RecurrenceRecord): string {
  if (body.ativacao !== undefined) return 'JORNADA_3'
  return locationId === null ? 'AGUARDANDO_DEFINICAO' : 'JORNADA_2'
}

/** A recurrence; `whole` as a look-up tells it. */
export function describeRecurrence(
  { state }: EfiContext,
  { record, whole }: { readonly record: RecurrenceRecord; readonly whole: boolean },
): object {
  const { loc: _, ativacao, ...body } = record.body
  const location = record.locationId === null ? undefined : state.recurrenceLocations.get(record.locationId)
  const journey = journeyOf(record)
  const code =
    whole && location ? { dadosQR: { jornada: journey, pixCopiaECola: brCodeOf(null, location.url) } } : {}
  return {
    ...body,
    idRec: record.idRec,
    status: record.status,
    recebedor: RECEIVER,
    ...(location ? { loc: describeRecurrenceLocation(location) } : {}),
    ativacao: { ...asObject(ativacao), tipoJornada: journey },
    atualizacao: record.history,
    ...(record.ending === null ? {} : { encerramento: record.ending }),
    ...code,
  }
}

/** What a webhook tells of a recurrence. */
export function recurrenceNews(record: RecurrenceRecord): object {
  return {
    idRec: record.idRec,
    status: record.status,
    atualizacao: record.history,
    ativacao: { tipoJornada: journeyOf(record) },
    ...(record.ending === null ? {} : { encerramento: record.ending }),
  }
}

/** A request to the payer. */
export function describeRequest({ idSolicRec, status, body, history }: RequestRecord): object {
  return { ...body, idSolicRec, status, atualizacao: history }
}

function attemptsOf({ attempts }: RecurringChargeRecord): object {
  if (attempts.length === 0) return {}
  const tentativas = attempts.map(({ date, status, e2eId, history, rejection }) => ({
    dataLiquidacao: date,
    tipo: 'AGND',
    status,
    endToEndId: e2eId,
    atualizacao: history,
    ...(rejection === null ? {} : { rejeicao: rejection }),
  }))
  return { tentativas }
}

function pixOf({ settings, state }: EfiContext, { receipts }: RecurringChargeRecord): object {
  const pix = receipts.flatMap((e2eId) => {
    const receipt = state.received.get(e2eId)
    if (receipt === undefined) return []
    const text = formatAmount(receipt.amount)
    const valor = settings.recurringAmountAs === 'text' ? text : { original: { valor: text } }
    return [{ ...describePix(receipt), valor }]
  })
  return pix.length === 0 ? {} : { pix }
}

/** A recurring charge; `whole` as a look-up tells it. */
export function describeRecurringCharge(
  context: EfiContext,
  { record, whole }: { readonly record: RecurringChargeRecord; readonly whole: boolean },
): object {
  const { body } = record
  return {
    ...body,
    calendario: { ...asObject(body.calendario), criacao: record.createdAt.toISOString().slice(0, 10) },
    recebedor: { ...RECEIVER, ...asObject(body.recebedor) },
    txid: record.txid,
    status: record.status,
    politicaRetentativa: 'PERMITE_3R_7D',
    atualizacao: record.history,
    ...(record.ending === null ? {} : { encerramento: record.ending }),
    ...(whole ? { ...attemptsOf(record), ...pixOf(context, record) } : {}),
  }
}

/** What a webhook tells of a recurring charge. */
export function recurringChargeNews(context: EfiContext, record: RecurringChargeRecord): object {
  return {
    idRec: record.idRec,
    txid: record.txid,
    status: record.status,
    atualizacao: record.history,
    ...(record.ending === null ? {} : { encerramento: record.ending }),
    ...attemptsOf(record),
    ...(context.settings.pixInRecurringNews ? pixOf(context, record) : {}),
  }
}
