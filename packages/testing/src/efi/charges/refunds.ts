/** Giving money back: `PUT` and `GET /v2/pix/:e2eId/devolucao/:id`. It is settled a while later. */
import { formatAmount, parseAmount } from '../amount.ts'
import { type EfiAnswer, json, refusal } from '../answers.ts'
import { type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { move } from '../state.ts'
import { describeRefund } from './describe.ts'
import { type Refused, refuse } from './errors.ts'
import { tellReceipt } from './pay.ts'
import type { ReceivedRecord, RefundRecord } from './records.ts'

const PATH = '/v2/pix/:e2eId/devolucao/:id'
const ID = /^[a-zA-Z0-9]{1,35}$/
/** From the receipt on (BCB). */
const WINDOW_MS = 90 * 86_400_000

/** The refunds. */
export const refundRoutes: readonly Route[] = [
  { operation: 'refund.create', method: 'PUT', path: PATH, scope: 'pix.write', run: create, subject: keyOf },
  { operation: 'refund.find', method: 'GET', path: PATH, scope: 'pix.read', run: find, subject: keyOf },
]

function keyOf({ e2eId, id }: Call['params']): string {
  return `${e2eId}/${id}`
}

const NO_PIX = {
  status: 400,
  nome: 'pix_nao_encontrado',
  type: 'PixNaoEncontrado',
  text: 'O Pix não foi encontrado',
} as const
const NO_REFUND = {
  status: 400,
  nome: 'devolucao_nao_encontrada',
  type: 'PixDevolucaoNaoEncontrada',
  text: 'Nenhuma devolução encontrada para o id informado',
} as const

const wrong = (text: string, field = 'devolucao.valor'): Refused => ({
  status: 400,
  nome: 'valor_invalido',
  type: 'PixDevolucaoInvalida',
  text,
  field,
})

/** What a refund takes, unless it was refused. */
export function leftToRefund({ amount, refunds }: ReceivedRecord): bigint {
  return refunds.reduce(
    (left, refund) => (refund.status === 'NAO_REALIZADO' ? left : left - refund.amount),
    amount,
  )
}

function create(context: EfiContext, call: Call): EfiAnswer {
  const { settings, state, scheduler, ids } = context
  const { e2eId = '', id = '' } = call.params
  const receipt = state.received.get(e2eId)
  const no = (refused: Refused): EfiAnswer => refuse(settings, { shape: 'A', ...refused })
  if (receipt === undefined) return no(NO_PIX)
  if (!ID.test(id)) return no(wrong('O campo id deve respeitar ^[a-zA-Z0-9]{1,35}$', 'devolucao.id'))
  // A used id stays used, whatever became of the refund.
  if (receipt.refunds.some((refund) => refund.id === id)) {
    const text = 'O id de devolução informado já foi utilizado'
    return no({ status: 409, nome: 'devolucao_id_duplicado', type: 'PixDevolucaoInvalida', text })
  }
  const body = parseObject(call.body)
  const amount = parseAmount(body?.valor)
  if (amount === null || amount === 0n) return no(wrong('O campo valor deve respeitar \\d{1,10}\\.\\d{2}'))
  const now = scheduler.now()
  if (now.getTime() > receipt.at.getTime() + WINDOW_MS)
    return no(wrong('O prazo para devolução foi excedido'))
  if (amount > leftToRefund(receipt))
    return no(wrong(`O valor disponível para devolução é ${formatAmount(leftToRefund(receipt))}`))
  if (settings.homologation && amount === 1n) return no(wrong('Devolução rejeitada'))
  if (amount > state.balance) return refusal(settings.insufficientBalance)
  const description = typeof body?.descricao === 'string' ? body.descricao : null
  const refund = add(context, {
    receipt,
    id,
    rtrId: ids.refundRtrId(now),
    amount,
    nature: 'ORIGINAL',
    description,
  })
  return json(201, describeRefund(refund))
}

/** Money leaves, and is under way. */
export function add(
  context: EfiContext,
  given: Pick<RefundRecord, 'id' | 'rtrId' | 'amount' | 'nature' | 'description'> & {
    receipt: ReceivedRecord
  },
): RefundRecord {
  const { receipt, ...facts } = given
  const { settings, state, scheduler } = context
  const requestedAt = scheduler.now()
  const rest = { status: 'EM_PROCESSAMENTO', reason: null, settledAt: null, visibleAt: requestedAt } as const
  const refund: RefundRecord = { ...facts, ...rest, requestedAt }
  receipt.refunds.push(refund)
  state.refunds.set(`${receipt.e2eId}/${refund.id}`, refund)
  move(state, { at: requestedAt, reason: 'refunded', idEnvio: null, amount: -refund.amount })
  const delay = settings.refundAfterMs
  if (delay !== null) {
    scheduler.later(delay, () => {
      if (refund.status !== 'EM_PROCESSAMENTO') return
      const isDone = (settings.refundOutcome?.(refund.id) ?? 'DEVOLVIDO') === 'DEVOLVIDO'
      settleRefund(context, { receipt, refund, reason: isDone ? null : 'Conta do pagador encerrada' })
    })
  }
  return refund
}

/** The refund is over: the payer has the money, or with a reason it is back. @throws Error unless it is under way. */
export function settleRefund(
  context: EfiContext,
  { receipt, refund, reason }: { receipt: ReceivedRecord; refund: RefundRecord; reason: string | null },
): void {
  if (refund.status !== 'EM_PROCESSAMENTO')
    throw new Error(`The refund ${refund.id} is ${refund.status}: it would have to be EM_PROCESSAMENTO.`)
  const at = context.scheduler.now()
  refund.status = reason === null ? 'DEVOLVIDO' : 'NAO_REALIZADO'
  refund.reason = reason
  refund.settledAt = at
  if (reason !== null)
    move(context.state, { at, reason: 'refund_refused', idEnvio: null, amount: refund.amount })
  tellReceipt(context, { receipt })
}

function find({ settings, state, scheduler }: EfiContext, call: Call): EfiAnswer {
  const { e2eId = '', id = '' } = call.params
  if (!state.received.has(e2eId)) return refuse(settings, { shape: 'A', ...NO_PIX })
  const refund = state.refunds.get(`${e2eId}/${id}`)
  const isSeen = refund !== undefined && refund.visibleAt <= scheduler.now()
  return isSeen ? json(200, describeRefund(refund)) : refuse(settings, { shape: 'A', ...NO_REFUND })
}
