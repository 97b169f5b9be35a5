import type { DeliveryState, LastroTx, NewDelivery } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import { AT } from './units.ts'

const later = (ms: number) => new Date(AT.getTime() + ms)
const DAY_MS = 86_400_000

eachDatabase((db) => {
  beforeEach(() => db.truncate())
  const unit = <R>(work: (tx: LastroTx) => Promise<R>) => db.storage.transaction(work)

  const arrival = (id: string, more: Partial<NewDelivery> = {}): NewDelivery => ({
    id,
    provider: 'efi',
    deliveryId: `d-${id}`,
    topic: 'pix',
    subject: null,
    sequence: null,
    verdict: 'authentic',
    isKnownType: true,
    body: new Uint8Array([0, 255, 10]),
    receivedAt: AT,
    ...more,
  })
  const insert = (...arrivals: NewDelivery[]) => unit(({ deliveries }) => deliveries.insert(arrivals))
  const get = (id: string) => unit(({ deliveries }) => deliveries.get(id))
  const settle = (id: string, state: DeliveryState, more: { error?: string; at?: Date } = {}) =>
    unit(({ deliveries }) =>
      deliveries.settle({
        id,
        adapterVersion: '1.2.3',
        at: more.at ?? AT,
        ...(state === 'applied'
          ? { state, note: null, applied: ['ab', 'cd?'] }
          : { state, error: more.error ?? 'e' }),
      }),
    )

  describe('storing', () => {
    test('keeps each by provider and delivery id once, in one statement', async () => {
      expect(await insert(arrival('a'))).toEqual(['a'])
      const batch = [
        arrival('b', { deliveryId: 'd-a' }),
        arrival('c', { deliveryId: 'd-a', provider: 'x' }),
        arrival('d', { body: new Uint8Array() }),
        arrival('e', { deliveryId: 'd-d' }),
        arrival('f', {
          body: new Uint8Array([7]),
          subject: 'çé "quoted" \\',
          sequence: '01',
          isKnownType: false,
        }),
      ]
      expect([...(await insert(...batch))].sort()).toEqual(['c', 'd', 'f'])
      expect(await get('a')).toEqual({
        ...arrival('a'),
        state: 'received',
        note: null,
        bodyBytes: 3,
        applied: [],
        attempts: 0,
        error: null,
        adapterVersion: null,
        appliedAt: null,
        emptiedAt: null,
        heldAt: null,
      })
      expect((await get('d'))?.body).toEqual(new Uint8Array())
      expect(await get('f')).toMatchObject(batch[4] ?? {})
      expect(await get('b')).toBeNull()
    })

    test('two that store the same deliveries in opposite orders do not stop each other', async () => {
      const ids = Array.from({ length: 40 }, (_, index) => `${index}`)
      const of = (prefix: string) => ids.map((id) => arrival(`${prefix}${id}`, { deliveryId: id }))
      const stored = await Promise.all([insert(...of('a')), insert(...of('b').reverse())])
      expect(stored.flat()).toHaveLength(40)
    })
  })

  test('settling counts, keeps failures with the adapter version, and never undoes what was applied', async () => {
    await insert(arrival('a'))
    await settle('a', 'received', { error: 'first', at: later(1) })
    await settle('a', 'dead', { error: 'boom', at: later(2) })
    expect(await get('a')).toMatchObject({
      state: 'dead',
      error: 'boom',
      attempts: 2,
      adapterVersion: '1.2.3',
    })
    await settle('a', 'applied', { at: later(3) })
    await settle('a', 'dead', { error: 'late', at: later(4) })
    const applied = {
      state: 'applied',
      error: null,
      attempts: 3,
      appliedAt: later(3),
      applied: ['ab', 'cd?'],
    }
    expect(await get('a')).toMatchObject(applied)
    expect(await unit(({ deliveries }) => deliveries.history('a'))).toEqual([
      { number: 1, at: later(1), error: 'first', adapterVersion: '1.2.3' },
      { number: 2, at: later(2), error: 'boom', adapterVersion: '1.2.3' },
    ])
  })

  test('are listed newest first, in pages, without their bodies, and filtered', async () => {
    await insert(...['a', 'b', 'c'].map((id) => arrival(id)))
    await insert(arrival('d', { receivedAt: later(5), provider: 'x', topic: 'y', subject: 's' }))
    await settle('b', 'dead', { error: 'e' })
    const list = (query?: Parameters<LastroTx['deliveries']['list']>[0]) =>
      unit(async ({ deliveries }) => {
        const { items, nextCursor } = await deliveries.list(query)
        return { ids: items.map(({ id }) => id), items, nextCursor }
      })
    const first = await list({ limit: 2 })
    expect(first.ids).toEqual(['d', 'c'])
    expect(first.items[0]).not.toHaveProperty('body')
    const second = await list({ limit: 2, cursor: first.nextCursor })
    expect(second).toMatchObject({ ids: ['b', 'a'], nextCursor: null })
    expect((await list({ provider: 'x' })).ids).toEqual(['d'])
    expect((await list({ subject: 's' })).ids).toEqual(['d'])
    expect((await list({ topic: 'pix', state: 'dead' })).ids).toEqual(['b'])
    expect((await list({ from: later(5) })).ids).toEqual(['d'])
    expect((await list({ to: later(5) })).ids).toEqual(['c', 'b', 'a'])
    await expect(list({ cursor: 'eyJ9' })).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('a subject moves forward only, text by text, and a delivery may come to its own place again', async () => {
    const place = (sequence: string, delivery: string) => ({
      provider: 'p',
      subject: 's',
      sequence,
      delivery,
    })
    const advance = (sequence: string, delivery: string) =>
      unit(({ deliveries }) => deliveries.advance({ ...place(sequence, delivery), at: AT }))
    const names = ['one', 'two']
    const texts = ['a', 'b', 'B', 'b0']
    const all = names.flatMap((name) =>
      texts.map((sequence) => arrival(`${name}:${sequence}`, { provider: 'p', subject: 's', sequence })),
    )
    await insert(...all)
    const isLate = async (sequence: string, delivery: string) =>
      (await unit(({ deliveries }) => deliveries.open([`${delivery}:${sequence}`, 'none']))).map(
        (opened) => opened.isLate,
      )
    expect(await isLate('a', 'one')).toEqual([false])
    expect(await advance('b', 'one:b')).toBe(true)
    for (const [sequence, delivery, moves] of [
      ['a', 'two', false],
      ['b', 'two', false],
      ['b', 'one', true],
      ['B', 'two', false],
      ['b0', 'two', true],
      ['b', 'one', false],
    ] as const) {
      expect(await isLate(sequence, delivery)).toEqual([!moves])
      expect(await advance(sequence, `${delivery}:${sequence}`), `${sequence} of ${delivery}`).toBe(moves)
    }
  })

  test('waits behind the earlier ones of its subject, and is next when they are settled', async () => {
    const place = { provider: 'efi', subject: 's' }
    const of = (id: string, more: Partial<NewDelivery> = {}) =>
      arrival(id, { subject: 's', sequence: id, ...more })
    await insert(of('1'), of('B'), of('a'), of('2', { subject: 't' }), of('0', { verdict: 'unproven' }))
    await insert(arrival('none', { subject: 's' }))
    const hasEarlier = (sequence: string) =>
      unit(({ deliveries }) => deliveries.hasEarlier({ ...place, sequence, delivery: 'x' }))
    const hold = (id: string, at: Date) => unit(({ deliveries }) => deliveries.hold({ id, at }))
    const next = async () => (await unit(({ deliveries }) => deliveries.nextHeld(place)))?.id
    expect([await hasEarlier('1'), await hasEarlier('B'), await hasEarlier('a')]).toEqual([false, true, true])
    expect(await next()).toBeUndefined()
    expect(await hold('a', AT)).toEqual(AT)
    expect(await hold('a', later(5))).toEqual(AT)
    expect(await next()).toBe('a')
    expect(await hold('B', later(6))).toEqual(later(6))
    expect(await Promise.all(['1', '2', '0', 'none'].map((id) => hold(id, AT)))).toEqual(Array(4).fill(null))
    await settle('1', 'received')
    expect(await hasEarlier('B')).toBe(true)
    await settle('1', 'dead')
    expect([await hasEarlier('B'), await next()]).toEqual([false, 'B'])
    await settle('B', 'applied')
    expect([await hasEarlier('a'), await next()]).toEqual([false, 'a'])
    expect(await hold('a', later(9))).toBeNull()
    expect((await get('a'))?.heldAt).toEqual(AT)
    await unit(({ deliveries }) => deliveries.requeue({ ids: ['a'], limit: 1, at: AT }))
    expect((await get('a'))?.heldAt).toBeNull()
  })

  test('are made to wait again by id and by filter, the oldest first, unless their bytes are gone', async () => {
    await insert(
      ...['a', 'b', 'c', 'd'].map((id, at) => arrival(id, { receivedAt: later(-at), subject: id })),
    )
    for (const id of ['a', 'b', 'c']) await settle(id, 'dead', { error: 'e' })
    await settle('d', 'applied')
    const requeue = (which: object) =>
      unit(({ deliveries }) => deliveries.requeue({ limit: 2, at: AT, ...which } as never))
    expect((await requeue({ state: 'dead' })).map(({ id }) => id)).toEqual(['c', 'b'])
    expect(await get('c')).toMatchObject({ state: 'received', error: null, attempts: 1 })
    expect(await requeue({ state: 'dead' })).toEqual([{ id: 'a', provider: 'efi', subject: 'a' }])
    expect(await requeue({ ids: ['d', 'x'] })).toHaveLength(1)
    await settle('d', 'applied')
    await unit(({ deliveries }) => deliveries.empty({ before: later(1), at: AT, limit: 10 }))
    expect(await get('d')).toMatchObject({ body: null, bodyBytes: 3, emptiedAt: AT })
    expect(await requeue({ ids: ['d'] })).toEqual([])
  })

  test('what waits and is not worked on is taken once a time', async () => {
    await insert(arrival('a'), arrival('b'), arrival('c'))
    await settle('b', 'applied')
    await settle('c', 'received', { error: 'e', at: later(500) })
    const take = (at: number) =>
      unit(({ deliveries }) => deliveries.takeStranded({ before: later(400), at: later(at), limit: 5 }))
    expect((await take(1_000)).map(({ id }) => id)).toEqual(['a'])
    expect(await take(1_000)).toEqual([])
  })

  test('what was not applied is neither emptied nor removed; what is removed takes its history along', async () => {
    await insert(...['a', 'b', 'c'].map((id) => arrival(id)))
    await settle('a', 'dead', { error: 'e' })
    await settle('b', 'received', { error: 'e' })
    await settle('b', 'applied')
    const query = { before: later(DAY_MS), at: AT, limit: 10 }
    expect(await unit(({ deliveries }) => deliveries.empty(query))).toBe(1)
    expect(await unit(({ deliveries }) => deliveries.empty(query))).toBe(0)
    expect(await unit(({ deliveries }) => deliveries.remove(query))).toBe(1)
    expect(await get('b')).toBeNull()
    expect(await unit(({ deliveries }) => deliveries.history('b'))).toEqual([])
    expect((await get('a'))?.body).not.toBeNull()
    expect((await get('c'))?.body).not.toBeNull()
  })

  test('counts tell what arrived, what stands, and what was refused', async () => {
    await insert(
      arrival('a', { receivedAt: later(-DAY_MS) }),
      arrival('b'),
      arrival('c', { topic: 'new', isKnownType: false }),
      arrival('d', { provider: 'x' }),
    )
    await settle('b', 'applied')
    await settle('d', 'dead', { error: 'e' })
    const refusal = { provider: 'efi', topic: '', reason: 'stale', minute: AT, count: 2 }
    await unit(({ deliveries }) => deliveries.countRefusals([refusal, { ...refusal, topic: 'pix' }]))
    await unit(({ deliveries }) => deliveries.countRefusals([refusal]))
    const counts = (limit = 100) =>
      unit(({ deliveries }) => deliveries.counts({ since: later(-1_000), limit }))
    const found = await counts()
    const byName = [...found.topics].sort((left, right) =>
      left.provider + left.topic < right.provider + right.topic ? -1 : 1,
    )
    const none = {
      received: 1,
      applied: 0,
      superseded: 0,
      unrecognised: 0,
      depth: 0,
      dead: 0,
      oldestAt: null,
    }
    expect(byName).toEqual([
      { ...none, provider: 'efi', topic: 'new', unrecognised: 1, depth: 1, oldestAt: AT },
      { ...none, provider: 'efi', topic: 'pix', applied: 1, depth: 1, oldestAt: later(-DAY_MS) },
      { ...none, provider: 'x', topic: 'pix', dead: 1 },
    ])
    const { minute: _minute, ...refused } = refusal
    expect(found.refusals).toEqual([
      { ...refused, count: 4 },
      { ...refused, topic: 'pix' },
    ])
    expect([found.isPartial, (await counts(2)).isPartial]).toEqual([false, true])
    const forget = (refusals: Date) =>
      unit(({ deliveries }) => deliveries.forget({ places: null, refusals, limit: 10 }))
    expect([await forget(AT), await forget(later(1))]).toEqual([0, 2])
  })
})
