/** A caller that knows nothing but HTTP and the fact sheet: it stands for any adapter. */
import { createFakeEfi, type FakeEfi, type FakeEfiOptions } from '../../src/efi/index.ts'

export const PAYER = '6f1d2c3b-4a59-4e87-9c0d-1b2a3c4d5e6f'
export const HOOK = 'https://shop.example/webhook?hmac=xyz&ignorar='

export interface Reply {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields that each of them asserts.
  readonly body: any
}

export interface Asked {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

export interface Client {
  ask(path: string, asked?: Asked): Promise<Reply>
  send(idEnvio: string, valor?: string): Promise<Reply>
  find(idEnvio: string): Promise<Reply>
}

export function clientOf(fake: FakeEfi, options: { fetch?: typeof fetch; baseUrl?: string } = {}): Client {
  const { fetch = fake.fetch, baseUrl = 'https://pix.api.efipay.com.br' } = options
  let token: string | undefined
  const raw = async (path: string, { method = 'GET', body, headers = {}, signal }: Asked): Promise<Reply> => {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
  const client: Client = {
    ask: async (path, asked = {}) => {
      token ??= (await raw('/oauth/token', signIn(fake))).body.access_token
      return raw(path, { ...asked, headers: { authorization: `Bearer ${token}`, ...asked.headers } })
    },
    send: (idEnvio, valor = '12.34') =>
      client.ask(`/v3/gn/pix/${idEnvio}`, { method: 'PUT', body: order(valor) }),
    find: (idEnvio) => client.ask(`/v2/gn/pix/enviados/id-envio/${idEnvio}`),
  }
  return client
}

export function signIn({ credentials }: FakeEfi): Asked {
  const pair = Buffer.from(`${credentials.clientId}:${credentials.clientSecret}`).toString('base64')
  return {
    method: 'POST',
    headers: { authorization: `Basic ${pair}` },
    body: { grant_type: 'client_credentials' },
  }
}

export function order(valor: string) {
  return {
    valor,
    pagador: { chave: PAYER, infoPagador: 'Saque 77' },
    favorecido: { chave: '+5531999998888' },
  }
}

/** A fake that stands still at a known instant, with a webhook, and a host that keeps what it is told. */
export function setUp(options: FakeEfiOptions = {}) {
  const told: { url: string; body: string }[] = []
  const host = { status: 200 }
  const fake = createFakeEfi({
    clock: { now: () => new Date('2026-11-22T14:10:42.905Z') },
    webhookUrl: HOOK,
    deliver: async (request) => {
      told.push({ url: request.url, body: await request.text() })
      return new Response(null, { status: host.status })
    },
    ...options,
  })
  return { fake, client: clientOf(fake), told, host }
}
