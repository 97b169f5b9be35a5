/** Recurrences, requests and locations: `/v2/rec`, `/v2/solicrec`, `/v2/locrec`. */
import { type EfiAnswer, json, problem } from '../answers.ts'
import { isCnpj, isCpf } from '../identifiers.ts'
import { asObject, type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { isProblem, readRange, slice } from '../routes/paging.ts'
import { describeRecurrence, describeRecurrenceLocation, describeRequest } from './describe.ts'
import { reach, tellRecurrence } from './life.ts'
import type { RecurrenceLocationRecord, RecurrenceRecord, RequestRecord } from './records.ts'

/** Recurrences and how payers are asked. */
export const recurrenceRoutes: readonly Route[] = [
  { operation: 'rec.create', method: 'POST', path: '/v2/rec', scope: 'rec.write', run: create },
  { operation: 'rec.list', method: 'GET', path: '/v2/rec', scope: 'rec.read', run: list },
  { operation: 'rec.find', method: 'GET', path: '/v2/rec/:idRec', scope: 'rec.read', run: find },
  { operation: 'rec.change', method: 'PATCH', path: '/v2/rec/:idRec', scope: 'rec.write', run: change },
  {
    operation: 'solicrec.create',
    method: 'POST',
    path: '/v2/solicrec',
    scope: 'solicrec.write',
    run: request,
  },
  {
    operation: 'solicrec.find',
    method: 'GET',
    path: '/v2/solicrec/:id',
    scope: 'solicrec.read',
    run: findRequest,
  },
  {
    operation: 'solicrec.change',
    method: 'PATCH',
    path: '/v2/solicrec/:id',
    scope: 'solicrec.write',
    run: cancelRequest,
  },
  {
    operation: 'locrec.create',
    method: 'POST',
    path: '/v2/locrec',
    scope: 'payloadlocationrec.write',
    run: createLocation,
  },
  {
    operation: 'locrec.find',
    method: 'GET',
    path: '/v2/locrec/:id',
    scope: 'payloadlocationrec.read',
    run: (context, call) =>
      withLocation(context, { call, use: (found) => json(200, describeRecurrenceLocation(found)) }),
  },
  {
    operation: 'locrec.release',
    method: 'DELETE',
    path: '/v2/locrec/:id/idRec',
    scope: 'payloadlocationrec.write',
    run: (context, call) => withLocation(context, { call, use: release(context) }),
  },
]

/** A refusal in the Central Bank's form. */
export function refused(status: number, { type, detail }: { type: string; detail: string }): EfiAnswer {
  return problem(status, { type, title: 'Operação inválida.', detail })
}

const invalid = (detail: string) => refused(400, { type: 'RecOperacaoInvalida', detail })
const absent = (type: string) => refused(404, { type, detail: 'Não encontrado para o id informado.' })

const DAY = /^\d{4}-\d{2}-\d{2}$/
const AMOUNT = /^\d{1,10}\.\d{2}$/
const PERIODS = ['SEMANAL', 'MENSAL', 'TRIMESTRAL', 'SEMESTRAL', 'ANUAL']

/** The rule that a recurrence breaks. */
function wrong(body: Readonly<Record<string, unknown>>): string | null {
  const { contrato, devedor } = asObject(body.vinculo) ?? {}
  const { cpf, cnpj, nome } = asObject(devedor) ?? {}
  const { dataInicial, periodicidade } = asObject(body.calendario) ?? {}
  const { valorRec, valorMinimoRecebedor } = asObject(body.valor) ?? {}
  if (typeof contrato !== 'string' || contrato.length > 35) return 'vinculo.contrato é inválido'
  if (!isCpf(cpf) && !isCnpj(cnpj)) return 'vinculo.devedor é inválido'
  if (typeof nome !== 'string' || nome === '') return 'vinculo.devedor.nome é obrigatório'
  if (typeof dataInicial !== 'string' || !DAY.test(dataInicial)) return 'calendario.dataInicial é inválida'
  if (!PERIODS.includes(String(periodicidade))) return 'calendario.periodicidade é inválida'
  if (valorRec !== undefined && valorMinimoRecebedor !== undefined) return 'valor tem dois valores'
  const amounts = [valorRec, valorMinimoRecebedor].filter((value) => value !== undefined)
  if (amounts.some((value) => !AMOUNT.test(String(value)))) return 'valor é inválido'
  const isPolicy = body.politicaRetentativa === 'NAO_PERMITE' || body.politicaRetentativa === 'PERMITE_3R_7D'
  return isPolicy ? null : 'politicaRetentativa é inválida'
}

function create(context: EfiContext, call: Call): EfiAnswer {
  const { state, scheduler, ids } = context
  const body = parseObject(call.body)
  const broken = body === null ? 'o corpo não é um objeto JSON' : wrong(body)
  if (body === null || broken !== null) return invalid(broken ?? '')
  const locationId = typeof body.loc === 'number' ? body.loc : null
  const location = locationId === null ? undefined : state.recurrenceLocations.get(locationId)
  if (locationId !== null && (location === undefined || location.idRec !== null))
    return invalid('loc não está livre')
  const createdAt = scheduler.now()
  const retries = body.politicaRetentativa === 'PERMITE_3R_7D'
  const record: RecurrenceRecord = {
    idRec: ids.idRec(createdAt, retries),
    status: 'CRIADA',
    body,
    locationId,
    createdAt,
    history: [],
    ending: null,
  }
  reach(context, { record, status: 'CRIADA' })
  if (location) location.idRec = record.idRec
  state.recurrences.set(record.idRec, record)
  return json(201, describeRecurrence(context, { record, whole: false }))
}

function find(context: EfiContext, call: Call): EfiAnswer {
  const record = context.state.recurrences.get(call.params.idRec ?? '')
  return record ? json(200, describeRecurrence(context, { record, whole: true })) : absent('RecNaoEncontrada')
}

function list(context: EfiContext, { query }: Call): EfiAnswer {
  const range = readRange(query)
  if (isProblem(range)) return refused(400, { type: 'RecConsultaInvalida', detail: range.razao })
  const document = query.get('cpf') ?? query.get('cnpj')
  const found = [...context.state.recurrences.values()].filter(({ createdAt, status, body }) => {
    const { cpf, cnpj } = asObject(asObject(body.vinculo)?.devedor) ?? {}
    return (
      createdAt >= range.from &&
      createdAt <= range.to &&
      (query.get('status') ?? status) === status &&
      (document === null || document === cpf || document === cnpj)
    )
  })
  const page = slice(found, range)
  const recs = page.items.map((record) => describeRecurrence(context, { record, whole: false }))
  return json(200, { parametros: page.parametros, recs })
}

function change(context: EfiContext, call: Call): EfiAnswer {
  const record = context.state.recurrences.get(call.params.idRec ?? '')
  if (record === undefined) return absent('RecNaoEncontrada')
  const { status, ...parts } = parseObject(call.body) ?? {}
  const isOver = record.status !== 'CRIADA' && record.status !== 'APROVADA'
  if (isOver || (status !== undefined && status !== 'CANCELADA'))
    return invalid('A recorrência não pode ser alterada')
  const vinculo = { ...asObject(record.body.vinculo) }
  const debtor = { ...asObject(vinculo.devedor), ...asObject(asObject(parts.vinculo)?.devedor) }
  const calendario = { ...asObject(record.body.calendario), ...asObject(parts.calendario) }
  const ativacao = parts.ativacao === undefined ? {} : { ativacao: parts.ativacao }
  record.body = { ...record.body, vinculo: { ...vinculo, devedor: debtor }, calendario, ...ativacao }
  if (status === 'CANCELADA') {
    reach(context, { record, status })
    const cancelamento = {
      solicitante: 'USUARIO_RECEBEDOR',
      codigo: 'SLCR',
      descricao: 'Cancelada pelo recebedor',
    }
    record.ending = { cancelamento }
    tellRecurrence(context, record)
  }
  return json(200, describeRecurrence(context, { record, whole: false }))
}

function request(context: EfiContext, call: Call): EfiAnswer {
  const { state, scheduler, ids } = context
  const body = parseObject(call.body) ?? {}
  const recurrence = state.recurrences.get(String(body.idRec))
  const { conta, ispbParticipante } = asObject(body.destinatario) ?? {}
  const isFine = typeof conta === 'string' && /^[0-9A-Z]{8}$/.test(String(ispbParticipante))
  if (recurrence?.status !== 'CRIADA' || !isFine)
    return refused(400, {
      type: 'SolicRecOperacaoInvalida',
      detail: 'A recorrência ou o destinatário é inválido',
    })
  const idSolicRec = ids.idSolicRec(scheduler.now())
  const record: RequestRecord = { idSolicRec, idRec: recurrence.idRec, status: 'CRIADA', body, history: [] }
  reach(context, { record, status: 'CRIADA' })
  reach(context, { record, status: 'ENVIADA' })
  state.requests.set(idSolicRec, record)
  return json(201, describeRequest(record))
}

function findRequest({ state }: EfiContext, call: Call): EfiAnswer {
  const record = state.requests.get(call.params.id ?? '')
  return record ? json(200, describeRequest(record)) : absent('SolicRecNaoEncontrada')
}

function cancelRequest(context: EfiContext, call: Call): EfiAnswer {
  const record = context.state.requests.get(call.params.id ?? '')
  if (record === undefined) return absent('SolicRecNaoEncontrada')
  if (record.status !== 'ENVIADA' || parseObject(call.body)?.status !== 'CANCELADA')
    return refused(400, { type: 'SolicRecOperacaoInvalida', detail: 'A solicitação não pode ser alterada' })
  reach(context, { record, status: 'CANCELADA' })
  return json(201, describeRequest(record))
}

function createLocation({ state, scheduler, ids }: EfiContext): EfiAnswer {
  const id = state.recurrenceLocations.size + 1
  const url = `pix.example.com/rec/${ids.token32()}`
  const record: RecurrenceLocationRecord = { id, url, createdAt: scheduler.now(), idRec: null }
  state.recurrenceLocations.set(id, record)
  return json(201, describeRecurrenceLocation(record))
}

function withLocation(
  { state }: EfiContext,
  { call, use }: { call: Call; use: (found: RecurrenceLocationRecord) => EfiAnswer },
): EfiAnswer {
  const found = state.recurrenceLocations.get(Number(call.params.id))
  return found ? use(found) : absent('PayloadLocationRecNaoEncontrado')
}

const release =
  ({ state }: EfiContext) =>
  (found: RecurrenceLocationRecord): EfiAnswer => {
    const record = state.recurrences.get(found.idRec ?? '')
    if (record) record.locationId = null
    found.idRec = null
    return json(200, describeRecurrenceLocation(found))
  }
