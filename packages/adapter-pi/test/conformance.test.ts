import { type CreatePayment, Money, type PaymentProvider, type RawDelivery } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import {
  type PaymentFault,
  type PaymentWorld,
  type PayoutFault,
  type PayoutWorld,
  paymentCases,
  payoutCases,
  registerCases,
  type WebhookWorld,
  webhookCases,
} from '@lastro/testing/conformance'
import { createFakePi, type FakePi, signPiWebhook } from '@lastro/testing/pi'
import { describe, it } from 'vitest'
import { type PiOptions, pi } from '../src/index.ts'
import { bytes, deliveryOf, optionsFor, TEST_PI, units } from './setup.ts'

/** For how long Horizon may not show a transaction whose answer was lost, as far as the fake is concerned. */
const HIDDEN_MS = 30_000
const SMALLEST = units(1n)
const LARGEST = units(9_223_372_036_854_775_807n)
const ENDLESS = 10n ** 30n

const READS = [
  ...(['payments.get', 'payments.incomplete'] as const),
  ...(['chain.root', 'chain.account', 'chain.transactions', 'chain.transaction'] as const),
]

/** Whoever looks something up gets a server error. */
const troubleReads = ({ faults }: FakePi): void => {
  for (const operation of READS) faults.always(operation, 'error_500_before')
}

const SEND_FAULTS: Readonly<Record<Exclude<PayoutFault, 'unreachable'>, (fake: FakePi) => void>> = {
  lost_reply: ({ faults }) =>
    faults.next('chain.submit', { kind: 'drop_after_effect', hiddenForMs: HIDDEN_MS }),
  cut_reply: ({ faults }) => faults.next('chain.submit', { kind: 'truncate', clean: true }),
  no_reply: ({ faults }) => faults.next('chain.submit', { kind: 'slow', delayMs: 86_400_000 }),
  server_error: ({ faults }) => faults.next('payments.create', { kind: 'refuse', status: 503 }),
  server_error_after_effect: ({ faults }) =>
    faults.next('chain.submit', { kind: 'error_500_after', status: 504 }),
  refuse: ({ faults }) => faults.next('payments.create', { kind: 'refuse', code: 'missing_scope' }),
  lookup_trouble: troubleReads,
}

function createPayoutWorld(): PayoutWorld {
  const clock = manualClock()
  const fake = createFakePi({ clock, appBalance: ENDLESS })
  const instance = () => pi(optionsFor(fake, { clock })).payouts
  let count = 0
  return {
    provider: instance(),
    restarted: instance,
    request(amount = units(31_400_000n)) {
      count += 1
      const destination = { kind: 'provider_user', user: `user-${count}` } as const
      return { idempotencyKey: `pout_01k00000000000000000${count}`, amount, destination }
    },
    smallest: SMALLEST,
    largest: LARGEST,
    refusalReason: 'not_permitted',
    async arrived({ destination }) {
      const sent = fake.sentTo(destination.kind === 'provider_user' ? destination.user : '')
      return sent.filter(({ successful }) => successful).map(({ amount }) => units(amount))
    },
    fault(kind) {
      // A wallet sends one after another, so what was sent before has been seen by now, or the next send would wait.
      fake.catchUp()
      if (kind === 'unreachable') fake.reachable(false)
      else SEND_FAULTS[kind](fake)
    },
    mend() {
      fake.reachable(true)
      fake.faults.clear()
    },
    pass: (ms) => fake.advance(ms),
    close: async () => fake.close(),
  }
}

/** A fault of the next call that makes a payment or gives one back: the approval, or a step of the send. */
const PAYMENT_FAULTS: Readonly<Record<Exclude<PaymentFault, 'unreachable'>, (fake: FakePi) => void>> = {
  lost_reply(fake) {
    fake.faults.next('payments.approve', 'drop_after_effect')
    SEND_FAULTS.lost_reply(fake)
  },
  cut_reply(fake) {
    fake.faults.next('payments.approve', { kind: 'truncate', clean: true })
    SEND_FAULTS.cut_reply(fake)
  },
  server_error(fake) {
    fake.faults.next('payments.approve', { kind: 'refuse', status: 503, code: 'cancelled_payment' })
    SEND_FAULTS.server_error(fake)
  },
  server_error_after_effect(fake) {
    fake.faults.next('payments.approve', 'error_500_after')
    SEND_FAULTS.server_error_after_effect(fake)
  },
  refuse: ({ faults }) => faults.next('payments.approve', { kind: 'refuse', code: 'forbidden' }),
  lookup_trouble: troubleReads,
}

function createPaymentWorld(): PaymentWorld {
  const clock = manualClock()
  const fake = createFakePi({ clock, userBalance: ENDLESS, appBalance: ENDLESS })
  const ids = new Map<string, string>()
  const instance = () => {
    const { payments } = pi(optionsFor(fake, { clock }))
    // A fault strikes one call: what was laid out for the other one is taken back.
    const refund: typeof payments.refund = (request) =>
      payments.refund(request).finally(() => fake.faults.clear())
    return { ...payments, refund }
  }
  const provider = instance()
  /** The browser makes the payment once, with what `create` gave it; the wallet asks for approval again and again. */
  const inBrowser = async (by: PaymentProvider, request: CreatePayment): Promise<string> => {
    const known = ids.get(request.idempotencyKey)
    if (known !== undefined) return known
    const created = await by.create(request)
    const action = created.kind === 'accepted' ? created.value.action : undefined
    if (action?.kind !== 'create_in_browser')
      throw new Error(`Nothing to make in the browser: ${created.kind}.`)
    const { amount = '', metadata = '' } = action.facts
    const id =
      ids.get(request.idempotencyKey) ??
      fake.createPayment({
        uid: request.payer?.providerRef ?? '',
        amount: Money.parse(amount, TEST_PI).amount,
        metadata: JSON.parse(metadata),
      })
    ids.set(request.idempotencyKey, id)
    return id
  }
  const paymentOf = ({ idempotencyKey }: CreatePayment) =>
    fake.payments.find(({ identifier }) => identifier === ids.get(idempotencyKey))
  let count = 0
  return {
    provider,
    restarted: instance,
    request(amount = units(31_400_000n)) {
      count += 1
      const payer = { providerRef: `payer-${count}` }
      return { idempotencyKey: `pay_01k00000000000000000${count}`, amount, method: 'pi', payer }
    },
    async make(by, request) {
      const providerRef = await inBrowser(by, request)
      const { idempotencyKey, amount, payer = {} } = request
      const outcome = await by.approve?.({ idempotencyKey, providerRef, amount, payer })
      fake.faults.clear()
      if (outcome === undefined) throw new Error('There is no approve.')
      return outcome
    },
    knownRef: ({ idempotencyKey }) => ids.get(idempotencyKey),
    smallest: SMALLEST,
    largest: LARGEST,
    refusalReason: 'refused',
    async made(request) {
      const payment = paymentOf(request)
      return payment?.approved === true ? [units(payment.amount)] : []
    },
    async pay(request) {
      const providerRef = ids.get(request.idempotencyKey) ?? ''
      const proof = fake.signs(providerRef)
      if (proof === false) return false
      const { idempotencyKey, amount } = request
      const outcome = await provider.complete({ idempotencyKey, providerRef, amount, proof })
      return outcome.kind === 'accepted' && outcome.value.state === 'paid'
    },
    async returned({ payer }) {
      const sent = fake.sentTo(payer?.providerRef ?? '')
      return sent.filter(({ successful }) => successful).map(({ amount }) => units(amount))
    },
    fault(kind) {
      fake.catchUp()
      fake.faults.clear()
      if (kind === 'unreachable') fake.reachable(false)
      else PAYMENT_FAULTS[kind](fake)
    },
    mend() {
      fake.reachable(true)
      fake.faults.clear()
    },
    pass: (ms) => fake.advance(ms),
    close: async () => fake.close(),
  }
}

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const OLD_SECRET = `whsec_${Buffer.alloc(32, 2).toString('base64')}`
const WRONG_SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`

/** A payment is made, paid and completed, and what the host's relay writes about it is the news. */
function createWebhookWorld(
  proof: 'body' | 'none',
  webhook: PiOptions['webhook'],
  signedBy?: string,
): WebhookWorld {
  const clock = manualClock()
  const fake = createFakePi({ clock, webhook: { url: 'https://shop.example/api/webhooks/pi' } })
  const { payments, webhooks } = pi(optionsFor(fake, { clock, ...(webhook && { webhook }) }))
  const ids = new Map<string, string>()
  let count = 0
  const headersFor = (body: Uint8Array, secret: string | undefined) => {
    const text = new TextDecoder().decode(body)
    const id = ids.get(text) ?? `msg_${ids.size + 1}`
    ids.set(text, id)
    return signPiWebhook(text, { id, at: clock.now(), secret })
  }
  const deliver = async (body: Uint8Array): Promise<RawDelivery> => {
    await clock.advance(60_000)
    return deliveryOf(body, { headers: headersFor(body, signedBy), receivedAt: clock.now() })
  }
  return {
    source: webhooks,
    proof,
    async news() {
      count += 1
      const idempotencyKey = `pay_${count}`
      const metadata = { lastro: idempotencyKey }
      const providerRef = fake.createPayment({ uid: 'user-1', amount: 31_400_000n, metadata })
      const ref = { idempotencyKey, providerRef, amount: units(31_400_000n) }
      await payments.approve(ref)
      const txid = fake.signs(providerRef)
      await payments.complete({ ...ref, ...(txid !== false && { proof: txid }) })
      return bytes(fake.webhooks.at(-1)?.body ?? '')
    },
    deliver,
    async forge(body) {
      if (proof === 'none') return []
      const delivery = await deliver(body)
      const { headers } = delivery
      const without = (name: string) =>
        Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
      const others: readonly (Partial<RawDelivery> & { readonly what: string })[] = [
        { what: 'nothing signed', headers: headersFor(body, undefined) },
        { what: 'another secret', headers: headersFor(body, WRONG_SECRET) },
        { what: 'no id', headers: without('webhook-id') },
        { what: 'another id', headers: { ...headers, 'webhook-id': 'msg_other' } },
        { what: 'no signature', headers: without('webhook-signature') },
        { what: 'an empty signature', headers: { ...headers, 'webhook-signature': '' } },
        { what: 'an old signature', receivedAt: new Date(clock.now().getTime() + 301_000) },
      ]
      return others.map(({ what, ...other }) => ({ what, delivery: { ...delivery, ...other } }))
    },
    malformed: [
      '{"type":"payment_completed","payment_id":"PR1',
      '{"type":"payment_completed"}',
      '{"payment_id":"PR1qHuKAjgfMDs5WB9DdFoHiq3I6"}',
      '{"type":"payment completed","payment_id":"PR1qHuKAjgfMDs5WB9DdFoHiq3I6"}',
      '{"type":"payment_completed","payment_id":"../cancel"}',
      '{"type":1,"payment_id":2}',
      ...['[]', 'null', '"pi"', 'type=payment_completed', '\u0000'],
    ].map(bytes),
    close: async () => fake.close(),
  }
}

describe('payments', () => registerCases(it, { cases: paymentCases, createWorld: createPaymentWorld }))
describe('payouts', () => registerCases(it, { cases: payoutCases, createWorld: createPayoutWorld }))

describe('webhooks that nothing proves', () => {
  registerCases(it, { cases: webhookCases, createWorld: () => createWebhookWorld('none', undefined) })
})
describe.each([
  ['the only secret', [SECRET], SECRET],
  ['the old one of two secrets', [SECRET, OLD_SECRET], OLD_SECRET],
  ['the new one of two secrets', [SECRET, OLD_SECRET], SECRET],
])('webhooks signed with %s', (_name, secrets, signedBy) => {
  registerCases(it, {
    cases: webhookCases,
    createWorld: () => createWebhookWorld('body', { secrets }, signedBy),
  })
})
