/** Asking for webhooks again: `POST /v2/gn/webhook/reenviar`. */
import { type EfiAnswer, empty, problem } from '../answers.ts'
import { tellReceipt } from '../charges/pay.ts'
import { type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { tell } from '../settlement.ts'
import type { SendRecord } from '../state.ts'

const KINDS = ['PIX_RECEBIDO', 'PIX_ENVIADO', 'DEVOLUCAO_RECEBIDA', 'DEVOLUCAO_ENVIADA']
const THIRTY_DAYS_MS = 30 * 86_400_000

/** The re-send. Its scope is inferred; its success status is not published, so 202 is a guess. */
export const resendRoutes: readonly Route[] = [
  {
    operation: 'webhook.resend',
    method: 'POST',
    path: '/v2/gn/webhook/reenviar',
    scope: 'webhook.write',
    run: resend,
  },
]

function resend(context: EfiContext, call: Call): EfiAnswer {
  const body = parseObject(call.body)
  const kind = body?.tipo
  if (typeof kind !== 'string' || !KINDS.includes(kind)) {
    return invalid({ propriedade: 'tipo', razao: `O campo deve ser um de: ${KINDS.join(', ')}.` })
  }
  const ids: unknown = body?.e2eids
  if (!Array.isArray(ids) || ids.length < 1 || ids.length > 1000) {
    return invalid({ propriedade: 'e2eids', razao: 'O campo deve ter de 1 a 1000 itens.' })
  }
  const oldest = context.scheduler.now().getTime() - THIRTY_DAYS_MS
  const receipts = [...context.state.received.values()].filter((receipt) => ids.includes(receipt.e2eId))
  const sends = [...context.state.sends.values()].filter((sent) => ids.includes(sent.e2eId))
  const times = [...sends.map(({ requestedAt }) => requestedAt), ...receipts.map(({ at }) => at)]
  if (times.some((at) => at.getTime() < oldest)) {
    return invalid({ propriedade: 'e2eids', razao: 'Só é possível reenviar webhooks de até 30 dias.' })
  }
  for (const record of sends) again(context, { kind, record })
  for (const receipt of receipts) {
    const isRefunded = receipt.refunds.length > 0
    if (kind === (isRefunded ? 'DEVOLUCAO_ENVIADA' : 'PIX_RECEBIDO'))
      tellReceipt(context, { receipt, retries: false })
  }
  return empty(202)
}

/** One attempt and no retries. */
function again(context: EfiContext, { kind, record }: { kind: string; record: SendRecord }): void {
  if (kind === 'PIX_ENVIADO' && record.status !== 'EM_PROCESSAMENTO') {
    tell(context, { topic: 'sent', record, retries: false })
  }
  if (kind === 'DEVOLUCAO_RECEBIDA' && record.returns.length > 0) {
    tell(context, { topic: 'returned', record, retries: false })
  }
}

function invalid(violation: { propriedade: string; razao: string }): EfiAnswer {
  return problem(400, {
    type: 'RequisicaoInvalida',
    title: 'Requisição inválida.',
    detail: 'A requisição não respeita o schema ou está semanticamente errada.',
    violacoes: [violation],
  })
}
