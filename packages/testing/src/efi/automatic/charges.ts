/** Recurring charges: `/v2/cobr`, and the webhooks of Pix Automático. */
import { parseAmount } from '../amount.ts'
import { type EfiAnswer, empty, json } from '../answers.ts'
import { asObject, type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { isProblem, readRange, slice } from '../routes/paging.ts'
import { readWebhookUrl } from '../routes/webhook-config.ts'
import { describeRecurringCharge } from './describe.ts'
import { addAttempt, reach, tellRecurringCharge } from './life.ts'
import type { RecurringChargeRecord } from './records.ts'
import { refused } from './routes.ts'

const READ = 'cobr.read'
const WRITE = 'cobr.write'
const TXID = /^[a-zA-Z0-9]{26,35}$/
const DAY = /^\d{4}-\d{2}-\d{2}$/
const ACCOUNTS = ['CORRENTE', 'POUPANCA', 'PAGAMENTO']
const RETRIES = 3

const webhookRoutes = (kind: 'rec' | 'cobr'): readonly Route[] => {
  const path = `/v2/webhook${kind}`
  const at = (method: Route['method'], run: Route['run']): Route => ({
    operation: `webhook${kind}.${method === 'PUT' ? 'put' : method === 'GET' ? 'get' : 'delete'}`,
    method,
    path,
    scope: `webhook${kind}.${method === 'GET' ? 'read' : 'write'}`,
    run,
  })
  return [
    at('PUT', (context, call) => configure(context, { kind, call })),
    at('GET', ({ state }) => {
      const config = state.automaticWebhooks.get(kind)
      if (config === undefined) return absent('WebhookNaoEncontrado')
      return json(200, { webhookUrl: config.webhookUrl, criacao: config.criacao.toISOString() })
    }),
    at('DELETE', ({ state }) =>
      state.automaticWebhooks.delete(kind) ? empty(204) : absent('WebhookNaoEncontrado'),
    ),
  ]
}

/** Recurring charges, and where news of Pix Automático goes. */
export const recurringChargeRoutes: readonly Route[] = [
  {
    operation: 'cobr.create',
    method: 'POST',
    path: '/v2/cobr',
    scope: WRITE,
    run: (context, call) => create(context, { txid: context.ids.txid(), call }),
  },
  {
    operation: 'cobr.create',
    method: 'PUT',
    path: '/v2/cobr/:txid',
    scope: WRITE,
    run: (context, call) => create(context, { txid: call.params.txid ?? '', call }),
  },
  { operation: 'cobr.list', method: 'GET', path: '/v2/cobr', scope: READ, run: list },
  { operation: 'cobr.find', method: 'GET', path: '/v2/cobr/:txid', scope: READ, run: find },
  { operation: 'cobr.change', method: 'PATCH', path: '/v2/cobr/:txid', scope: WRITE, run: cancel },
  {
    operation: 'cobr.retry',
    method: 'POST',
    path: '/v2/cobr/:txid/retentativa/:data',
    scope: WRITE,
    run: retry,
  },
  ...webhookRoutes('rec'),
  ...webhookRoutes('cobr'),
]

const invalid = (detail: string) => refused(400, { type: 'CobROperacaoInvalida', detail })
const absent = (type: string) => refused(404, { type, detail: 'Não encontrado para o id informado.' })

function wrong({ state }: EfiContext, body: Readonly<Record<string, unknown>>): string | null {
  const { dataDeVencimento } = asObject(body.calendario) ?? {}
  const { conta, tipoConta } = asObject(body.recebedor) ?? {}
  const cents = parseAmount(asObject(body.valor)?.original)
  if (state.recurrences.get(String(body.idRec))?.status !== 'APROVADA')
    return 'a recorrência não está APROVADA'
  if (typeof dataDeVencimento !== 'string' || !DAY.test(dataDeVencimento))
    return 'dataDeVencimento é inválida'
  if (cents === null || cents === 0n) return 'valor.original é inválido'
  if (typeof body.ajusteDiaUtil !== 'boolean') return 'ajusteDiaUtil é obrigatório'
  return typeof conta === 'string' && ACCOUNTS.includes(String(tipoConta)) ? null : 'recebedor é inválido'
}

function create(context: EfiContext, { txid, call }: { txid: string; call: Call }): EfiAnswer {
  const { state, scheduler } = context
  if (!TXID.test(txid)) return invalid('txid é inválido')
  if (state.recurringCharges.has(txid) || state.charges.has(txid))
    return invalid('O txid informado já foi utilizado em outra cobrança')
  const body = parseObject(call.body) ?? {}
  const broken = wrong(context, body)
  if (broken !== null) return invalid(broken)
  const now = scheduler.now()
  const record: RecurringChargeRecord = {
    txid,
    idRec: String(body.idRec),
    status: 'CRIADA',
    body,
    amount: parseAmount(asObject(body.valor)?.original) ?? 0n,
    createdAt: now,
    history: [],
    attempts: [],
    receipts: [],
    ending: null,
    visibleAt: now,
  }
  reach(context, { record, status: 'CRIADA' })
  state.recurringCharges.set(txid, record)
  const answer = json(201, describeRecurringCharge(context, { record, whole: false }))
  reach(context, { record, status: 'ATIVA' })
  return answer
}

function find(context: EfiContext, call: Call): EfiAnswer {
  const record = context.state.recurringCharges.get(call.params.txid ?? '')
  if (record === undefined || record.visibleAt > context.scheduler.now()) return absent('CobRNaoEncontrado')
  return json(200, describeRecurringCharge(context, { record, whole: true }))
}

function list(context: EfiContext, { query }: Call): EfiAnswer {
  const range = readRange(query)
  if (isProblem(range)) return refused(400, { type: 'CobRConsultaInvalida', detail: range.razao })
  const found = [...context.state.recurringCharges.values()].filter(
    ({ createdAt, idRec, status }) =>
      createdAt >= range.from &&
      createdAt <= range.to &&
      (query.get('idRec') ?? idRec) === idRec &&
      (query.get('status') ?? status) === status,
  )
  const page = slice(found, range)
  const cobsr = page.items.map((record) => describeRecurringCharge(context, { record, whole: true }))
  return json(200, { parametros: page.parametros, cobsr })
}

function cancel(context: EfiContext, call: Call): EfiAnswer {
  const record = context.state.recurringCharges.get(call.params.txid ?? '')
  if (record === undefined) return absent('CobRNaoEncontrado')
  const isOpen = record.status === 'CRIADA' || record.status === 'ATIVA'
  if (!isOpen || parseObject(call.body)?.status !== 'CANCELADA')
    return invalid('A cobrança não pode ser cancelada')
  reach(context, { record, status: 'CANCELADA' })
  const cancelamento = {
    solicitante: 'USUARIO_RECEBEDOR',
    codigo: 'SLCR',
    descricao: 'Cancelada pelo recebedor',
  }
  record.ending = { cancelamento }
  tellRecurringCharge(context, record)
  return json(200, describeRecurringCharge(context, { record, whole: true }))
}

/** Three more tries, one for each day. */
function retry(context: EfiContext, call: Call): EfiAnswer {
  const record = context.state.recurringCharges.get(call.params.txid ?? '')
  const date = call.params.data ?? ''
  if (record === undefined) return absent('CobRNaoEncontrado')
  const isUsed = record.attempts.some((attempt) => attempt.date === date)
  if (record.status !== 'ATIVA' || !DAY.test(date) || isUsed || record.attempts.length > RETRIES)
    return invalid('A retentativa não é permitida')
  addAttempt(context, { record, date })
  return json(201, describeRecurringCharge(context, { record, whole: true }))
}

async function configure(
  context: EfiContext,
  { kind, call }: { kind: 'rec' | 'cobr'; call: Call },
): Promise<EfiAnswer> {
  const read = await readWebhookUrl(context, { call, chave: '' })
  if ('answer' in read) return read.answer
  context.state.automaticWebhooks.set(kind, read.config)
  return json(200, { webhookUrl: read.config.webhookUrl })
}
