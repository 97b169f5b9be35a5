import { type Answered, moneyAnswer, notSent, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  type DeclineReason,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type ProviderPayout,
  type SubmitPayout,
  unknown,
} from '@lastro/core/spec'
import { type SendRequest, sendAnswer } from './api.ts'
import type { EfiClient } from './client.ts'
import { checkDestination, payeeOf } from './destination.ts'
import { idEnvioOf } from './id-envio.ts'
import { ACCESS_DENIED, amounts, BRL, DUPLICATE, refusalReason, sendStatus } from './map.ts'
import type { Settings } from './options.ts'
import { type Refusal, readRefusal } from './refusal.ts'
import { findSent, type Sent } from './sent.ts'

/** What is sent, and what the answer must repeat. */
interface Order {
  readonly kind: 'order'
  readonly request: SubmitPayout
  readonly idEnvio: string
  readonly amount: Money<typeof BRL>
  readonly body: SendRequest
}

/** Efí's page does not say that a limited request is not processed, so a 429 is doubt. */
const LIMITED = 'unknown'
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
  if (destination.kind === 'address') return declined('invalid_destination')
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

const doubt = (message: string, cause?: unknown): Outcome<never> => unknown(new Error(message, { cause }))

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

/** What Efí holds under our id, or the error of asking. */
async function lookUp(client: EfiClient, order: Order): Promise<Sent | null | Error> {
  try {
    return await findSent(client, { idEnvio: order.idEnvio, signal: order.request.signal })
  } catch (error) {
    return isProviderError(error) ? error : new Error('the look-up failed')
  }
}

function acceptedAs(found: Sent, order: Order): Outcome<ProviderPayout> {
  if (!Money.equals(found.amount, order.amount))
    return doubt('efi: this id was sent before with another amount.')
  return accepted({ idempotencyKey: order.request.idempotencyKey, ...found })
}

/** "This id exists" means that an earlier attempt arrived: the answer is what became of it. */
async function settleDuplicate(client: EfiClient, order: Order): Promise<Outcome<ProviderPayout>> {
  const found = await lookUp(client, order)
  if (found instanceof Error) return doubt('efi: this id exists, and it could not be looked up.', found)
  if (found === null) return doubt('efi: this id exists, and it cannot be seen yet.')
  return acceptedAs(found, order)
}

/**
 * A refusal speaks of this attempt only. An earlier attempt with the same id may have arrived (its reply was lost, and
 * the look-up came too soon), and Efí does not say whether it checks the id before everything else. So the refusal is
 * final only once Efí, asked, holds nothing under this id or something that failed.
 */
async function settleRefusal(
  client: EfiClient,
  refused: { readonly order: Order; readonly reason: DeclineReason; readonly detail: string },
): Promise<Outcome<ProviderPayout>> {
  const { order, reason, detail } = refused
  const found = await lookUp(client, order)
  if (found instanceof Error) {
    return doubt(
      `efi: refused (${detail}), but whether an earlier attempt arrived could not be asked.`,
      found,
    )
  }
  if (found === null || found.state === 'failed') return declined(reason, detail)
  return acceptedAs(found, order)
}

const detailOf = ({ name, fields }: Refusal): string =>
  fields.length === 0 ? (name ?? 'no name given') : `${name ?? 'no name given'}: ${fields.join(', ')}`

/** True for an answer that states that nothing was processed: 401 by RFC 9110, 403 only by a body that says so. */
function isAccessDenied(answer: Answered, refusal: Refusal): boolean {
  if (answer.status === 401) return true
  return answer.status === 403 && refusal.name !== null && ACCESS_DENIED.has(refusal.name)
}

/** Reads a 4xx, the doubtful ones left out. */
async function readRefused(
  client: EfiClient,
  { order, answer }: { readonly order: Order; readonly answer: Answered },
): Promise<Outcome<ProviderPayout>> {
  const refusal = readRefusal(answer.json)
  const detail = detailOf(refusal)
  if (isAccessDenied(answer, refusal)) {
    return notSent('unauthorized', { cause: new Error(`efi: status ${answer.status} (${detail}).`) })
  }
  if (answer.status === 409 || refusal.name === DUPLICATE) return settleDuplicate(client, order)
  const isRefusal = answer.status === 400 || answer.status === 422
  const isStated = (refusal.shape === 'A' || refusal.shape === 'B') && refusal.name !== null
  const reason = isRefusal && isStated && refusal.name !== null ? refusalReason(refusal.name) : null
  if (reason === null) return unknownAnswer(answer.status, detail)
  return settleRefusal(client, { order, reason, detail })
}

/** Sends a Pix, once. */
export async function submit(
  context: { readonly client: EfiClient; readonly settings: Settings },
  request: SubmitPayout,
): Promise<Outcome<ProviderPayout>> {
  const { client, settings } = context
  const order = orderOf(request, settings)
  if (order.kind !== 'order') return order
  const result = await client.call({
    method: 'PUT',
    path: [settings.sendApiVersion, 'gn', 'pix', order.idEnvio],
    json: order.body,
    signal: request.signal,
  })
  if (result.kind === 'no_token') {
    const { retryAfterMs } = result.error
    return notSent('prerequisite', {
      cause: result.error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
  const answer = moneyAnswer(result, { limited: LIMITED, clock: settings.clock })
  if (answer.kind !== 'answered') return answer
  return answer.status < 300 ? readAccepted(answer, order) : readRefused(client, { order, answer })
}
