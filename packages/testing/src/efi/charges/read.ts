/** Reading charges: `GET /v2/cob/:txid`, `GET /v2/cob`, the same for `cobv`. */
import { type EfiAnswer, json } from '../answers.ts'
import { asObject, type Call, type EfiContext, type Route } from '../route.ts'
import { isProblem, readRange, slice } from '../routes/paging.ts'
import { describeCharge } from './describe.ts'
import { refuse, TYPE_OF } from './errors.ts'
import type { ChargeRecord } from './records.ts'
import { locationOf, noCharge } from './write.ts'

type Kind = ChargeRecord['kind']

const routesOf = (kind: Kind): readonly Route[] => [
  {
    operation: 'charge.find',
    method: 'GET',
    path: `/v2/${kind}/:txid`,
    scope: `${kind}.read`,
    run: (context, call) => find(context, { kind, call }),
  },
  {
    operation: 'charge.list',
    method: 'GET',
    path: `/v2/${kind}`,
    scope: `${kind}.read`,
    run: (context, call) => list(context, { kind, call }),
  },
]

/** Reading both kinds of charge. */
export const chargeReadRoutes: readonly Route[] = [...routesOf('cob'), ...routesOf('cobv')]

function describe(context: EfiContext, record: ChargeRecord): object {
  const withCode = context.settings.codeInLaterAnswers
  return describeCharge(record, { location: locationOf(context, record), withCode, withPix: true })
}

function find(context: EfiContext, { kind, call }: { kind: Kind; call: Call }): EfiAnswer {
  const record = context.state.charges.get(call.params.txid ?? '')
  const isSeen = record?.kind === kind && record.visibleAt <= context.scheduler.now()
  return isSeen ? json(200, describe(context, record)) : noCharge(context, kind)
}

function list(context: EfiContext, { kind, call }: { kind: Kind; call: Call }): EfiAnswer {
  const { settings, state, scheduler } = context
  const { query } = call
  const range = readRange(query)
  if (isProblem(range)) {
    const { razao: text, propriedade: field } = range
    const type = `${TYPE_OF[kind]}ConsultaInvalida`
    const shape = kind === 'cob' ? 'A' : 'B'
    return refuse(settings, { shape, status: 400, nome: 'valor_invalido', type, text, field })
  }
  const now = scheduler.now()
  const document = query.get('cpf') ?? query.get('cnpj')
  const found = [...state.charges.values()].filter((charge) => {
    const { cpf, cnpj } = asObject(charge.body.devedor) ?? {}
    return (
      charge.kind === kind &&
      charge.visibleAt <= now &&
      charge.createdAt >= range.from &&
      charge.createdAt <= range.to &&
      (query.get('status') ?? charge.status) === charge.status &&
      (document === null || document === cpf || document === cnpj) &&
      (query.get('locationPresente') ?? `${charge.locationId !== null}`) === `${charge.locationId !== null}`
    )
  })
  const page = slice(found, range)
  return json(200, {
    parametros: page.parametros,
    cobs: page.items.map((charge) => describe(context, charge)),
  })
}
