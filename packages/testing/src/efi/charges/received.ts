/** Looking at what was received: `GET /v2/pix/:e2eId` and the list. */
import { type EfiAnswer, json } from '../answers.ts'
import type { Call, EfiContext, Route } from '../route.ts'
import { isProblem, readRange, slice } from '../routes/paging.ts'
import { describePix } from './describe.ts'
import { refuse } from './errors.ts'

/** One received Pix, and the list. */
export const receivedRoutes: readonly Route[] = [
  { operation: 'pix.find_received', method: 'GET', path: '/v2/pix/:e2eId', scope: 'pix.read', run: find },
  { operation: 'pix.list_received', method: 'GET', path: '/v2/pix', scope: 'pix.read', run: list },
]

function find({ settings, state }: EfiContext, call: Call): EfiAnswer {
  const receipt = state.received.get(call.params.e2eId ?? '')
  if (receipt) return json(200, describePix(receipt))
  const text = 'O Pix não foi encontrado'
  return refuse(settings, {
    shape: 'A',
    status: 400,
    nome: 'pix_nao_encontrado',
    type: 'PixNaoEncontrado',
    text,
  })
}

function list({ settings, state }: EfiContext, { query }: Call): EfiAnswer {
  const range = readRange(query)
  if (isProblem(range)) {
    const { razao: text, propriedade: field } = range
    const type = 'PixConsultaInvalida'
    return refuse(settings, { shape: 'A', status: 400, nome: 'valor_invalido', type, text, field })
  }
  const found = [...state.received.values()].filter(
    ({ at, txid, refunds }) =>
      at >= range.from &&
      at <= range.to &&
      (query.get('txid') ?? txid) === txid &&
      (query.get('txIdPresente') ?? `${txid !== null}`) === `${txid !== null}` &&
      (query.get('devolucaoPresente') ?? `${refunds.length > 0}`) === `${refunds.length > 0}`,
  )
  const page = slice(found, range)
  return json(200, { parametros: page.parametros, pix: page.items.map((receipt) => describePix(receipt)) })
}
