import { createFakeStripe, type FakeStripeEndpoint } from '@lastro/testing/stripe'
import { Stripe } from 'stripe'
import { describe, expect, it } from 'vitest'
import { type Definitions, misfits } from './schema.ts'
import { OTHER_SECRET, readSpec, SECRET } from './setup.ts'
import { adapterFor, requestFor, setUp } from './world.ts'

/** A fake in which everything has happened once, and the webhooks that it sent. */
async function eventful(endpoint: Partial<FakeStripeEndpoint> = {}) {
  const seen: Request[] = []
  const world = setUp({
    fake: {
      endpoints: [{ url: 'https://shop.example/hook', secrets: [SECRET, OTHER_SECRET], ...endpoint }],
      withTestScheme: true,
      deliver: (request) => {
        seen.push(request)
        return new Response(null, { status: 204 })
      },
    },
  })
  const { fake, clock } = world
  const { payments } = adapterFor(fake, { clock })
  const make = async (method: 'card' | 'checkout', capture: 'automatic' | 'manual' = 'automatic') => {
    const made = await payments.create(requestFor({ method, capture }))
    if (made.kind !== 'accepted') throw new Error('not made')
    return made.value.providerRef
  }
  const card = await make('card')
  fake.confirmCard(card, { declines: 'insufficient_funds' })
  fake.confirmCard(card, 'requires_action')
  const charge = fake.completeAction(card) ?? ''
  fake.warnFraud(charge)
  const dispute = fake.openDispute(charge)
  fake.respondToDispute(dispute)
  fake.closeDispute(dispute, 'won')
  fake.payCheckout(await make('checkout', 'manual'))
  fake.settleProcessing(fake.payCheckout(await make('checkout'), 'processing'))
  await payments.cancel({ idempotencyKey: 'x', providerRef: await make('checkout') })
  const other = fake.charges.find(({ captured, disputed }) => captured && !disputed)?.id ?? ''
  await payments.refund({
    idempotencyKey: 'rfnd_1',
    payment: { idempotencyKey: 'x', providerRef: card },
    receiptRef: other,
    amount: { amount: 100n, asset: 'USD/2' },
  })
  fake.failRefund(fake.refunds[0]?.id ?? '')
  await fake.flushWebhooks()
  return { ...world, seen }
}

const schema = readSpec<{ readonly definitions: Definitions }>('stripe-objects-2026-10-28.endive.schema.json')

describe.skipIf(schema === null)("the fake's objects have the form of Stripe's types", () => {
  it('every object, and every object in an event', async () => {
    const { fake } = await eventful()
    const definitions = schema?.definitions ?? {}
    const nameOf = (object: string) => object.replace('radar.', '').replaceAll('.', '_')
    const inEvents = fake.events.map(({ data }) => data.object)
    const all = [
      ...fake.sessions,
      ...fake.intents,
      ...fake.charges,
      ...fake.refunds,
      ...fake.disputes,
      ...fake.warnings,
      ...inEvents,
    ]
    const found = all.flatMap((object) =>
      misfits(object, definitions[nameOf(object.object)] ?? { const: 'no such type' }, {
        definitions,
        path: object.object,
      }),
    )
    expect([...new Set(found)]).toEqual([])
    expect(new Set(all.map(({ object }) => object)).size).toBe(6)
  })
})

describe("the fake's webhooks", () => {
  it("are what Stripe's own package takes for genuine, under each secret", async () => {
    const { seen, clock } = await eventful()
    const receivedAt = clock.now().getTime()
    expect(seen.length).toBeGreaterThan(20)
    for (const request of seen) {
      const body = Buffer.from(await request.arrayBuffer())
      const header = request.headers.get('stripe-signature') ?? ''
      for (const secret of [SECRET, OTHER_SECRET]) {
        const event = Stripe.webhooks.constructEvent(body, header, secret, 300, undefined, receivedAt)
        expect(event.object).toBe('event')
      }
      expect(() =>
        Stripe.webhooks.constructEvent(body, header, 'whsec_another', 300, undefined, receivedAt),
      ).toThrow()
    }
  })

  it('of old versions have old shapes', async () => {
    const { seen } = await eventful({ apiVersion: '2025-02-24.acacia' })
    const events = await Promise.all(seen.map(async (request) => JSON.parse(await request.text())))
    const intents = events.map(({ data }) => data.object).filter(({ object }) => object === 'payment_intent')
    expect(intents.length).toBeGreaterThan(0)
    for (const intent of intents) {
      expect(intent).toMatchObject({ invoice: null })
      for (const field of ['payment_record', 'allowed_payment_method_types', 'customer_account'])
        expect(intent).not.toHaveProperty(field)
    }
    expect(events.every(({ api_version: version }) => version === '2025-02-24.acacia')).toBe(true)
  })

  it('are thin where the endpoint wants them so', async () => {
    const { seen, fake } = await eventful({ payload: 'thin' })
    const [first] = await Promise.all(seen.map(async (request) => JSON.parse(await request.text())))
    expect(first).toMatchObject({
      object: 'v2.core.event',
      type: 'v1.payment_intent.created',
      related_object: {
        id: fake.intents[0]?.id,
        type: 'payment_intent',
        url: `/v1/payment_intents/${fake.intents[0]?.id}`,
      },
    })
    expect(first).not.toHaveProperty('data')
  })

  it('come again until they are taken, and are given up after three days', async () => {
    const { clock } = setUp()
    let status = 500
    const fake = createFakeStripe({
      clock,
      endpoints: [{ url: 'https://shop.example/hook', secrets: [SECRET] }],
      deliver: () => new Response(null, { status }),
    })
    await adapterFor(fake, { clock }).payments.create(requestFor({ method: 'card' }))
    await fake.flushWebhooks()
    status = 200
    await clock.advance(3_600_000)
    expect(fake.webhooks).toMatchObject([
      { state: 'delivered', attempts: [{ status: 500 }, { status: 200 }] },
    ])
    status = 500
    await adapterFor(fake, { clock }).payments.create(requestFor({ method: 'card' }))
    await clock.advance(80 * 3_600_000)
    expect(fake.webhooks.at(-1)).toMatchObject({ state: 'given_up' })
    fake.close()
  })
})
