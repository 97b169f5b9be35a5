// How fast a delivery of 1 KB is verified, against the bare HMAC of its bytes and against Stripe's own package:
//   node --conditions=@lastro/source packages/adapter-stripe/scripts/measure-verify.ts
import { createHmac, createSecretKey } from 'node:crypto'
import { Stripe } from 'stripe'
import { stripe } from '../src/index.ts'

const SECRET = 'whsec_test_5f2c1e0b7a9d4c3e8b6a1f0d2c4e6a8b'
const SECONDS = 1_793_448_000
const ROUNDS = 15
const CALLS = 20_000

const metadata = Object.fromEntries(
  Array.from({ length: 33 }, (_, index) => [`key_${index}`, `value ${index}`]),
)
const event = {
  id: 'evt_1SOKWebVec0001',
  object: 'event',
  api_version: '2026-10-28.endive',
  created: SECONDS - 10,
  data: {
    object: { id: 'pi_3SOKVec0001', object: 'payment_intent', amount: 1999, currency: 'usd', metadata },
  },
  livemode: false,
  pending_webhooks: 1,
  request: { id: 'req_vec0001', idempotency_key: 'idem-vec-0001' },
  type: 'payment_intent.succeeded',
}
const body = Buffer.from(JSON.stringify(event))
const key = createSecretKey(Buffer.from(SECRET))
const header = `t=${SECONDS},v1=${createHmac('sha256', key).update(`${SECONDS}.`).update(body).digest('hex')}`
const delivery = {
  method: 'POST',
  url: '/webhooks/stripe',
  headers: { 'stripe-signature': header },
  body,
  receivedAt: new Date(SECONDS * 1_000),
}
const { webhooks } = stripe({
  webhook: { secrets: [SECRET], livemode: false },
  clock: { now: () => delivery.receivedAt },
})
const verdict = await webhooks.verify(delivery)
if (verdict.kind !== 'authentic' || verdict.subject !== 'pi_3SOKVec0001')
  throw new Error(JSON.stringify(verdict))

/** What is measured, each with the number of nanoseconds that its best round took for one call. */
const best = new Map<string, number>()
const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))
const CONTENDERS: Readonly<Record<string, () => unknown>> = {
  bareHmacHex: () => createHmac('sha256', key).update(body).digest('hex'),
  bareHmac: () => createHmac('sha256', key).update(body).digest(),
  verify: () => webhooks.verify(delivery),
  verifyAndParse: async () => [await webhooks.verify(delivery), parse(body)],
  constructEvent: () => Stripe.webhooks.constructEvent(body, header, SECRET, 300, undefined, SECONDS * 1_000),
}
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, call] of Object.entries(CONTENDERS)) {
    const isAsync = call() instanceof Promise
    const started = process.hrtime.bigint()
    if (isAsync) for (let count = 0; count < CALLS; count++) await call()
    else for (let count = 0; count < CALLS; count++) call()
    const took = Number(process.hrtime.bigint() - started) / CALLS
    best.set(name, Math.min(best.get(name) ?? took, took))
  }
}
const of = (name: string): number => best.get(name) ?? Number.NaN
console.log(`${body.length} bytes`)
for (const [name, took] of best) console.log(`${name.padEnd(16)}${took.toFixed(0).padStart(7)} ns`)
console.log(`verify / bare HMAC: ${(Math.min(of('bareHmac'), of('bareHmacHex')) / of('verify')).toFixed(2)}`)
console.log(`verify and parse / constructEvent: ${(of('constructEvent') / of('verifyAndParse')).toFixed(2)}`)
