import { registerCases, type WebhookWorld, webhookCases } from '@lastro/testing/conformance'
import { describe, it } from 'vitest'
import {
  delivery,
  fieldsOf,
  md5Of,
  PAYMENT_KEYS,
  PAYOUT_KEYS,
  phpJson,
  SENDER,
  setUp,
  signed,
} from './setup.ts'

const MALFORMED = ['[]', 'null', '"x"', '{}', '{', '[{}]', 'type=payment', '{"type":"payment","uuid":"u1"}']
const TOPICS = ['payment.paid', 'wallet.paid', 'payout.process', 'payment.refund_paid']

const text = (body: Uint8Array) => new TextDecoder().decode(body)

/** The body with its `sign` over whatever else stands in it, where it is an object; else the bytes as they are. */
function withSign(body: Uint8Array, key?: string): string {
  try {
    const parsed: unknown = JSON.parse(text(body))
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return text(body)
    const { sign: _old, ...fields } = parsed as Record<string, unknown>
    return signed(fields, key)
  } catch {
    return text(body)
  }
}

function createWorld(): WebhookWorld {
  const { webhooks } = setUp()
  let count = 0
  return {
    source: webhooks,
    proof: 'body',
    // The signature stands in the body, so news is signed when it is written.
    news() {
      count += 1
      const topic = TOPICS[count % TOPICS.length] ?? ''
      const uuid = `62f88b36-a9d5-4fa6-aa26-${`${count}`.padStart(12, '0')}`
      return new TextEncoder().encode(signed(fieldsOf(topic, { uuid })))
    },
    deliver: (body) => delivery(withSign(body)),
    forge(body) {
      const { sign: _sign, ...fields } = JSON.parse(text(body)) as Record<string, unknown>
      const forged = (what: string, sign: unknown) => ({
        what,
        delivery: delivery(phpJson({ ...fields, sign })),
      })
      const plain = phpJson(fields)
      const right = md5Of(plain, fields.type === 'payout' ? PAYOUT_KEYS[0] : PAYMENT_KEYS[0])
      return [
        { what: 'no sign', delivery: delivery(plain) },
        forged('an empty sign', ''),
        forged('null', null),
        forged('a list with the right one', [right]),
        forged('half of it', right.slice(0, 16)),
        forged('capitals', right.toUpperCase()),
        forged('no key', md5Of(plain, '')),
        forged('another key', md5Of(plain, 'guessed-key-0000')),
        forged(
          'the key of the other kind',
          md5Of(plain, fields.type === 'payout' ? PAYMENT_KEYS[0] : PAYOUT_KEYS[0]),
        ),
        { what: 'another address', delivery: delivery(body, { peer: { address: '203.0.113.7' } }) },
        { what: 'an unknown address', delivery: delivery(body, { peer: {} }) },
        {
          what: 'an address that begins alike',
          delivery: delivery(body, { peer: { address: `${SENDER}1` } }),
        },
      ]
    },
    malformed: MALFORMED.map((malformed) => new TextEncoder().encode(malformed)),
  }
}

describe('webhooks', () => {
  registerCases(it, { cases: webhookCases, createWorld })
})
