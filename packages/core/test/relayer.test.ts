import { isLastroError } from '@lastro/core'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, it } from 'vitest'
import { endpoint, verified } from './outgoing-world.ts'
import {
  CONTRACT,
  createWorld,
  dying,
  type Engine,
  OTHER,
  relayedIds,
  round,
  toldTypes,
} from './relayer-world.ts'

eachDatabase((db) => {
  let world: ReturnType<typeof createWorld>
  let lastro: Engine

  beforeEach(async () => {
    await db.truncate()
    world = createWorld(db)
    lastro = world.engine()
    await lastro.migrate()
  })

  const status = async (engine = lastro) => (await engine.relayer.streams())[0]
  const failsWith = async (work: Promise<unknown>, code: string) => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(isLastroError(error) && error.code).toBe(code)
  }

  describe('following', () => {
    it('relays each event once, in order, with what it says', async () => {
      const ids = [...world.emit(2), ...world.emit(5), ...world.emit(1)]
      world.emit(3, OTHER)
      await round(db, lastro)
      expect(await relayedIds(lastro)).toEqual(ids)
      for (let again = 0; again < 3; again += 1) await round(db, lastro)
      const later = world.emit(4)
      await round(db, lastro)
      expect(await relayedIds(lastro)).toEqual([...ids, ...later])
      expect(await status()).toMatchObject({
        state: 'live',
        relayed: '12',
        duplicates: '0',
        ledgersBehind: 0,
        error: null,
      })
      const [first] = await lastro.events.read({ types: ['relayer.event_relayed'], limit: 1 })
      expect(first).toMatchObject({
        subject: CONTRACT,
        data: {
          provider: 'soroban',
          network: 'stellar-testnet',
          id: ids[0],
          contract: CONTRACT,
          name: 'transfer',
          operation: '0',
          topics: ['AAAADwAAAAh0cmFuc2Zlcg=='],
          value: 'AAAACgAAAAAAAAAAAAAAAAAAAAE=',
        },
      })
      const { items } = await lastro.webhooks.list({ provider: 'soroban', subject: CONTRACT, limit: 200 })
      expect(items.map(({ deliveryId }) => deliveryId).sort()).toEqual([...ids, ...later].sort())
      expect(items[0]).toMatchObject({ topic: 'contract.transfer', verdict: 'authentic', state: 'applied' })
    })

    it('goes on after a restart, through ledgers in which nothing happened', async () => {
      const ids = [...world.emit(2)]
      await round(db, lastro)
      world.node.idle(25_000)
      ids.push(...world.emit(1))
      const restarted = world.engine({ from: 'latest' })
      await round(db, restarted)
      expect(await relayedIds(restarted)).toEqual(ids)
      expect(await toldTypes(restarted)).toEqual([])
    })

    it('begins at the newest ledger where nothing else is said', async () => {
      world.emit(2)
      world.node.idle(1)
      const fresh = world.engine({ from: 'latest' })
      await round(db, fresh, 1)
      const ids = world.emit(1)
      await round(db, fresh)
      expect(await relayedIds(fresh)).toEqual(ids)
    })

    it('keeps its place while the node is in trouble, and waits longer each time', async () => {
      const ids = world.emit(2)
      world.node.faults.always('getEvents', 'server_error')
      for (let times = 0; times < 6; times += 1) await round(db, lastro)
      expect(await status()).toMatchObject({ relayed: '0', error: expect.stringContaining('status 503') })
      expect((await lastro.health.check()).parts).toContainEqual(
        expect.objectContaining({ part: 'relayer:tokens', ok: false }),
      )
      expect(world.node.faults.log.length).toBeLessThan(5)
      expect((await lastro.jobs.dead()).items).toEqual([])
      world.node.faults.clear()
      await round(db, lastro, 300_000)
      expect(await relayedIds(lastro)).toEqual(ids)
      expect(await lastro.health.check()).toMatchObject({ ok: true })
    })

    it('a handler that fails stops no other event, and is dropped as older news by none', async () => {
      const ids = world.emit(3)
      let failures = 2
      const handled: unknown[] = []
      const shop = world.engine({
        handler: async (_tx, event) => {
          if (event.kind !== 'changed') return
          if (event.ref === ids[0] && failures > 0) {
            failures -= 1
            throw new Error('the host is not ready')
          }
          handled.push(event.ref)
        },
      })
      for (let times = 0; times < 6; times += 1) await round(db, shop)
      expect([...handled].sort()).toEqual([...ids])
      expect([...(await relayedIds(shop))].sort()).toEqual([...ids])
    })
  })

  describe('crashes and company', () => {
    it('a process that dies at any commit loses no event and relays none twice', async () => {
      const ids = [...world.emit(4), ...world.emit(5)]
      const { storage, plan } = dying(db.storage)
      const frail = world.engine({ storage, relayer: { pagesPerRun: 1 } })
      for (let times = 0; times < 20; times += 1) {
        await round(db, frail)
        if (times % 4 === 0) ids.push(...world.emit(4))
      }
      expect(plan.deaths.before).toBeGreaterThan(4)
      expect(plan.deaths.after).toBeGreaterThan(4)
      plan.isOn = false
      for (let times = 0; times < 4; times += 1) await round(db, frail, 30_000)
      const relayed = await relayedIds(frail)
      expect([...relayed].sort()).toEqual([...ids])
      expect(await status(frail)).toMatchObject({ relayed: `${ids.length}`, state: 'live' })
    })

    it('two workers relay each event once', async () => {
      const other = world.engine()
      const ids: string[] = []
      for (let times = 0; times < 4; times += 1) {
        ids.push(...world.emit(7))
        await db.clock.advance(5_000)
        await Promise.all([lastro.tick(), other.tick()])
      }
      await round(db, lastro)
      expect([...(await relayedIds(lastro))].sort()).toEqual(ids)
    })

    it('two streams of one provider that want the same event relay it once', async () => {
      const streams = ['a', 'b'].map((name) => ({
        name,
        provider: 'soroban' as const,
        contracts: [CONTRACT],
        from: world.node.oldest,
      }))
      const both = world.engine({ relayer: { streams } })
      const ids = world.emit(8)
      await round(db, both)
      expect([...(await relayedIds(both))].sort()).toEqual([...ids])
      const found = await both.relayer.streams()
      expect(found.map(({ relayed }) => BigInt(relayed)).reduce((left, right) => left + right)).toBe(8n)
    })
  })

  describe('gaps', () => {
    it('is told once, is part of the health, and is filled from an archive without repeating anything', async () => {
      const archive = world.node.twin()
      lastro = world.engine({ archive })
      const first = world.emit(2)
      await round(db, lastro)
      const lost = [...world.emit(4), ...world.emit(1)]
      world.node.idle(2)
      world.node.prune()
      const after = world.emit(2)
      for (let times = 0; times < 3; times += 1) await round(db, lastro)
      expect(await relayedIds(lastro)).toEqual([...first, ...after])
      expect(await toldTypes(lastro)).toEqual(['relayer.gap_seen'])
      expect((await lastro.audit.list({ action: 'relayer.gap_seen' })).items).toHaveLength(1)
      const {
        items: [gap],
      } = await lastro.relayer.gaps({ stream: 'tokens', state: 'open' })
      if (gap === undefined) throw new Error('no gap')
      expect(gap).toMatchObject({ reason: 'forgotten', to: expect.any(BigInt) })
      expect(gap.to - gap.from).toBeGreaterThanOrEqual(2n)
      const sick = await lastro.health.check()
      expect(sick.ok).toBe(false)
      expect(sick.parts).toContainEqual(
        expect.objectContaining({
          part: 'relayer:tokens',
          ok: false,
          detail: expect.stringContaining('1 gaps'),
        }),
      )
      // The node that lost it does not have it any more.
      await lastro.relayer.fillGap(gap.id)
      await round(db, lastro)
      expect(await toldTypes(lastro)).toEqual(['relayer.gap_seen', 'relayer.fill_refused'])
      await lastro.relayer.fillGap(gap.id, { provider: 'archive' })
      await round(db, lastro)
      expect(await relayedIds(lastro)).toEqual([...first, ...after, ...lost])
      expect((await lastro.relayer.gaps()).items).toEqual([
        expect.objectContaining({ id: gap.id, state: 'filled', source: 'archive', relayed: lost.length }),
      ])
      expect(await lastro.health.check()).toMatchObject({ ok: true })
      await failsWith(lastro.relayer.fillGap(gap.id), 'illegal_transition')
    })

    it('reads history again from a server that counts ids in another way, and finds only what was missed', async () => {
      const archive = world.node.twin({ numbering: 'transaction' })
      lastro = world.engine({ archive, names: ['transfer'] })
      const from = world.node.latest
      // Two operations of one transaction: their events share an index, or not, by the server's version.
      const events = [0, 0, 1, 1].map((operation, index) => ({
        contract: CONTRACT,
        name: index === 3 ? 'mint' : 'transfer',
        transaction: 1,
        operation,
      }))
      world.node.emit(events)
      await round(db, lastro)
      expect(await relayedIds(lastro)).toHaveLength(3)
      // All names from now on, and the past read again.
      lastro = world.engine({ archive })
      await round(db, lastro)
      const gap = await lastro.relayer.backfill({
        stream: 'tokens',
        from,
        to: from + 1n,
        provider: 'archive',
      })
      await round(db, lastro)
      expect(await relayedIds(lastro)).toHaveLength(4)
      const again = await lastro.relayer.backfill({ stream: 'tokens', from, to: from + 1n })
      await round(db, lastro)
      expect(await relayedIds(lastro)).toHaveLength(4)
      const { items } = await lastro.relayer.gaps({ state: 'filled' })
      expect(items.map(({ id, relayed }) => [id, relayed])).toEqual([
        [gap.id, 1],
        [again.id, 0],
      ])
      expect((await lastro.audit.list({ action: 'relayer.filter_changed' })).items).toHaveLength(1)
    })

    it('an archive that has a part fills that part', async () => {
      const first = world.emit(1)
      await round(db, lastro)
      const lost = world.emit(1)
      world.node.idle(10)
      const kept = world.emit(1)
      const archive = world.node.twin({ from: world.node.latest - 3n })
      world.node.idle(1)
      world.node.prune()
      lastro = world.engine({ archive })
      await round(db, lastro)
      const [gap] = (await lastro.relayer.gaps()).items
      if (gap === undefined) throw new Error('no gap')
      await lastro.relayer.fillGap(gap.id, { provider: 'archive' })
      await round(db, lastro)
      expect(await relayedIds(lastro)).toEqual([...first, ...kept])
      const states = (await lastro.relayer.gaps()).items.map(({ state, from, to }) => [state, from, to])
      expect(states).toEqual([
        ['open', gap.from, archive.oldest - 1n],
        ['filled', archive.oldest, gap.to],
      ])
      expect(lost).toHaveLength(1)
    })
  })

  describe('a network that began anew', () => {
    it('is waited for, told once, and goes on when a person says so', async () => {
      const ids = world.emit(2)
      await round(db, lastro)
      world.node.reset()
      for (let times = 0; times < 3; times += 1) await round(db, lastro)
      const fresh = world.emit(2)
      await round(db, lastro)
      expect(await status()).toMatchObject({ state: 'halted' })
      expect(await relayedIds(lastro)).toEqual(ids)
      expect(await toldTypes(lastro)).toEqual(['relayer.stream_halted'])
      expect(await lastro.health.check()).toMatchObject({ ok: false })
      await lastro.relayer.resume({ stream: 'tokens', from: 2n })
      await round(db, lastro)
      expect(await relayedIds(lastro)).toEqual([...ids, ...fresh])
      expect(await status()).toMatchObject({ state: 'live' })
      await failsWith(lastro.relayer.resume({ stream: 'tokens' }), 'illegal_transition')
    })

    it('a node that lags a little is waited for and nobody is told', async () => {
      const ahead = world.engine({ from: world.node.latest + 4n })
      await round(db, ahead, 1_000)
      expect(await status(ahead)).toMatchObject({ state: 'behind' })
      for (let times = 0; times < 6; times += 1) await round(db, ahead)
      const ids = world.emit(1)
      await round(db, ahead)
      expect(await relayedIds(ahead)).toEqual(ids)
      expect(await toldTypes(ahead)).toEqual([])
    })
  })

  describe('handed on', () => {
    it("arrives signed at a customer's endpoint, exactly once", async () => {
      const { url, secret } = await endpoint(lastro as never, 'chain', {
        eventTypes: ['relayer.event_relayed'],
      })
      await round(db, lastro)
      const ids = world.emit(3)
      for (let times = 0; times < 4; times += 1) await round(db, lastro)
      const sent = world.receiver.requests.filter((request) => request.url === url)
      const bodies = sent.map((request) => verified(request, { secret, now: db.clock.now() }))
      expect(bodies.map(({ type }) => type)).toEqual(ids.map(() => 'relayer.event_relayed'))
      const told = bodies.map(({ data }) => (data as { facts: { id: string } }).facts.id)
      expect([...told].sort()).toEqual([...ids])
    })
  })

  describe('options', () => {
    it.each([
      [{ streams: [{ name: 'A', provider: 'soroban', contracts: ['C'] }] }, 'relayer.streams.0.name'],
      [{ streams: [{ name: 'a', provider: 'nobody', contracts: ['C'] }] }, 'relayer.streams.0.provider'],
      [{ streams: [{ name: 'a', provider: 'soroban', contracts: [] }] }, 'relayer.streams.0.contracts'],
      [{ pageLimit: 0 }, 'relayer.pageLimit'],
    ])('refuses %j', (relayer, field) => {
      expect(() => world.engine({ relayer: relayer as never })).toThrow(field)
    })

    it('a stream stays with its provider, and nobody delivers its events from outside', async () => {
      await round(db, lastro)
      const streams = [{ name: 'tokens', provider: 'archive' as const, contracts: [CONTRACT] }]
      const moved = world.engine({ relayer: { streams } })
      await round(db, moved)
      const answer = await moved.http.fetch(
        new Request('https://host.example/webhooks/soroban', { method: 'POST', body: '{"id":"x"}' }),
      )
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect((await moved.webhooks.list()).items).toEqual([])
      await failsWith(moved.relayer.fillGap('gap_none'), 'not_found')
      await failsWith(moved.relayer.backfill({ stream: 'tokens', from: 5n, to: 4n }), 'invalid_input')
    })
  })
})
