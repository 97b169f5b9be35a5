/** What happens to recurrences and their charges, and how the host is told. */
import { receive, tellReceipt } from '../charges/pay.ts'
import type { EfiContext } from '../route.ts'
import { recurrenceNews, recurringChargeNews } from './describe.ts'
import type { AttemptRecord, RecurrenceRecord, RecurringChargeRecord } from './records.ts'

/** Codes with which a rejected attempt ends its charge (BCB). */
const ENDING_CODES: ReadonlySet<string> = new Set([
  'AC05',
  'AM09',
  'DENC',
  'DS27',
  'DTED',
  'MIDI',
  'MSUC',
  'NITX',
  'RC09',
])

/** Writes a status down with its time. */
export function reach<S extends string>(
  { scheduler }: EfiContext,
  {
    record,
    status,
  }: { record: { status: S; readonly history: { status: string; data: string }[] }; status: S },
): void {
  record.status = status
  record.history.push({ status, data: scheduler.now().toISOString() })
}

/** Tells the host of a recurrence. */
export function tellRecurrence({ state, outbox }: EfiContext, record: RecurrenceRecord): void {
  outbox.notify({
    topic: 'rec',
    subject: record.idRec,
    idEnvio: null,
    config: state.automaticWebhooks.get('rec'),
    suffix: 'rec',
    amount: 0n,
    retries: true,
    body: () => ({ recs: [recurrenceNews(record)] }),
  })
}

/** Tells the host of a recurring charge. */
export function tellRecurringCharge(context: EfiContext, record: RecurringChargeRecord): void {
  const { state, outbox } = context
  outbox.notify({
    topic: 'cobr',
    subject: record.txid,
    idEnvio: null,
    config: state.automaticWebhooks.get('cobr'),
    suffix: 'cobr',
    amount: record.amount,
    retries: true,
    body: () => ({ cobsr: [recurringChargeNews(context, record)] }),
  })
}

/** The payer agrees, or does not. @throws Error unless the recurrence waits for it. */
export function answerRecurrence(
  context: EfiContext,
  { record, status }: { record: RecurrenceRecord; status: 'APROVADA' | 'REJEITADA' },
): void {
  if (record.status !== 'CRIADA')
    throw new Error(`The recurrence ${record.idRec} is ${record.status} already.`)
  reach(context, { record, status })
  if (status === 'REJEITADA')
    record.ending = { rejeicao: { codigo: 'AP13', descricao: 'Rejeitada pelo pagador' } }
  for (const request of context.state.requests.values()) {
    if (request.idRec !== record.idRec || request.status !== 'ENVIADA') continue
    reach(context, { record: request, status: status === 'APROVADA' ? 'ACEITA' : 'REJEITADA' })
  }
  tellRecurrence(context, record)
}

function openAttempt(context: EfiContext, record: RecurringChargeRecord): AttemptRecord {
  if (record.status !== 'ATIVA')
    throw new Error(`The charge ${record.txid} is ${record.status}: it is not open.`)
  const last = record.attempts.findLast(({ status }) => status === 'SOLICITADA')
  return last ?? addAttempt(context, { record, date: context.scheduler.now().toISOString().slice(0, 10) })
}

/** A try for a day. */
export function addAttempt(
  context: EfiContext,
  { record, date }: { record: RecurringChargeRecord; date: string },
): AttemptRecord {
  const e2eId = context.ids.payerE2eId(context.scheduler.now())
  const attempt: AttemptRecord = { date, status: 'SOLICITADA', e2eId, history: [], rejection: null }
  reach(context, { record: attempt, status: 'SOLICITADA' })
  record.attempts.push(attempt)
  return attempt
}

/** The payer's bank takes the charge: the money arrives. @throws Error unless the charge is open. */
export function takeCharge(context: EfiContext, record: RecurringChargeRecord): void {
  const attempt = openAttempt(context, record)
  const [key = ''] = context.settings.keys
  const receipt = receive(context, { txid: record.txid, amount: record.amount, key, e2eId: attempt.e2eId })
  record.receipts.push(receipt.e2eId)
  reach(context, { record: attempt, status: 'PAGA' })
  reach(context, { record, status: 'CONCLUIDA' })
  tellRecurringCharge(context, record)
  tellReceipt(context, { receipt })
}

/** The payer's bank refuses this try. Some codes end the charge, the others leave it open. */
export function failCharge(
  context: EfiContext,
  { record, codigo }: { record: RecurringChargeRecord; codigo: string },
): void {
  const attempt = openAttempt(context, record)
  attempt.rejection = { codigo, descricao: 'Rejeitada pelo PSP do pagador' }
  reach(context, { record: attempt, status: 'REJEITADA' })
  if (ENDING_CODES.has(codigo)) {
    reach(context, { record, status: 'REJEITADA' })
    record.ending = { rejeicao: { codigo, descricao: 'Rejeitada pelo PSP do pagador' } }
  }
  tellRecurringCharge(context, record)
}
