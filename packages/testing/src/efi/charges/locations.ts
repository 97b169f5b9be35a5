/** Where payloads are served: `/v2/loc`. */
import { type EfiAnswer, json, refusal } from '../answers.ts'
import { type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { isProblem, readRange, slice } from '../routes/paging.ts'
import { brCodeOf } from './br-code.ts'
import { describeLocation } from './describe.ts'
import { refuse } from './errors.ts'
import type { LocationRecord } from './records.ts'

const READ = 'payloadlocation.read'
const WRITE = 'payloadlocation.write'

/** The locations. */
export const locationRoutes: readonly Route[] = [
  { operation: 'loc.create', method: 'POST', path: '/v2/loc', scope: WRITE, run: create },
  { operation: 'loc.list', method: 'GET', path: '/v2/loc', scope: READ, run: list },
  {
    operation: 'loc.find',
    method: 'GET',
    path: '/v2/loc/:id',
    scope: READ,
    run: (context, call) =>
      withLocation(context, { call, use: (found) => json(200, describeLocation(found, true)) }),
  },
  {
    operation: 'loc.qrcode',
    method: 'GET',
    path: '/v2/loc/:id/qrcode',
    scope: READ,
    run: (context, call) => withLocation(context, { call, use: draw }),
  },
  {
    operation: 'loc.release',
    method: 'DELETE',
    path: '/v2/loc/:id/txid',
    scope: WRITE,
    run: (context, call) => withLocation(context, { call, use: (found) => release(context, found) }),
  },
]

/** A new location. */
export function createLocation(
  { state, ids, scheduler }: EfiContext,
  kind: LocationRecord['kind'],
): LocationRecord {
  const id = state.locations.size + 1
  const url = `pix.example.com/v2/${kind === 'cob' ? '' : 'cobv/'}${ids.token32()}`
  const record = { id, url, kind, createdAt: scheduler.now(), txid: null }
  state.locations.set(id, record)
  return record
}

function create(context: EfiContext, call: Call): EfiAnswer {
  const kind = parseObject(call.body)?.tipoCob
  if (kind !== 'cob' && kind !== 'cobv')
    return refusal({ status: 400, nome: 'valor_invalido', mensagem: 'O campo tipoCob deve ser cob ou cobv' })
  return json(201, describeLocation(createLocation(context, kind)))
}

function withLocation(
  { state, settings }: EfiContext,
  { call, use }: { call: Call; use: (found: LocationRecord) => EfiAnswer },
): EfiAnswer {
  const found = state.locations.get(Number(call.params.id))
  if (found) return use(found)
  const text = 'Nenhuma location encontrada para o id informado'
  const type = 'PayloadLocationNaoEncontrado'
  return refuse(settings, { shape: 'A', status: 404, nome: 'location_nao_encontrada', type, text })
}

function draw({ url, id }: LocationRecord): EfiAnswer {
  return json(200, {
    qrcode: brCodeOf(url),
    imagemQrcode: `data:image/svg+xml;base64,${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')}`,
    linkVisualizacao: `https://pix.example.com/cob/${id}`,
  })
}

function release({ state }: EfiContext, found: LocationRecord): EfiAnswer {
  const charge = found.txid === null ? undefined : state.charges.get(found.txid)
  if (charge) charge.locationId = null
  found.txid = null
  return json(200, describeLocation(found))
}

function list({ state }: EfiContext, { query }: Call): EfiAnswer {
  const range = readRange(query)
  if (isProblem(range)) return refusal({ status: 400, nome: 'valor_invalido', mensagem: range.razao })
  const found = [...state.locations.values()].filter(
    ({ createdAt, kind, txid }) =>
      createdAt >= range.from &&
      createdAt <= range.to &&
      (query.get('tipoCob') ?? kind) === kind &&
      (query.get('txIdPresente') ?? `${txid !== null}`) === `${txid !== null}`,
  )
  const page = slice(found, range)
  // Efí's SDK calls the list `locs`; the Central Bank's document calls it `loc`.
  return json(200, {
    parametros: page.parametros,
    locs: page.items.map((entry) => describeLocation(entry, true)),
  })
}
