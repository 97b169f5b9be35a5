import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type ProviderRefund,
  type RefundPayment,
} from '@lastro/core/spec'
import { findOne, surprise } from '../answers.ts'
import { returnedPix } from '../api.ts'
import { checkAmount } from '../charges/check-terms.ts'
import { refundOf } from '../facts.ts'
import { amounts, BRL, DUPLICATES } from '../map.ts'
import { callMoney, REFUSALS_WITH_ABSENCE } from '../money-call.ts'
import { keyOfPixId, pixIdOf } from '../pix-id.ts'
import type { PaymentContext } from './create.ts'

/**
 * Names by which Efí says that it has no such refund: 400 `devolucao_nao_encontrada` on its own pages, 404
 * `PixDevolucaoNaoEncontrada` in the Central Bank's document. Where even the Pix is not there, neither is a refund of it.
 */
const NO_REFUND = /^(devolucao_nao_encontrada|PixDevolucaoNaoEncontrada|pix_nao_encontrado|PixNaoEncontrado)$/

const MAX_DESCRIPTION = 140

type Wanted = Pick<RefundPayment, 'idempotencyKey' | 'receiptRef' | 'signal'> & {
  readonly providerRef?: string
}

const pathOf = (receiptRef: string, id: string): readonly string[] => [
  'v2',
  'pix',
  receiptRef,
  'devolucao',
  id,
]

/** The id under which a refund is asked for: the one Efí told, or the one that follows from our key. */
const idOf = ({ idempotencyKey, providerRef }: Wanted): string => providerRef ?? pixIdOf(idempotencyKey)

/**
 * What became of a refund. Null only where Efí says that it has none of that id.
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findRefund({ client }: PaymentContext, wanted: Wanted): Promise<ProviderRefund | null> {
  const id = idOf(wanted)
  const { receiptRef, signal, idempotencyKey } = wanted
  const call = { method: 'GET', path: pathOf(receiptRef, id), signal } as const
  const found = await findOne(client, { call, subject: 'a refund', schema: returnedPix, absent: NO_REFUND })
  if (found === null) return null
  if (found.id !== id) throw surprise('the id of the refund is not the one asked for.')
  return { ...refundOf(found, receiptRef), idempotencyKey: keyOfPixId(id) ?? idempotencyKey }
}

function readMade(answer: Answered, request: RefundPayment): Outcome<ProviderRefund> {
  const parsed = returnedPix.safeParse(answer.json)
  if (!parsed.success) return unknownAnswer(answer.status, 'its body cannot be read')
  if (parsed.data.id !== pixIdOf(request.idempotencyKey))
    return unknownAnswer(answer.status, 'id is not ours')
  try {
    const refund = refundOf(parsed.data, request.receiptRef)
    if (!Money.equals(refund.amount, request.amount))
      return unknownAnswer(answer.status, 'valor is not what was asked')
    return accepted({ ...refund, idempotencyKey: request.idempotencyKey })
  } catch (error) {
    if (!isProviderError(error)) throw error
    return unknownAnswer(answer.status, error.message)
  }
}

/**
 * Gives back all or a part of one Pix, once: the id follows from the key. Mostly accepted as `pending`: whether it
 * succeeds is told by a webhook and by `findRefund`.
 */
export async function refundPayment(
  context: PaymentContext,
  request: RefundPayment,
): Promise<Outcome<ProviderRefund>> {
  const { receiptRef, amount, reason, signal, idempotencyKey } = request
  const rule = checkAmount(amount, 'amount')
  if (rule !== null) return declined('invalid_amount', `${rule.field} ${rule.rule}.`)
  if (!/^[A-Za-z0-9]{1,64}$/.test(receiptRef))
    return declined('refused', 'receiptRef must be the end-to-end id of a received Pix.')
  const descricao = context.settings.sendRefundReason ? reason?.slice(0, MAX_DESCRIPTION) : undefined
  return callMoney(context, {
    call: {
      method: 'PUT',
      path: pathOf(receiptRef, pixIdOf(idempotencyKey)),
      json: {
        valor: amounts.write(Money.of(amount.amount, BRL), 'amount'),
        ...(descricao === undefined ? {} : { descricao }),
      },
      signal,
    },
    read: (answer) => readMade(answer, request),
    lookUp: () =>
      findRefund(context, { idempotencyKey, receiptRef, ...(signal === undefined ? {} : { signal }) }),
    differs: (found) => (Money.equals(found.amount, amount) ? null : 'amount'),
    duplicates: DUPLICATES,
    refusals: REFUSALS_WITH_ABSENCE,
  })
}
