import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytes,
  deliveryOf,
  eventOf,
  headerFor,
  type Json,
  NOW,
  OTHER_SECRET,
  SECRET,
  sourceFor,
  thinOf,
} from './setup.ts'

const intent = { id: 'pi_3SOK', object: 'payment_intent', amount: 1999, currency: 'usd', status: 'succeeded' }
const event = eventOf('payment_intent.succeeded', intent)
const body = JSON.stringify(event)
const source = sourceFor()

const change = (changes: Json): string => JSON.stringify({ ...event, ...changes })

describe('the verdict', () => {
  it('names delivery, type and object', async () => {
    expect(await source.verify(deliveryOf(body))).toEqual({
      kind: 'authentic',
      deliveryId: 'evt_1SOKWeb0001',
      topic: 'payment_intent.succeeded',
      subject: 'pi_3SOK',
      payload: event,
    })
  })

  it('names no object where it has no id', async () => {
    const upcoming = eventOf('invoice.upcoming', { object: 'invoice', customer: 'cus_1' })
    const verdict = await source.verify(deliveryOf(JSON.stringify(upcoming)))
    expect(verdict).toEqual({
      kind: 'authentic',
      deliveryId: 'evt_1SOKWeb0001',
      topic: 'invoice.upcoming',
      payload: upcoming,
    })
  })

  it('takes either of two secrets, and either of two digests', async () => {
    const rolling = sourceFor({ webhook: { secrets: [OTHER_SECRET, SECRET] } })
    const both = `${headerFor(bytes(body), { secret: OTHER_SECRET })},${headerFor(bytes(body)).split(',')[1]}`
    for (const delivery of [
      deliveryOf(body),
      deliveryOf(body, { secret: OTHER_SECRET }),
      deliveryOf(body, { header: both }),
    ])
      expect(await rolling.verify(delivery)).toMatchObject({ kind: 'authentic' })
    expect(await source.verify(deliveryOf(body, { header: both }))).toMatchObject({ kind: 'authentic' })
  })

  it.each([
    [-300, 'authentic'],
    [-301, 'stale'],
    [300, 'authentic'],
    [301, 'stale'],
  ])('of a signature %i s from now is %s', async (offset, wanted) => {
    const verdict = await source.verify(deliveryOf(body, { at: NOW + offset }))
    expect(verdict.kind === 'rejected' ? verdict.reason : verdict.kind).toBe(wanted)
  })

  it('keeps to a tolerance of its own', async () => {
    const strict = sourceFor({ webhook: { toleranceSeconds: 10 } })
    expect(await strict.verify(deliveryOf(body, { at: NOW - 11 }))).toEqual({
      kind: 'rejected',
      reason: 'stale',
    })
  })

  it.each([
    ['the other mode', { livemode: true }],
    ['another account', { account: 'acct_other' }],
  ])('of %s is foreign, however it is written', async (_what, changes) => {
    const texts = [
      change(changes),
      JSON.stringify({ ...event, ...changes }, null, 2),
      JSON.stringify({ ...changes, ...event, ...changes }),
    ]
    for (const text of texts)
      expect(await source.verify(deliveryOf(text))).toEqual({ kind: 'rejected', reason: 'foreign' })
  })

  it('of a connected account is for whoever asks for that account', async () => {
    const connected = sourceFor({ account: 'acct_1' })
    expect(await connected.verify(deliveryOf(change({ account: 'acct_1' })))).toMatchObject({
      kind: 'authentic',
    })
    expect(await connected.verify(deliveryOf(body))).toEqual({ kind: 'rejected', reason: 'foreign' })
  })

  it('of a kind of event that was not asked for is malformed', async () => {
    const thin = JSON.stringify(thinOf('v1.customer.subscription.updated'))
    const apiKey = 'sk_test_1'
    expect(await source.verify(deliveryOf(thin))).toEqual({ kind: 'rejected', reason: 'malformed' })
    const both = sourceFor({ apiKey, webhook: { payload: 'both' } })
    for (const text of [thin, body])
      expect(await both.verify(deliveryOf(text))).toMatchObject({ kind: 'authentic' })
    expect(await both.verify(deliveryOf(thin))).toMatchObject({
      subject: 'sub_1',
      topic: 'v1.customer.subscription.updated',
    })
  })

  it('of another method or too large a body is malformed', async () => {
    expect(await source.verify({ ...deliveryOf(body), method: 'GET' })).toEqual({
      kind: 'rejected',
      reason: 'malformed',
    })
    const large = new Uint8Array(source.maxBodyBytes + 1)
    expect(await source.verify(deliveryOf(large))).toEqual({ kind: 'rejected', reason: 'malformed' })
  })
})

describe('a signature', () => {
  const digest = headerFor(bytes(body)).split('v1=')[1] ?? ''
  it.each([
    ['a time with a sign', `t=+${NOW},v1=${digest}`],
    ['a time with a zero ahead', `t=0${NOW},v1=${digest}`],
    ['a time with a fraction', `t=${NOW}.0,v1=${digest}`],
    ['a time beyond numbers', `t=${'9'.repeat(30)},v1=${digest}`],
    ['no time at all', `t=,v1=${digest}`],
    ['a space', `t=${NOW}, v1=${digest}`],
    ['too many digests', `t=${NOW}${`,v1=${digest}`.repeat(9)}`],
    ['an endless header', `t=${NOW},v1=${digest},${'x'.repeat(5_000)}`],
    ['upper case', `t=${NOW},v1=${digest.toUpperCase()}`],
  ])('with %s is none', async (_what, header) => {
    expect(await source.verify(deliveryOf(body, { header }))).toEqual({
      kind: 'rejected',
      reason: 'bad_signature',
    })
  })

  it('that was changed in any way is never accepted', async () => {
    const delivery = deliveryOf(body)
    const header = headerFor(bytes(body))
    const place = fc.nat({ max: 10_000 })
    const piece = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom(',', 't=', 'v1=', 'v0=', digest, String(NOW)),
    )
    const mutation = fc.record({ at: place, cut: fc.nat({ max: 4 }), put: piece })
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, isHeader) => {
          let text = isHeader ? header : body
          for (const { at, cut, put } of changes) {
            const start = at % (text.length + 1)
            text = text.slice(0, start) + put + text.slice(start + cut)
          }
          // What is added behind a comma is passed over: the time and the digest that count are as they were.
          const isSame = isHeader ? countsAs(text) === countsAs(header) : text === body
          const changed = isHeader
            ? { ...delivery, headers: { 'stripe-signature': text } }
            : { ...delivery, body: bytes(text) }
          expect((await source.verify(changed)).kind === 'authentic').toBe(isSame)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  /** By the sheet's rules, said in another way: the last time, and whether the right digest is among the `v1`. */
  const countsAs = (text: string): string => {
    const items = text.split(',')
    const time = items.filter((item) => item.startsWith('t=')).at(-1)
    const digests = items.filter((item) => item.startsWith('v1=') && item.length === 67)
    return `${time} ${digests.includes(`v1=${digest}`) && digests.length <= 8}`
  }
})
