/** A host with customers who receive its webhooks: their servers verify with the reference library. */
import {
  createLastro,
  type OutgoingEndpointId,
  type OutgoingOptions,
  reveal,
  type Secret,
} from '@lastro/core'
import type { SendRequest, SendResult, WebhookSender } from '@lastro/core/spec'
import type { TestDatabase } from '@lastro/testing/storage'
import { Webhook } from 'standardwebhooks'
import { expect, vi } from 'vitest'
import { type Bank, createBank } from './bank.ts'

export const KEY = Buffer.alloc(32, 7).toString('base64')
export const OTHER_KEY = Buffer.alloc(32, 9).toString('base64')

/** What a customer's server does with the next request. Without one it answers 204. */
export type Answer =
  | number
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | { readonly error: 'timeout' | 'connection' | 'blocked' | 'stopped' }
  | Promise<SendResult>

export interface Receiver {
  readonly sender: WebhookSender
  readonly requests: SendRequest[]
  /** Answers in order, by the address. The last of a list that ends in `'always'` stays. */
  readonly answers: Map<string, Answer[]>
}

export function createReceiver(): Receiver {
  const requests: SendRequest[] = []
  const answers = new Map<string, Answer[]>()
  const sender: WebhookSender = {
    checkUrl: (url) => (url.startsWith('https://hook.') ? null : 'must be an https address of a test'),
    async post(request) {
      requests.push(request)
      const answer = answers.get(request.url)?.shift() ?? 204
      return answer instanceof Promise ? answer : resultOf(answer)
    },
  }
  return { sender, requests, answers }
}

function resultOf(answer: Exclude<Answer, Promise<SendResult>>): SendResult {
  if (typeof answer === 'number')
    return { kind: 'answered', status: answer, headers: {}, body: new Uint8Array() }
  if ('error' in answer) return { kind: 'failed', error: answer.error }
  const { status, headers = {}, body = '' } = answer
  return { kind: 'answered', status, headers, body: new TextEncoder().encode(body) }
}

/** A request as the customer's server sees it, verified by `standardwebhooks` at the time of the engine's clock. */
export function verified(
  request: SendRequest,
  parts: { secret: Secret; now: Date },
): { type: string; data: object } {
  vi.useFakeTimers({ toFake: ['Date'], now: parts.now })
  try {
    return new Webhook(reveal(parts.secret)).verify(request.body, { ...request.headers }) as never
  } finally {
    vi.useRealTimers()
  }
}

export function createWorld(db: TestDatabase) {
  const receiver = createReceiver()
  const bank: Bank = createBank()
  const engine = (options: Partial<OutgoingOptions> = {}) =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { bank: { id: 'bank', payouts: bank.port } },
      outgoing: { sender: receiver.sender, encryptionKeys: [KEY], ...options },
    })
  return { ...receiver, bank, engine }
}

export type Engine = ReturnType<ReturnType<typeof createWorld>['engine']>

/** An endpoint of a customer, at an address of its own name. */
export async function endpoint(
  lastro: Engine,
  name: string,
  more: { customer?: string; eventTypes?: string[] } = {},
): Promise<{ id: OutgoingEndpointId; url: string; secret: Secret }> {
  const url = `https://hook.example.com/${name}`
  const created = await lastro.outgoing.endpoints.create({ url, ...more })
  return { id: created.endpoint.id, url, secret: created.secret }
}

export const idsOf = (requests: readonly SendRequest[]) =>
  requests.map(({ headers }) => headers['webhook-id'])

export async function onlyDelivery(lastro: Engine, endpointId: OutgoingEndpointId) {
  const { items } = await lastro.outgoing.deliveries.list({ endpointId })
  expect(items).toHaveLength(1)
  const [delivery] = items
  if (delivery === undefined) throw new Error('no delivery')
  return lastro.outgoing.deliveries.inspect(delivery.id)
}
