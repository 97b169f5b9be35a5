import { createLastro, isLastroError, Money } from '@lastro/core'
import type { ProviderEvent, RawDelivery, StoredDelivery, Verdict } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { AMOUNT, type Bank, createBank, DESTINATION } from './bank.ts'

const PROOF = 'x-proof'

eachDatabase((db) => {
  let bank: Bank
  let lastro: ReturnType<typeof engine>
  let translated: number
  let broken: boolean

  /** Webhooks of a bank that signs with a header; without one they are unproven. */
  const webhooks = {
    specVersion: 1,
    maxBodyBytes: 10_000,
    eventTypes: [{ type: 'payout', does: 'applied', becomes: 'payout' }],
    async verify({ headers, body }: RawDelivery): Promise<Verdict> {
      const text = new TextDecoder().decode(body)
      if (text === 'crash') throw new Error('a bug in an adapter')
      if (!text.startsWith('{')) return { kind: 'rejected', reason: 'malformed' }
      const { id = text } = JSON.parse(text)
      if (headers[PROOF] === 'old') return { kind: 'rejected', reason: 'stale' }
      if (headers[PROOF] === 'good') return { kind: 'authentic', deliveryId: id, topic: 'payout' }
      if (headers[PROOF] === undefined) return { kind: 'unproven', deliveryId: id, topic: 'payout' }
      return { kind: 'rejected', reason: 'bad_signature' }
    },
    translate({ body }: StoredDelivery): readonly ProviderEvent[] {
      translated += 1
      if (broken) throw new Error('a field nobody expected')
      const { key, state = 'paid', amount = '12.34', odd } = JSON.parse(new TextDecoder().decode(body))
      if (odd !== undefined)
        return [{ kind: 'unrecognised', topic: 'odd', detail: 'fits no rule', providerRef: odd }]
      const money = Money.parse(amount, 'BRL/2')
      return [
        {
          kind: 'payout',
          idempotencyKey: key ?? null,
          providerRef: `ref-${key}`,
          state,
          amount: money,
          endToEndId: 'E1',
        },
      ]
    },
  } as const

  const engine = () =>
    createLastro({
      storage: db.storage,
      clock: db.clock,
      providers: { bank: { id: 'bank', payouts: bank.port, webhooks }, mute: { id: 'mute' } },
    })
  const deliver = (content: object | string, proof: string | null = 'good', provider = 'bank') =>
    lastro.http.fetch(
      new Request(`https://host.example/webhooks/${provider}?x=1`, {
        method: 'POST',
        headers: proof === null ? {} : { [PROOF]: proof },
        body: typeof content === 'string' ? content : JSON.stringify(content),
      }),
    )
  const pay = async (key = 'k1') => {
    const payout = await lastro.payouts.create({
      provider: 'bank',
      amount: AMOUNT,
      destination: DESTINATION,
      idempotencyKey: key,
    })
    await lastro.tick()
    return payout
  }
  const audits = async (action: string) =>
    (await db.storage.read((tx) => tx.audit.list({ action }))).items.map(({ details, subject }) => ({
      ...details,
      subject,
    }))

  beforeEach(async () => {
    await db.truncate()
    translated = 0
    broken = false
    bank = createBank()
    lastro = engine()
    await lastro.migrate()
  })

  describe('a delivery', () => {
    it('is stored before the answer, applied by a job, once', async () => {
      const payout = await pay()
      const answer = await deliver({ id: 'd1', key: payout.id })
      expect([answer.status, await answer.json()]).toEqual([200, { result: 'received' }])
      expect(translated).toBe(0)
      const [stored] = (await lastro.webhooks.list()).items
      expect(stored).toMatchObject({
        provider: 'bank',
        deliveryId: 'd1',
        state: 'received',
        verdict: 'authentic',
      })
      await lastro.tick()
      expect(await lastro.payouts.get(payout.id)).toMatchObject({ state: 'paid', endToEndId: 'E1' })
      expect((await lastro.webhooks.list({ state: 'applied' })).items).toHaveLength(1)
    })

    it('that comes 50 times at once is stored and applied once', async () => {
      const payout = await pay()
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => deliver({ id: 'd1', key: payout.id })),
      )
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
      const results = (await Promise.all(answers.map((answer) => answer.json()))) as { result: string }[]
      expect(results.filter(({ result }) => result === 'received')).toHaveLength(1)
      await lastro.tick()
      expect(translated).toBe(1)
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    })

    it('changes nothing when the state is settled: duplicates under other ids, and the past', async () => {
      const payout = await pay()
      for (const [index, state] of ['paid', 'pending', 'paid', 'pending'].entries()) {
        await deliver({ id: `d${index}`, key: payout.id, state })
        await lastro.tick()
      }
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
      expect(await lastro.ledger.verify()).toEqual([])
      expect((await lastro.ledger.balance('provider:bank:BRL/2')).posted.amount).toBe(-1234n)
    })

    it('may overtake the answer to the call that caused it', async () => {
      bank = createBank({ refFor: true })
      lastro = engine()
      bank.next.push('hang')
      const payout = await lastro.payouts.create({
        provider: 'bank',
        amount: AMOUNT,
        destination: DESTINATION,
        idempotencyKey: 'k',
      })
      void lastro.tick()
      await expect.poll(() => bank.submits.length).toBe(1)
      await deliver({ id: 'd1', key: payout.id })
      await engine().tick()
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    })

    it('with another amount moves nothing and is told to people', async () => {
      const payout = await pay()
      await deliver({ id: 'd1', key: payout.id, amount: '12.35' })
      await lastro.tick()
      expect((await lastro.payouts.get(payout.id)).state).toBe('pending')
      expect(await audits('payout.contradicted')).toMatchObject([
        { subject: payout.id, contradiction: expect.stringContaining('amount differs') },
      ])
    })

    it('for a payout that we never made moves nothing and is told to people', async () => {
      await deliver({ id: 'd1', key: 'pout_unknown' })
      await lastro.tick()
      expect(await audits('webhook.unmatched')).toMatchObject([{ providerRef: 'ref-pout_unknown' }])
      expect((await lastro.webhooks.list({ state: 'applied' })).items).toHaveLength(1)
    })

    it('that nothing proves is believed only as far as the provider confirms it', async () => {
      const payout = await pay()
      await deliver({ id: 'd1', key: payout.id, state: 'paid' }, null)
      await lastro.tick()
      expect((await lastro.payouts.get(payout.id)).state).toBe('pending')
      bank.settle(payout.id)
      await deliver({ id: 'd2', key: payout.id, state: 'pending' }, null)
      await lastro.tick()
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
    })

    it('that fits no rule makes the engine ask: money that came back is booked, part by part', async () => {
      const payout = await pay()
      bank.settle(payout.id)
      await deliver({ id: 'd1', key: payout.id })
      await lastro.tick()
      const left = async () => (await lastro.ledger.balance('provider:bank:BRL/2')).posted.amount
      bank.giveBack(payout.id, 234n)
      await deliver({ id: 'd2', odd: `ref-${payout.id}` })
      await deliver({ id: 'd3', odd: `ref-${payout.id}` })
      await lastro.tick()
      expect(await lastro.payouts.get(payout.id)).toMatchObject({
        state: 'paid',
        returned: Money.of(234n, 'BRL/2'),
      })
      expect(await left()).toBe(-1000n)
      bank.giveBack(payout.id, 1234n)
      // Named by its end-to-end id this time, as Efí does for what began elsewhere.
      await deliver({ id: 'd4', odd: 'E1' })
      await lastro.tick()
      expect(await lastro.payouts.get(payout.id)).toMatchObject({ state: 'returned', returned: AMOUNT })
      expect(await left()).toBe(0n)
      expect(await lastro.ledger.verify()).toEqual([])
      await deliver({ id: 'd5', odd: 'nothing of ours' })
      await lastro.tick()
      expect(await audits('webhook.unmatched')).toMatchObject([{ detail: 'fits no rule' }])
    })

    it('that cannot be applied is tried again, dies with its error, and can be replayed by a fixed adapter', async () => {
      const payout = await pay()
      broken = true
      await deliver({ id: 'd1', key: payout.id })
      for (let round = 0; round < 12; round += 1) {
        await db.clock.advance(400_000)
        await lastro.tick()
      }
      const [dead] = (await lastro.webhooks.list({ state: 'dead' })).items
      expect(dead).toMatchObject({ error: 'Error: a field nobody expected' })
      expect((await lastro.jobs.dead({ name: 'webhooks.apply' })).items).toMatchObject([{ attempts: 8 }])
      broken = false
      await lastro.webhooks.replay(dead?.id ?? '')
      await lastro.tick()
      expect((await lastro.webhooks.get(dead?.id ?? '')).state).toBe('applied')
      expect((await lastro.payouts.get(payout.id)).state).toBe('paid')
      await lastro.webhooks.replay(dead?.id ?? '')
      await lastro.tick()
      expect(await lastro.ledger.verify()).toEqual([])
    })
  })

  it.each([
    ['a wrong proof', { id: 'd1' }, 'forged', 401, 'bad_signature'],
    ['an old one', { id: 'd1' }, 'old', 400, 'stale'],
    ['no form', 'hello', 'good', 400, 'malformed'],
    ['an adapter that throws', 'crash', 'good', 400, 'malformed'],
    ['too many bytes', `{"id":"${'x'.repeat(20_000)}"}`, 'good', 413, 'too_large'],
  ] as const)(
    '%s is refused with an audit row and no effect',
    async (_what, content, proof, status, reason) => {
      const answer = await deliver(content, proof)
      expect([answer.status, await answer.json()]).toEqual([status, { result: reason }])
      expect(await audits('webhook.rejected')).toMatchObject([{ reason, status, subject: 'bank' }])
      expect((await lastro.webhooks.list()).items).toEqual([])
      await lastro.tick()
      expect(translated).toBe(0)
    },
  )

  it.each(['nobody', 'mute', '__proto__', 'constructor'])(
    'a provider without webhooks (%s) is 404',
    async (provider) => {
      const answer = await deliver({ id: 'd1' }, 'good', provider)
      expect([answer.status, await answer.json()]).toEqual([404, { result: 'unknown_provider' }])
    },
  )

  it('answers only what it serves', async () => {
    const get = await lastro.http.fetch(new Request('https://host.example/webhooks/bank'))
    const other = await lastro.http.fetch(new Request('https://host.example/elsewhere', { method: 'POST' }))
    expect([get.status, other.status]).toEqual([405, 404])
  })

  it('says so when a body parser was there first', async () => {
    const received = lastro.webhooks.receive('bank', { url: '/', headers: {}, body: { id: 'd1' } as never })
    await expect(received).rejects.toSatisfy(
      (error) =>
        isLastroError(error, 'webhook_body_parsed') && error.message.includes('before any body parser'),
    )
  })

  it('reads Node headers as well as Web headers', async () => {
    const body = new TextEncoder().encode('{"id":"d1"}')
    const receipt = await lastro.webhooks.receive('bank', {
      url: '/',
      headers: { 'X-Proof': 'good', accept: ['a', 'b'], none: undefined },
      body,
    })
    expect(receipt).toMatchObject({ status: 200, result: 'received' })
  })
})
