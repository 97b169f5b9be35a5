import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { RawDelivery } from '@lastro/core/spec'
import { delay, type HttpHandler, HttpResponse, http } from 'msw'
import { type PluggyOptions, pluggy } from '../src/index.ts'

export const CLIENT_ID = '11111111-2222-4333-8444-555555555555'
export const CLIENT_SECRET = 'pluggy_sk_made_up_for_tests'
export const HEADER = 'x-shop-secret'
export const SECRETS = ['current-secret-0123456789', 'previous-secret-0123456789'] as const
export const API = 'https://api.pluggy.ai'
export const HOOK = 'https://shop.example/webhooks/pluggy'

/** A clock that stands still until it is moved. */
export function handClock(start = '2026-11-22T12:00:00Z') {
  let nowMs = Date.parse(start)
  return {
    now: () => new Date(nowMs),
    advance: (ms: number) => {
      nowMs += ms
    },
  }
}

/** Options that are right. */
export function optionsFor(given: Partial<PluggyOptions> = {}): PluggyOptions {
  return {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    webhook: { header: HEADER, secrets: SECRETS },
    clock: handClock(),
    ...given,
  }
}

export const setUp = (given: Partial<PluggyOptions> = {}) => pluggy(optionsFor(given))

export const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

/** A delivery as Pluggy makes it. */
export function delivery(body: unknown, given: Partial<RawDelivery> = {}): RawDelivery {
  return {
    method: 'POST',
    url: '/webhooks/pluggy',
    headers: { 'content-type': 'application/json', [HEADER]: SECRETS[0] },
    body: body instanceof Uint8Array ? body : bytes(body),
    receivedAt: new Date('2026-11-22T12:00:00Z'),
    ...given,
  }
}

export const IDS = {
  event: '8d9a7f44-2a5c-4a70-8f7d-6e1b0a2c3d33',
  item: '5f0c2f5e-1a3b-4c7d-9e21-0b6f7a8c9d10',
  account: '7b1c9d2e-0f3a-4b5c-8d6e-9f0a1b2c3d4e',
  intent: 'c3d6a1f0-7e55-4d0b-9a61-4c1f2b3a4d5e',
  request: '9a8b7c6d-5e4f-4321-8765-0fedcba98765',
  scheduled: '05c693bf-c196-47ea-a28c-8251d6bb8a05',
  automatic: '66d503f1-0cfa-4d64-9f87-0782d959eba7',
  preauthorization: '0d2f0f6a-5b7d-4a52-8ad9-6a9b8c7d6e5f',
  transfer: '1e3f1a7b-6c8e-4b63-9bea-7bac9d8e7f60',
  boleto: '2f402b8c-7d9f-4c74-8cfb-8cbdae9f8071',
} as const

/** A payload of each family, with every id that the sheet names. */
export function payload(event: string, given: Readonly<Record<string, unknown>> = {}) {
  const family = event.split('/')[0] ?? ''
  const fields: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    item: { itemId: IDS.item, triggeredBy: 'SYNC' },
    connector: { connectorId: 201, data: { status: 'UNSTABLE' } },
    transactions: { itemId: IDS.item, accountId: IDS.account, transactionIds: ['t-1', 't-2'] },
    payment_intent: { paymentIntentId: IDS.intent, paymentRequestId: IDS.request },
    payment_request: { paymentRequestId: IDS.request, data: { status: 'COMPLETED' } },
    scheduled_payment: event.includes('/all_')
      ? { paymentRequestId: IDS.request }
      : { paymentRequestId: IDS.request, scheduledPaymentId: IDS.scheduled },
    automatic_pix_payment: { paymentRequestId: IDS.request, automaticPixPaymentId: IDS.automatic },
    smart_transfer_preauthorization: {
      smartTransferPreauthorizationId: IDS.preauthorization,
      status: 'COMPLETED',
    },
    smart_transfer_payment: {
      smartTransferPaymentId: IDS.transfer,
      smartTransferPreauthorizationId: IDS.preauthorization,
      status: 'PAYMENT_COMPLETED',
    },
    boleto: { boletoId: IDS.boleto },
  }
  return { event, eventId: IDS.event, clientId: CLIENT_ID, ...fields[family], ...given }
}

/** Answers of the API by path, each in order; the last one is repeated. A function answers by itself. */
export type Answer = {
  readonly status?: number
  readonly json?: unknown
  readonly headers?: Record<string, string>
}
export type Script = Readonly<Record<string, readonly (Answer | (() => Promise<Response>))[]>>

export interface Asked {
  readonly method: string
  readonly path: string
  readonly key: string | null
  readonly body: unknown
}

/** A Pluggy that says what it is told to, and keeps what it was asked. */
export function scripted(script: Script): { readonly handler: HttpHandler; readonly asked: Asked[] } {
  const asked: Asked[] = []
  const left = new Map(Object.entries(script).map(([path, answers]) => [path, [...answers]]))
  let keys = 0
  const handler = http.all(`${API}/*`, async ({ request }) => {
    const { pathname, search } = new URL(request.url)
    const path = `${request.method} ${pathname}${search}`
    const text = await request.text()
    asked.push({
      method: request.method,
      path: pathname + search,
      key: request.headers.get('x-api-key'),
      body: text === '' ? null : JSON.parse(text),
    })
    const answers = left.get(path)
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]
    if (typeof answer === 'function') return answer()
    if (answer === undefined && pathname === '/auth') {
      keys += 1
      return HttpResponse.json({ apiKey: `key-${keys}` })
    }
    const {
      status = 200,
      json,
      headers,
    } = answer ?? { status: 404, json: { code: 404, message: 'not found' } }
    const text200 = typeof json === 'string' ? json : JSON.stringify(json)
    return new HttpResponse(text200, { status, ...(headers === undefined ? {} : { headers }) })
  })
  return { handler, asked }
}

/** An answer that never comes. */
export const never = async (): Promise<Response> => {
  await delay('infinite')
  return HttpResponse.json({})
}

/** Pluggy's OpenAPI file, which is not in this repository: null where it cannot be found. */
export function readSpec(): unknown {
  const folder =
    process.env.LASTRO_SPECS ?? fileURLToPath(new URL('../../../../shared/providers/specs', import.meta.url))
  const file = `${folder}/pluggy-openapi.json`
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  console.info(`skipped: ${file} is not here, so payloads are not compared with Pluggy's document.`)
  return null
}
