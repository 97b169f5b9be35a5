/** Looking up what was sent: by end-to-end id, by idEnvio, and as a list. */
import { formatAmount } from '../amount.ts'
import { type EfiAnswer, json, problem } from '../answers.ts'
import type { Payee } from '../records.ts'
import type { Call, EfiContext, Route } from '../route.ts'
import type { SendRecord } from '../state.ts'
import { isProblem, readRange, slice } from './paging.ts'

const SCOPE = 'gn.pix.send.read'

/** The look-ups and the list. */
export const sentRoutes: readonly Route[] = [
  {
    operation: 'pix.find_by_id',
    method: 'GET',
    path: '/v2/gn/pix/enviados/id-envio/:idEnvio',
    scope: SCOPE,
    run: (context, { params }) =>
      find(context, { name: 'idEnvio', is: (sent) => sent.idEnvio === params.idEnvio }),
  },
  {
    operation: 'pix.find_by_e2e',
    method: 'GET',
    path: '/v2/gn/pix/enviados/:e2eId',
    scope: SCOPE,
    run: (context, { params }) => find(context, { name: 'e2eId', is: (sent) => sent.e2eId === params.e2eId }),
  },
  { operation: 'pix.list_sent', method: 'GET', path: '/v2/gn/pix/enviados', scope: SCOPE, run: list },
]

function find(context: EfiContext, wanted: { name: string; is: (sent: SendRecord) => boolean }): EfiAnswer {
  const sent = visible(context).find(wanted.is)
  if (sent) return json(200, describe(sent))
  return problem(404, {
    type: 'PixEnviadoNaoEncontrado',
    title: 'Não Encontrado',
    detail: `Pix enviado não encontrado para o ${wanted.name} informado.`,
  })
}

function list(context: EfiContext, { query }: Call): EfiAnswer {
  const range = readRange(query)
  if (isProblem(range)) {
    return problem(400, {
      type: 'PixConsultaInvalida',
      title: 'Consulta inválida.',
      detail: 'Os parâmetros de consulta não respeitam o schema ou não fazem sentido semanticamente.',
      violacoes: [range],
    })
  }
  const wanted = { status: query.get('status'), cpf: query.get('cpf'), cnpj: query.get('cnpj') }
  const sends = visible(context).filter(
    ({ requestedAt, status, payee }) =>
      requestedAt >= range.from &&
      requestedAt <= range.to &&
      (wanted.status === null || wanted.status === status) &&
      (wanted.cpf === null || wanted.cpf === payee.cpf) &&
      (wanted.cnpj === null || wanted.cnpj === payee.cnpj),
  )
  const page = slice(sends, range)
  return json(200, { parametros: page.parametros, pix: page.items.map(describe) })
}

function visible({ state, scheduler }: EfiContext): SendRecord[] {
  const now = scheduler.now()
  return [...state.sends.values()].filter((sent) => sent.visibleAt <= now)
}

function describe(sent: SendRecord): object {
  return {
    endToEndId: sent.e2eId,
    idEnvio: sent.idEnvio,
    valor: formatAmount(sent.amount),
    chave: sent.payerKey,
    status: sent.status,
    ...(sent.description === null ? {} : { infoPagador: sent.description }),
    horario: {
      solicitacao: sent.requestedAt.toISOString(),
      ...(sent.status === 'REALIZADO' && sent.settledAt ? { liquidacao: sent.settledAt.toISOString() } : {}),
    },
    favorecido: describePayee(sent.payee),
    ...(sent.returns.length === 0 ? {} : { devolucoes: sent.returns.map(describeReturn) }),
  }
}

function describeReturn({ rtrId, amount, at }: SendRecord['returns'][number]): object {
  return { rtrId, valor: formatAmount(amount), horario: at.toISOString() }
}

function describePayee({ chave, nome, cpf, cnpj, conta }: Payee): object {
  const document = cpf === undefined ? { cnpj: maskCnpj(cnpj ?? '') } : { cpf: maskCpf(cpf) }
  if (conta === undefined) return { chave, identificacao: { nome, ...document } }
  // The request says `cacc` and the answer says `corrente`. The word for savings is a guess.
  const tipoConta = conta.tipoConta === 'cacc' ? 'corrente' : 'poupanca'
  return { contaBanco: { nome, ...document, ...conta, tipoConta } }
}

function maskCpf(cpf: string): string {
  return `***.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-**`
}

function maskCnpj(cnpj: string): string {
  return `**.${cnpj.slice(2, 5)}.${cnpj.slice(5, 8)}/${cnpj.slice(8, 12)}-**`
}
