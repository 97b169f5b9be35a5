import type { RawDelivery, WebhookSource } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { SIGNATURE, said, signedSource } from './webhooks-fixture.ts'
import { randomOf } from './webhooks-model.ts'
import { fuzz } from './webhooks-mutate.ts'
import { bySignature, type OpenSource, SOURCES } from './webhooks-sources.ts'

// A sample; `npm run bench -- webhook-fuzz --count 100000 --seed 1` is the long form.
const SEED = Number(process.env.LASTRO_SEED ?? Date.now() % 1_000_000)
const COUNT = 2_000

/** A source that signs bodies, as the fixture makes it, or with a flaw. */
function signing(flaw: Partial<WebhookSource> = {}): OpenSource {
  const source = signedSource({ secrets: ['s0', 's1'] })
  const genuine: RawDelivery[] = ['a', 'b'].map((id) => ({
    ...said({ id, topic: 'item' }),
    method: 'POST',
    receivedAt: new Date(0),
  }))
  const translate: WebhookSource['translate'] = () => []
  return {
    source: { ...source, translate, ...flaw },
    genuine,
    isForged: bySignature(({ headers }) => ({ [SIGNATURE]: [headers[SIGNATURE] ?? ''] })),
  }
}

describe(`mutated deliveries (seed ${SEED})`, () => {
  it.each(SOURCES.map((known) => [`${known.factory}, ${known.mode}`, known] as const))(
    '%s: none is accepted, and none throws',
    async (_name, known) => {
      const open = await known.open()
      for (const delivery of open.genuine)
        expect((await open.source.verify(delivery)).kind, 'a genuine one').not.toBe('rejected')
      const found = await fuzz(open, { count: COUNT, random: randomOf(SEED) })
      expect(found).toEqual({ forged: found.forged, accepted: [], thrown: [] })
      expect(found.forged).toBeGreaterThan(COUNT / 8)
    },
  )

  it('would be found: a source that trusts, one that repairs, one that throws', async () => {
    const run = () => ({ count: COUNT, random: randomOf(SEED) })
    expect(await fuzz(signing(), run())).toMatchObject({ accepted: [], thrown: [] })
    const facts = { kind: 'authentic', deliveryId: 'a', topic: 'item' } as const
    const trusting = signing({ verify: async () => facts })
    expect((await fuzz(trusting, run())).accepted).toHaveLength(10)
    const { source } = signing()
    const repairing = signing({
      verify: (delivery) => source.verify({ ...delivery, body: trimmed(delivery.body) }),
    })
    expect((await fuzz(repairing, run())).accepted.length).toBeGreaterThan(0)
    const throwing = signing({ translate: ({ body }) => JSON.parse(new TextDecoder().decode(body)) })
    expect((await fuzz(throwing, run())).thrown).toHaveLength(10)
  })
})

function trimmed(body: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(body).trim())
}
