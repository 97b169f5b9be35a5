/** Claims of fraud (MED): `GET /v2/gn/infracoes` and the defence. */
import { type EfiAnswer, json, problem } from '../answers.ts'
import { type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { isProblem, readRange, slice } from '../routes/paging.ts'
import { describeClaim } from './describe.ts'
import type { ClaimRecord, ReceivedRecord } from './records.ts'
import { add, leftToRefund, settleRefund } from './refunds.ts'

const WEEK_MS = 7 * 86_400_000

/** The list and the defence. In the sandbox both answer with a server error, as at Efí. */
export const claimRoutes: readonly Route[] = [
  { operation: 'med.list', method: 'GET', path: '/v2/gn/infracoes', scope: 'gn.infractions.read', run: list },
  {
    operation: 'med.defend',
    method: 'POST',
    path: '/v2/gn/infracoes/:id/defesa',
    scope: 'gn.infractions.write',
    run: defend,
  },
]

/** A payer claims fraud: the money is held back. Answers with the claim's id. */
export function openClaim(
  { state, scheduler, ids }: EfiContext,
  { receipt, amount, reason }: { receipt: ReceivedRecord; amount: bigint; reason: string },
): string {
  const openedAt = scheduler.now()
  const respondBy = new Date(openedAt.getTime() + WEEK_MS)
  const id = ids.uuid()
  const facts = { id, e2eId: receipt.e2eId, amount, reason, openedAt, respondBy }
  state.claims.set(id, { ...facts, status: 'ABERTA', defence: null, updatedAt: openedAt })
  return id
}

/** The claim is decided. One that is accepted takes the money back, and the host is told as of a refund. */
export function closeClaim(
  context: EfiContext,
  { claim, status }: { claim: ClaimRecord; status: 'ACEITA' | 'REJEITADA' | 'CANCELADA_EFI' },
): void {
  if (claim.status !== 'ABERTA' && claim.status !== 'EM_DEFESA')
    throw new Error(`The claim ${claim.id} is ${claim.status} already.`)
  const { state, scheduler, ids } = context
  claim.status = status
  claim.updatedAt = scheduler.now()
  const receipt = state.received.get(claim.e2eId)
  if (status !== 'ACEITA' || receipt === undefined) return
  const left = leftToRefund(receipt)
  const amount = claim.amount < left ? claim.amount : left
  if (amount === 0n) return
  const id = ids.token32()
  const rtrId = ids.refundRtrId(claim.updatedAt)
  const refund = add(context, { receipt, id, rtrId, amount, nature: 'MED_FRAUDE', description: null })
  settleRefund(context, { receipt, refund, reason: null })
}

/** Cents that claims hold back now. */
export function blockedByClaims({ state }: EfiContext): bigint {
  const open = [...state.claims.values()].filter(
    ({ status }) => status === 'ABERTA' || status === 'EM_DEFESA',
  )
  return open.reduce((sum, { amount }) => sum + amount, 0n)
}

const error = (status: number, { type, detail }: { type: string; detail: string }): EfiAnswer =>
  problem(status, { type, title: 'Infração', detail })

const disabled = () =>
  error(500, {
    type: 'InfracaoErroInterno',
    detail: 'Funcionalidade desabilitada em ambiente de homologação.',
  })

function list({ settings, state }: EfiContext, { query }: Call): EfiAnswer {
  if (settings.homologation) return disabled()
  const range = readRange(query)
  if (isProblem(range)) return error(400, { type: 'InfracoesConsultaInvalida', detail: range.razao })
  const found = [...state.claims.values()].filter(
    ({ openedAt }) => openedAt >= range.from && openedAt <= range.to,
  )
  const page = slice(found, range)
  const infracoes = page.items.flatMap((claim) => {
    const receipt = state.received.get(claim.e2eId)
    return receipt ? [describeClaim(claim, receipt)] : []
  })
  return json(200, { parametros: page.parametros, infracoes })
}

function defend({ settings, state, scheduler }: EfiContext, call: Call): EfiAnswer {
  if (settings.homologation) return disabled()
  const claim = state.claims.get(call.params.id ?? '')
  if (claim === undefined)
    return error(404, { type: 'InfracaoNaoEncontrada', detail: 'Infração não encontrada.' })
  const { analise, justificativa } = parseObject(call.body) ?? {}
  if (analise !== 'rejeitado' || typeof justificativa !== 'string')
    return error(400, {
      type: 'InfracoesConsultaInvalida',
      detail: 'Algum dos parâmetros não respeita o schema.',
    })
  const invalid = (status: number, detail: string) =>
    error(status, { type: 'InfracaoOperacaoInvalida', detail })
  if (claim.defence !== null) return invalid(409, 'A defesa para essa infração já foi criada.')
  if (claim.status !== 'ABERTA' || scheduler.now() > claim.respondBy)
    return invalid(422, 'O prazo para defesa foi excedido.')
  claim.defence = justificativa
  claim.status = 'EM_DEFESA'
  claim.updatedAt = scheduler.now()
  return json(201, {})
}
