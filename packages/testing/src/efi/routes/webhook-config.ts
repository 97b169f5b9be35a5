/** Telling Efí where webhooks go: `PUT`, `GET` and `DELETE /v2/webhook/:chave`, and the list. */
import { type EfiAnswer, empty, json, refusal } from '../answers.ts'
import type { WebhookConfig } from '../records.ts'
import { type Call, type EfiContext, parseObject, type Route } from '../route.ts'
import { isProblem, readRange, slice } from './paging.ts'

const PATH = '/v2/webhook/:chave'

/** The webhook configuration. */
export const webhookRoutes: readonly Route[] = [
  { operation: 'webhook.put', method: 'PUT', path: PATH, scope: 'webhook.write', run: configure },
  {
    operation: 'webhook.get',
    method: 'GET',
    path: PATH,
    scope: 'webhook.read',
    run: ({ state }, { params }) => {
      const config = state.webhooks.get(params.chave ?? '')
      return config ? json(200, describe(config)) : notFound()
    },
  },
  {
    operation: 'webhook.delete',
    method: 'DELETE',
    path: PATH,
    scope: 'webhook.write',
    run: ({ state }, { params }) => (state.webhooks.delete(params.chave ?? '') ? empty(204) : notFound()),
  },
  { operation: 'webhook.list', method: 'GET', path: '/v2/webhook', scope: 'webhook.read', run: list },
]

async function configure(context: EfiContext, call: Call): Promise<EfiAnswer> {
  const { settings, state } = context
  const chave = call.params.chave ?? ''
  if (!settings.keys.includes(chave)) {
    return refusal({
      status: 400,
      nome: 'chave_invalida',
      mensagem: 'A chave informada não faz referência à conta Efí autenticada',
    })
  }
  const read = await readWebhookUrl(context, { call, chave })
  if ('answer' in read) return read.answer
  state.webhooks.set(chave, read.config)
  return json(201, { webhookUrl: read.config.webhookUrl })
}

/** The configuration that a call asks for, once the host has passed the calls at registration. */
export async function readWebhookUrl(
  { settings, scheduler, outbox }: EfiContext,
  { call, chave }: { readonly call: Call; readonly chave: string },
): Promise<{ readonly config: WebhookConfig } | { readonly answer: EfiAnswer }> {
  const webhookUrl = parseObject(call.body)?.webhookUrl
  if (typeof webhookUrl !== 'string' || !URL.canParse(webhookUrl)) return { answer: invalid('URL inválida') }
  const allowed = settings.allowHttpWebhooks ? ['https:', 'http:'] : ['https:']
  if (!allowed.includes(new URL(webhookUrl).protocol))
    return { answer: invalid('A URL do webhook deve usar o protocolo HTTPS') }
  const skipMtls = call.headers['x-skip-mtls-checking'] === 'true'
  const config: WebhookConfig = { webhookUrl, chave, criacao: scheduler.now(), skipMtls }
  const refused = await outbox.test(config)
  return refused ? { answer: refusal(refused) } : { config }
}

function list({ state }: EfiContext, { query }: Call): EfiAnswer {
  const range = readRange(query)
  if (isProblem(range)) return invalid(range.razao)
  const configs = [...state.webhooks.values()].filter(
    ({ criacao }) => criacao >= range.from && criacao <= range.to,
  )
  const page = slice(configs, range)
  return json(200, { parametros: page.parametros, webhooks: page.items.map(describe) })
}

function describe({ webhookUrl, chave, criacao }: WebhookConfig): object {
  return { webhookUrl, chave, criacao: criacao.toISOString() }
}

function invalid(mensagem: string): EfiAnswer {
  return refusal({ status: 400, nome: 'valor_invalido', mensagem })
}

/** The name is known from integrations, not from Efí's pages. */
function notFound(): EfiAnswer {
  return refusal({ status: 404, nome: 'webhook_nao_encontrado', mensagem: 'O webhook não foi encontrado' })
}
