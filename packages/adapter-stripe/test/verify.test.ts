import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEnvelope } from '../src/envelope.ts'
import { scanEnvelope } from '../src/scan.ts'
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
    })
  })

  it('names no object where it has no id', async () => {
    const upcoming = eventOf('invoice.upcoming', { object: 'invoice', customer: 'cus_1' })
    const verdict = await source.verify(deliveryOf(JSON.stringify(upcoming)))
    expect(verdict).toEqual({ kind: 'authentic', deliveryId: 'evt_1SOKWeb0001', topic: 'invoice.upcoming' })
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
  ])('of %s is foreign, as the scan reads it and as the parser does', async (_what, changes) => {
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

describe('the scan', () => {
  const word = fc.stringMatching(/^[\w-]{1,30}$/)
  const scalar = fc.oneof(fc.constant(null), fc.string(), fc.string({ unit: 'binary' }))
  const any = fc.jsonValue({ maxDepth: 3 })
  const events = fc.record({
    id: fc.oneof({ weight: 9, arbitrary: word }, fc.string()),
    object: fc.constant('event'),
    api_version: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(null, '2026-10-28.endive') }, scalar),
    created: fc.oneof(
      { weight: 9, arbitrary: fc.nat() },
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    data: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ object: fc.record({ id: word, livemode: fc.boolean(), last: any }) }),
      },
      fc.record({ object: fc.record({ id: word, type: word }), previous_attributes: any }),
      any,
    ),
    livemode: fc.oneof({ weight: 9, arbitrary: fc.boolean() }, any),
    pending_webhooks: fc.nat(),
    request: fc.oneof(fc.constant(null), fc.record({ id: scalar, idempotency_key: scalar }), any),
    type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('charge.succeeded', 'a.b') }, fc.string()),
  })

  it('tells what the parser tells, or nothing', () => {
    let told = 0
    fc.assert(
      fc.property(
        events,
        fc.constantFrom(0, 2, 4),
        fc.array(fc.nat(20_000), { maxLength: 2 }),
        (given, indent, flips) => {
          const text = Buffer.from(JSON.stringify(given, null, indent))
          for (const flip of flips) {
            const at = flip % text.length
            text[at] = (text[at] ?? 0) ^ (1 << (flip % 7))
          }
          const scanned = scanEnvelope(text)
          if (scanned === null) return
          told += 1
          // The middle is left to whoever reads it: here it must only be JSON for the parser to compare with.
          const parsed = readEnvelope(Buffer.concat([text, bytes(' ')]))
          if (isJson(text)) expect(scanned).toEqual(parsed)
        },
      ),
      { numRuns: 3_000 },
    )
    expect(told).toBeGreaterThan(100)
  })

  const isJson = (text: Uint8Array): boolean => {
    try {
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
      return true
    } catch {
      return false
    }
  }

  it.each([0, 2])('is the way of what Stripe writes, indented by %i', (indent) => {
    for (const changes of [
      {},
      { request: null },
      { api_version: null },
      { livemode: true },
      { request: { id: 'req_1', idempotency_key: 'a key' } },
    ]) {
      const text = JSON.stringify({ ...event, ...changes }, null, indent)
      expect(scanEnvelope(Buffer.from(text))).toMatchObject({ id: 'evt_1SOKWeb0001', subject: 'pi_3SOK' })
      expect(scanEnvelope(Buffer.from(`${text}\n`))).not.toBeNull()
    }
    for (const changes of [{ account: 'acct_1' }, { more: 1 }]) {
      const text = JSON.stringify({ ...event, ...changes }, null, indent)
      expect(scanEnvelope(Buffer.from(text))).toBeNull()
    }
  })

  it('is not led astray by what an object holds', () => {
    const tail = ',"livemode":true,"pending_webhooks":1,"request":null,"type":"charge.succeeded"}'
    const nested = {
      ...intent,
      metadata: { a: `}}${tail}`, [`}}${tail}`]: 'b' },
      last: { livemode: true, pending_webhooks: 1 },
    }
    const text = JSON.stringify(eventOf('payment_intent.succeeded', nested))
    expect(scanEnvelope(Buffer.from(text))).toMatchObject({
      livemode: false,
      type: 'payment_intent.succeeded',
    })
  })
})
