import { ProviderError, type ProviderEvent } from '@lastro/core/spec'
import type { z } from 'zod'
import { paymentAnswer, payoutAnswer } from './api.ts'
import { assetFinder } from './assets.ts'
import { isUuid } from './body.ts'
import type { HeleketClient } from './client.ts'
import { isFamily } from './event-types.ts'
import { shortText, unrecognised } from './facts.ts'
import type { Settings } from './options.ts'
import type { HeleketPath } from './paths.ts'
import { depositEvents, paymentEvents } from './payment-facts.ts'
import { payoutEvents } from './payout-facts.ts'
import { PROVIDER } from './provider.ts'

/** Who is asked, and until when. */
export interface Asking {
  readonly client: HeleketClient
  readonly settings: Pick<Settings, 'assets'>
  readonly signal?: AbortSignal | undefined
}

interface Question extends Asking {
  readonly topic: string
  readonly uuid: string
  /** The transaction that the delivery told, or null. */
  readonly txid: string | null
}

/** By the id alone, never by `order_id`: Heleket would prefer that, and a static wallet has one for all its deposits. */
async function find<T extends z.ZodType<{ readonly uuid: string }>>(
  { client, uuid, signal }: Question,
  { path, subject, schema }: { path: HeleketPath; subject: string; schema: T },
): Promise<z.output<T> | null> {
  const result = await client.read({ path, json: { uuid }, subject, signal })
  if (result === null) return null
  const parsed = schema.safeParse(result)
  if (parsed.success && parsed.data.uuid.toLowerCase() === uuid.toLowerCase()) return parsed.data
  const what = parsed.success ? 'is another one than was asked for' : 'came in a form that is not known'
  throw new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message: `${subject} ${what}.` })
}

const PAYMENT_INFO = { path: '/v1/payment/info', subject: 'the payment', schema: paymentAnswer } as const
const PAYOUT_INFO = { path: '/v1/payout/info', subject: 'the payout', schema: payoutAnswer } as const

type Ask = (question: Question) => Promise<readonly ProviderEvent[]>

const ASK: Readonly<Record<'payment' | 'wallet' | 'payout', Ask>> = {
  async payment(question) {
    const answer = await find(question, PAYMENT_INFO)
    if (answer === null) return []
    return paymentEvents({ answer, topic: question.topic, assetOf: assetFinder(question.settings.assets) })
  },
  async wallet(question) {
    const { topic, txid, settings } = question
    const answer = await find(question, PAYMENT_INFO)
    if (answer === null) return []
    const told = shortText(answer.txid)
    if (txid !== null && told !== null && txid !== told) {
      const detail = 'the answer tells another transaction than the delivery: it is of another deposit.'
      return [unrecognised({ topic, ref: answer.uuid, detail })]
    }
    return depositEvents({ answer, topic, assetOf: assetFinder(settings.assets) })
  },
  async payout(question) {
    const answer = await find(question, PAYOUT_INFO)
    if (answer === null) return []
    return payoutEvents({ answer, topic: question.topic, assetOf: assetFinder(question.settings.assets) })
  },
}

/** The id that an event names, and the delivery's transaction. */
function namedBy(event: ProviderEvent) {
  if (event.kind === 'hint') return { topic: event.topic, ref: event.ref, txid: event.facts?.txid }
  if (event.kind === 'unrecognised') return { topic: event.topic, ref: event.providerRef, txid: null }
  return null
}

/**
 * Asks Heleket for what a hint or an unrecognised delivery names, and tells what it says now. Empty: it is not there, or
 * nothing names it.
 * @throws ProviderError when Heleket could not be asked, or answered in a form that is not known.
 */
export async function lookUp(event: ProviderEvent, asking: Asking): Promise<readonly ProviderEvent[]> {
  const named = namedBy(event)
  const family = named?.topic.split('.')[0]
  if (named === null || !isFamily(family) || !isUuid(named.ref)) return []
  const txid = typeof named.txid === 'string' ? named.txid : null
  return ASK[family]({ ...asking, topic: named.topic, uuid: named.ref, txid })
}
