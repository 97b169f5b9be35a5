/** Sending a Pix: `PUT /v3/gn/pix/:idEnvio`, and the older `/v2/`. */
import { formatAmount, parseAmount } from '../amount.ts'
import { type EfiAnswer, json, refusal } from '../answers.ts'
import { ID_ENVIO } from '../identifiers.ts'
import type { EfiRefusal } from '../options.ts'
import type { Payee } from '../records.ts'
import { asObject, type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { settleLater } from '../settlement.ts'
import { move, type SendRecord } from '../state.ts'
import { readPayee } from './payee.ts'

/** Both versions of the send, which differ in nothing that is known. */
export const sendRoutes: readonly Route[] = ['/v3/gn/pix/:idEnvio', '/v2/gn/pix/:idEnvio'].map((path) => ({
  operation: 'pix.send' as const,
  method: 'PUT' as const,
  path,
  scope: 'pix.send',
  run: send,
}))

interface Wanted {
  readonly amount: bigint
  readonly payerKey: string
  readonly description: string | null
  readonly payee: Payee
}

function send(context: EfiContext, call: Call): EfiAnswer {
  const idEnvio = call.params.idEnvio ?? ''
  const { settings, state, scheduler, ids } = context
  if (!ID_ENVIO.test(idEnvio))
    return refusal(invalid('O campo idEnvio deve respeitar o padrão ^[a-zA-Z0-9]{1,35}$'))
  // A used id stays used, whatever became of it: that is what makes it safe to send again.
  if (state.sends.has(idEnvio)) {
    return refusal({
      status: 409,
      nome: 'id_envio_duplicado',
      mensagem: 'O id de envio informado já foi utilizado em outro pagamento',
    })
  }
  const wanted = read(context, call.body)
  if ('nome' in wanted) return refusal(wanted)
  const denied = deny(context, wanted)
  if (denied) return refusal(denied)

  const requestedAt = scheduler.now()
  const record: SendRecord = {
    idEnvio,
    e2eId: ids.e2eId(requestedAt),
    status: 'EM_PROCESSAMENTO',
    requestedAt,
    settledAt: null,
    rejection: null,
    returns: [],
    visibleAt: requestedAt,
    ...wanted,
  }
  state.sends.set(idEnvio, record)
  move(state, { at: requestedAt, reason: 'sent', idEnvio, amount: -wanted.amount })
  settleLater(context, record)
  return json(201, {
    idEnvio,
    [settings.endToEndField]: record.e2eId,
    valor: formatAmount(record.amount),
    horario: { solicitacao: requestedAt.toISOString() },
    status: record.status,
  })
}

/** What is asked for, or the first rule the request breaks. */
function read({ settings, state }: EfiContext, text: string): Wanted | EfiRefusal {
  const body = parseObject(text)
  if (body === null) return invalid('O corpo da requisição não é um objeto JSON')
  const amount = parseAmount(body.valor)
  if (amount === null) return invalid('O campo valor deve respeitar o padrão \\d{1,10}\\.\\d{2}')
  if (amount === 0n) return invalid('Campo valor deve ser maior que zero')

  const payer = asObject(body.pagador)
  const payerKey = payer?.chave
  if (typeof payerKey !== 'string') return invalid('O campo pagador.chave é obrigatório')
  if (!settings.keys.includes(payerKey)) {
    return {
      status: 400,
      nome: 'chave_invalida',
      mensagem: 'A chave informada não faz referência à conta Efí autenticada',
    }
  }
  const description = payer?.infoPagador ?? null
  if (description !== null && (typeof description !== 'string' || [...description].length > 140)) {
    return invalid('O campo pagador.infoPagador deve ter no máximo 140 caracteres')
  }
  // Efí asks for a webhook on the payer's key, and does not publish how it refuses a key without one.
  if (settings.requireWebhook && !state.webhooks.has(payerKey)) {
    return {
      status: 400,
      nome: 'webhook_invalido',
      mensagem: 'A chave do pagador não possui webhook cadastrado',
    }
  }
  const payee = readPayee(settings, body.favorecido)
  return 'mensagem' in payee ? payee : { amount, payerKey, description, payee }
}

/** Why a well-formed send is refused all the same. */
function deny({ settings, state }: EfiContext, wanted: Wanted): EfiRefusal | null {
  const negado = (mensagem: string) => ({ status: 422, nome: 'pagamento_negado', mensagem })
  // Sandbox: above 20.00 the refusal comes at once, and no webhook. Its code is not published.
  if (settings.homologation && wanted.amount > 2000n) return negado('Pagamento negado por análises')
  const isBusy = [...state.sends.values()].some((other) => other.status === 'EM_PROCESSAMENTO')
  if (settings.serialSends && isBusy) return negado('Há outro pagamento em processamento')
  return wanted.amount > state.balance ? settings.insufficientBalance : null
}

function invalid(mensagem: string): EfiRefusal {
  return { status: 400, nome: 'valor_invalido', mensagem }
}
