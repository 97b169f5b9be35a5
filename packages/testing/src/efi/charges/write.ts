/** Making and changing charges: `POST /v2/cob`, `PUT` and `PATCH /v2/cob/:txid`, the same for `cobv`. */
import { parseAmount } from '../amount.ts'
import { type EfiAnswer, json } from '../answers.ts'
import { asObject, type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { describeCharge } from './describe.ts'
import { refuse, TYPE_OF } from './errors.ts'
import { createLocation } from './locations.ts'
import { payLater } from './pay.ts'
import type { ChargeRecord, LocationRecord } from './records.ts'
import { type Broken, wrongCharge } from './validate.ts'

type Kind = ChargeRecord['kind']

const TXID = /^[a-zA-Z0-9]{26,35}$/
const REMOVED = 'REMOVIDA_PELO_USUARIO_RECEBEDOR'

const routesOf = (kind: Kind): readonly Route[] => [
  {
    operation: 'charge.create',
    method: 'PUT',
    path: `/v2/${kind}/:txid`,
    scope: `${kind}.write`,
    run: (context, call) => create(context, { kind, txid: call.params.txid ?? '', call }),
  },
  {
    operation: 'charge.change',
    method: 'PATCH',
    path: `/v2/${kind}/:txid`,
    scope: `${kind}.write`,
    run: (context, call) => change(context, { kind, call }),
  },
]

/** Writing both kinds of charge. Only an immediate one may leave its txid to Efí. */
export const chargeWriteRoutes: readonly Route[] = [
  {
    operation: 'charge.create',
    method: 'POST',
    path: '/v2/cob',
    scope: 'cob.write',
    run: (context, call) => create(context, { kind: 'cob', txid: context.ids.txid(), call }),
  },
  ...routesOf('cob'),
  ...routesOf('cobv'),
]

const shapeOf = (kind: Kind) => (kind === 'cob' ? 'A' : 'B')

function invalid({ settings }: EfiContext, { kind, field, text }: Broken & { kind: Kind }): EfiAnswer {
  const nome = field === 'chave' ? 'chave_invalida' : 'valor_invalido'
  const type = `${TYPE_OF[kind]}OperacaoInvalida`
  return refuse(settings, {
    shape: shapeOf(kind),
    status: 400,
    nome,
    type,
    text: `O campo ${field} ${text}`,
    field,
  })
}

/** A used txid stays used, whatever became of the charge: that is what makes it safe to ask again. */
function duplicate({ settings }: EfiContext, kind: Kind): EfiAnswer {
  const text = 'O campo txid informado já foi utilizado em outra cobrança'
  const type = `${TYPE_OF[kind]}OperacaoInvalida`
  return refuse(settings, { shape: 'A', status: 409, nome: 'txid_duplicado', type, text, field: 'txid' })
}

/** The location that is asked for, a new one, or null for one that does not fit. */
function takeLocation(
  context: EfiContext,
  { kind, wanted }: { kind: Kind; wanted: unknown },
): LocationRecord | null {
  if (wanted === undefined) return createLocation(context, kind)
  const found = context.state.locations.get(Number(asObject(wanted)?.id))
  return found?.kind === kind ? found : null
}

function create(
  context: EfiContext,
  { kind, txid, call }: { kind: Kind; txid: string; call: Call },
): EfiAnswer {
  const { settings, state, scheduler } = context
  if (!TXID.test(txid))
    return invalid(context, { kind, field: 'txid', text: 'deve respeitar ^[a-zA-Z0-9]{26,35}$' })
  if (state.charges.has(txid) || state.recurringCharges.has(txid)) return duplicate(context, kind)
  const parsed = parseObject(call.body)
  if (parsed === null) return invalid(context, { kind, field: 'body', text: 'não é um objeto JSON' })
  const { loc, ...body } = parsed
  const now = scheduler.now()
  const wrong = wrongCharge(body, { kind, settings, now })
  if (wrong !== null) return invalid(context, { kind, ...wrong })
  const location = takeLocation(context, { kind, wanted: loc })
  if (location === null) return invalid(context, { kind, field: 'loc.id', text: 'não existe para este tipo' })
  location.txid = txid
  const record: ChargeRecord = {
    txid,
    kind,
    status: 'ATIVA',
    revision: 0,
    createdAt: now,
    body,
    amount: parseAmount(asObject(body.valor)?.original) ?? 0n,
    locationId: location.id,
    receipts: [],
    visibleAt: now,
  }
  state.charges.set(txid, record)
  payLater(context, record)
  return json(201, describeCharge(record, { location, withCode: true, withPix: false }))
}

/** Removing is said alone; everything else replaces the parts that are named. */
function change(context: EfiContext, { kind, call }: { kind: Kind; call: Call }): EfiAnswer {
  const { settings, state } = context
  const record = state.charges.get(call.params.txid ?? '')
  if (record?.kind !== kind) return noCharge(context, kind)
  if (record.status !== 'ATIVA') {
    const text = 'A cobrança não está mais com o status ATIVA'
    const type = `${TYPE_OF[kind]}OperacaoInvalida`
    return refuse(settings, {
      shape: shapeOf(kind),
      status: 400,
      nome: 'status_cobranca_invalido',
      type,
      text,
    })
  }
  const { status, loc, ...parts } = parseObject(call.body) ?? {}
  if (status !== undefined && (status !== REMOVED || Object.keys(parts).length > 0 || loc !== undefined))
    return invalid(context, { kind, field: 'status', text: `só pode ser ${REMOVED}, e sozinho` })
  const body = { ...record.body, ...parts }
  const wrong = status === undefined ? wrongCharge(body, { kind, settings, now: record.createdAt }) : null
  if (wrong !== null) return invalid(context, { kind, ...wrong })
  const location =
    loc === undefined ? locationOf(context, record) : takeLocation(context, { kind, wanted: loc })
  if (loc !== undefined && location === null)
    return invalid(context, { kind, field: 'loc.id', text: 'não existe para este tipo' })
  if (loc !== undefined && location !== null) {
    const before = locationOf(context, record)
    if (before !== null) before.txid = null
    location.txid = record.txid
    record.locationId = location.id
  }
  record.body = body
  record.amount = parseAmount(asObject(body.valor)?.original) ?? record.amount
  if (status === REMOVED) record.status = REMOVED
  record.revision += 1
  return json(200, describeCharge(record, { location, withCode: true, withPix: false }))
}

/** Where a charge is served now. */
export function locationOf({ state }: EfiContext, { locationId }: ChargeRecord): LocationRecord | null {
  return locationId === null ? null : (state.locations.get(locationId) ?? null)
}

/** Efí says 400 for an immediate charge, and the Central Bank's way for one with a due date. */
export function noCharge({ settings }: EfiContext, kind: Kind): EfiAnswer {
  const text = 'Nenhuma cobrança encontrada para o txid informado'
  const type = kind === 'cob' ? 'CobNaoEncontrado' : 'CobVNaoEncontrada'
  return refuse(settings, { shape: shapeOf(kind), status: 400, nome: 'cobranca_nao_encontrada', type, text })
}
