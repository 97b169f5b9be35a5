import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  declined,
  Money,
  type Outcome,
  type ProviderPayout,
  type SubmitPayout,
} from '@lastro/core/spec'
import { type SendRequest, sendAnswer } from './api.ts'
import type { EfiClient } from './client.ts'
import { checkDestination, payeeOf } from './destination.ts'
import { idEnvioOf } from './id-envio.ts'
import { amounts, BRL, DUPLICATES, sendStatus } from './map.ts'
import { callMoney } from './money-call.ts'
import type { Settings } from './options.ts'
import { findSent } from './sent.ts'

/** What is sent, and what the answer must repeat. */
interface Order {
  readonly kind: 'order'
  readonly request: SubmitPayout
  readonly idEnvio: string
  readonly amount: Money<typeof BRL>
  readonly body: SendRequest
}

const MAX_DESCRIPTION = 140

const isBrl = (money: Money): money is Money<typeof BRL> => money.asset === BRL

/** The order, or why Efí could only refuse it. Nothing is sent for the latter. */
function orderOf(request: SubmitPayout, settings: Settings): Order | Outcome<never> {
  const { destination, amount, description } = request
  const idEnvio = idEnvioOf(request.idempotencyKey)
  if (idEnvio === null)
    return declined('refused', 'idempotencyKey must have 1 to 35 letters and digits, besides "_" and "-".')
  if (!isBrl(amount)) return declined('invalid_amount', `amount must be in ${BRL}.`)
  if (!Money.isPositive(amount) || amount.amount > 999_999_999_999n) {
    return declined('invalid_amount', 'amount must be from 0.01 to 9999999999.99.')
  }
  const rule = checkDestination(destination, settings)
  if (rule !== null) return declined('invalid_destination', rule)
  if (destination.kind === 'address' || destination.kind === 'provider_user')
    return declined('invalid_destination')
  if (description !== undefined && [...description].length > MAX_DESCRIPTION) {
    return declined('refused', `description must have ${MAX_DESCRIPTION} characters at most.`)
  }
  const body: SendRequest = {
    valor: amounts.write(amount, 'amount'),
    pagador: { chave: settings.pixKey, ...(description === undefined ? {} : { infoPagador: description }) },
    favorecido: payeeOf(destination),
  }
  return { kind: 'order', request, idEnvio, amount, body }
}

/** Reads a 2xx. It counts only when it repeats our id and our amount, and its status is one we know. */
function readAccepted(answer: Answered, order: Order): Outcome<ProviderPayout> {
  const parsed = sendAnswer.safeParse(answer.json)
  if (!parsed.success) return unknownAnswer(answer.status, 'its body cannot be read')
  const { idEnvio, valor, status, e2eId, endToEndId } = parsed.data
  if (idEnvio !== order.idEnvio) return unknownAnswer(answer.status, 'idEnvio is not ours')
  if (valor !== order.body.valor) return unknownAnswer(answer.status, 'valor is not what was asked')
  const state = sendStatus.find(status)
  if (state.kind === 'unseen') return unknownAnswer(answer.status, `status is ${state.shown}, which is new`)
  const pixId = e2eId ?? endToEndId
  return accepted({
    idempotencyKey: order.request.idempotencyKey,
    providerRef: idEnvio,
    state: state.value,
    amount: order.amount,
    ...(typeof pixId === 'string' ? { endToEndId: pixId } : {}),
  })
}

/** Sends a Pix, once. */
export async function submit(
  context: { readonly client: EfiClient; readonly settings: Settings },
  request: SubmitPayout,
): Promise<Outcome<ProviderPayout>> {
  const { client, settings } = context
  const order = orderOf(request, settings)
  if (order.kind !== 'order') return order
  const { idempotencyKey, signal } = request
  return callMoney(context, {
    call: {
      method: 'PUT',
      path: [settings.sendApiVersion, 'gn', 'pix', order.idEnvio],
      json: order.body,
      signal,
    },
    read: (answer) => readAccepted(answer, order),
    lookUp: async () => {
      const sent = await findSent(client, { idEnvio: order.idEnvio, signal })
      return sent === null ? null : { idempotencyKey, ...sent }
    },
    differs: ({ amount }) => (Money.equals(amount, order.amount) ? null : 'amount'),
    stands: ({ state }) => state !== 'failed',
    duplicates: DUPLICATES,
  })
}
