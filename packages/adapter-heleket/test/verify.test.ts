import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  delivery,
  fieldsOf,
  md5Of,
  news,
  PAYMENT_KEYS,
  PAYOUT_KEYS,
  phpJson,
  SENDER,
  setUp,
  signed,
  TXID,
  UUID,
} from './setup.ts'

const { webhooks } = setUp()
const rejected = (reason: string) => ({ kind: 'rejected', reason })
const KEY = PAYMENT_KEYS[0]

/** Adds `sign` over a text of our own to a body in the same text. */
const signedText = (members: string, hashed = members) => `{${members},"sign":"${md5Of(`{${hashed}}`, KEY)}"}`
const check = (body: string) => webhooks.verify(delivery(body))
const BASE = '"type":"payment","uuid":"u1","status":"paid"'

describe('a signature', () => {
  it.each([
    ['payment.paid', PAYMENT_KEYS],
    ['wallet.paid', PAYMENT_KEYS],
    ['payout.paid', PAYOUT_KEYS],
  ])('of %s is by any active key of its kind', async (topic, keys) => {
    for (const key of keys)
      expect(await check(signed(fieldsOf(topic), key))).toMatchObject({ kind: 'authentic', topic })
    for (const key of [...PAYMENT_KEYS, ...PAYOUT_KEYS].filter((other) => !keys.includes(other as never)))
      expect(await check(signed(fieldsOf(topic), key))).toEqual(rejected('bad_signature'))
  })

  it('of a payout is refused where there is no payout key', async () => {
    const { webhooks: source } = setUp({ payoutKeys: [] })
    expect(await source.verify(news('payout.paid'))).toEqual(rejected('bad_signature'))
    expect(await source.verify(news('payment.paid'))).toMatchObject({ kind: 'authentic' })
  })

  it.each([
    ['a number that JavaScript writes otherwise', `${BASE},"n":1.0e-7`],
    ['a number with zeros at its end', `${BASE},"n":15.10,"m":1.0`],
    ['a number above 2^53', `${BASE},"n":9007199254740993`],
    ['members that look like indexes', `${BASE},"x":{"b":1,"1":2,"a":3,"0":4}`],
    ['an empty object and an empty list', `${BASE},"x":{},"y":[]`],
    ['a nested sign', `${BASE},"x":{"sign":"no"},"y":[{"sign":1}]`],
    ['escapes that nobody needs', `${BASE},"x":"caf\\u00e9 \\/ \\u0041"`],
    ['U+2028 as it is', `${BASE},"x":"a\u2028b\u2029c"`],
    ['a name with an escape', `${BASE},"\\u00e9\\/":1`],
    ['braces and commas in texts', `${BASE},"x":"},{\\"sign\\":[,]"`],
  ])('is over the very bytes: %s', async (_name, members) => {
    expect(await check(signedText(members))).toMatchObject({ kind: 'authentic' })
    const first = `{"sign":"${md5Of(`{${members}}`, KEY)}",${members}}`
    expect(await check(first)).toMatchObject({ kind: 'authentic' })
  })

  it.each([
    ['slashes', `${BASE},"x":"a/b"`, `${BASE},"x":"a\\/b"`],
    ['escaped letters', `${BASE},"x":"caf\\u00e9 \\ud83d\\ude80"`, `${BASE},"x":"café 🚀"`],
    ['U+2028', `${BASE},"x":"a\u2028b"`, `${BASE},"x":"a\\u2028b"`],
    ['U+2029 in capitals', `${BASE},"x":"\\u2029\\u00E9"`, `${BASE},"x":"\\u2029é"`],
    ['control signs', `${BASE},"x":"\\u0009\\u001F"`, `${BASE},"x":"\\t\\u001f"`],
    ['a number below a list', `${BASE},"x":[1.0e-7,{"1":9007199254740993}]`, null],
    ['an empty object', `${BASE},"x":{ }`, `${BASE},"x":{}`],
    ['names', `${BASE},"a\\/\\u00e9":1`, `${BASE},"a\\/é":1`],
    ['whitespace inside', `${BASE},"x": [ 1 ,\t{ "a" : null } ]`, `${BASE},"x":[1,{"a":null}]`],
  ])('may be over what PHP would write: %s', async (_name, sent, hashed) => {
    expect(await check(signedText(sent, hashed ?? sent))).toMatchObject({ kind: 'authentic' })
  })

  it.each([
    ['a number of the same value', `${BASE},"n":1.50`, `${BASE},"n":1.5`],
    ['a text for a number', `${BASE},"n":"1"`, `${BASE},"n":1`],
    ['another order', `"uuid":"u1",${'"type":"payment"'},"status":"paid"`, BASE],
    ['false for null', `${BASE},"n":false`, `${BASE},"n":null`],
    ['a list for an object', `${BASE},"n":[]`, `${BASE},"n":{}`],
    ['a nested member more', `${BASE},"n":{"a":1,"a":1}`, `${BASE},"n":{"a":1}`],
  ])('is not over %s', async (_name, sent, hashed) => {
    expect(await check(signedText(sent, hashed))).toEqual(rejected('bad_signature'))
  })
})

describe('a body', () => {
  const sign = md5Of(`{${BASE}}`, KEY)
  it.each([
    ['two members of one name', `{${BASE},"uuid":"u2","sign":"${sign}"}`, 'malformed'],
    ['one name in two spellings', `{${BASE},"uu\\u0069d":"u2","sign":"${sign}"}`, 'malformed'],
    ['two signs', `{${BASE},"sign":"${sign}","sign":"${sign}"}`, 'malformed'],
    [
      'a sign in another spelling beside it',
      `{${BASE},"s\\u0069gn":"${sign}","sign":"${sign}"}`,
      'malformed',
    ],
    ['a mark before it', `\ufeff{${BASE},"sign":"${sign}"}`, 'malformed'],
    ['a space before it', ` {${BASE},"sign":"${sign}"}`, 'malformed'],
    ['a line break after it', `{${BASE},"sign":"${sign}"}\n`, 'malformed'],
    ['a type of tomorrow', signedText(BASE.replace('"payment"', '"recurrence"')), 'malformed'],
    ['a type from the prototype', signedText(BASE.replace('"payment"', '"constructor"')), 'malformed'],
    ['no type', signedText('"uuid":"u1","status":"paid"'), 'malformed'],
    ['no uuid', signedText('"type":"payment","status":"paid"'), 'malformed'],
    ['no status', signedText('"type":"payment","uuid":"u1"'), 'malformed'],
    ['a uuid that is none', signedText(BASE.replace('"u1"', '"../u1"')), 'malformed'],
    ['a sign in a list', `{${BASE},"sign":["${sign}"]}`, 'bad_signature'],
    ['a sign with an escape', `{${BASE},"sign":"\\u00${sign}"}`, 'bad_signature'],
    ['a sign below', `{${BASE},"x":{"sign":"${sign}"}}`, 'bad_signature'],
  ])('with %s is refused', async (_name, body, reason) => {
    expect(await check(body)).toEqual(rejected(reason))
  })

  it('that is no UTF-8 is refused', async () => {
    const body = Uint8Array.from(Buffer.from(signedText(`${BASE},"x":"\xff"`), 'latin1'))
    expect(await webhooks.verify(delivery(body))).toEqual(rejected('malformed'))
  })

  it('may name sign with an escape', async () => {
    expect(await check(`{${BASE},"s\\u0069gn":"${sign}"}`)).toMatchObject({ kind: 'authentic' })
  })

  it('is not larger than the limit, and comes by POST', async () => {
    const padded = signedText(`${BASE},"x":"${'a'.repeat(webhooks.maxBodyBytes)}"`)
    expect(await check(padded)).toEqual(rejected('malformed'))
    expect(await webhooks.verify({ ...news('payment.paid'), method: 'PUT' })).toEqual(rejected('malformed'))
  })

  it('as deep as the limit allows does not throw', async () => {
    const deep = `${BASE},"x":${'['.repeat(30_000)}${']'.repeat(30_000)}`
    await expect(check(signedText(deep))).resolves.toHaveProperty('kind')
  })
})

describe('an address', () => {
  const from = (address: string | undefined, allowedAddresses?: readonly string[]) =>
    setUp(allowedAddresses === undefined ? {} : { webhook: { allowedAddresses } }).webhooks.verify({
      ...news('payment.paid'),
      peer: address === undefined ? {} : { address },
    })

  it("is Heleket's by default", async () => {
    expect(await from(SENDER)).toMatchObject({ kind: 'authentic' })
    expect(await from(`::ffff:${SENDER}`)).toMatchObject({ kind: 'authentic' })
    expect(await from('203.0.113.7')).toEqual(rejected('foreign'))
    expect(await from(undefined)).toEqual(rejected('foreign'))
  })

  it('may be another, or any', async () => {
    expect(await from('203.0.113.7', ['203.0.113.7'])).toMatchObject({ kind: 'authentic' })
    expect(await from(SENDER, ['203.0.113.7'])).toEqual(rejected('foreign'))
    expect(await from(undefined, [])).toMatchObject({ kind: 'authentic' })
  })
})

describe('a delivery id', () => {
  const idOf = async (topic: string, given = {}) => {
    const verdict = await webhooks.verify(news(topic, given))
    return verdict.kind === 'authentic' ? verdict.deliveryId : verdict.kind
  }

  it('is the same for the same news in other bytes, whatever else changed', async () => {
    const fields = fieldsOf('payment.paid')
    const first = await idOf('payment.paid')
    const { sign, ...rest } = JSON.parse(signed(fields)) as Record<string, unknown>
    expect(await webhooks.verify(delivery(JSON.stringify({ sign, ...rest }, null, 2)))).toMatchObject({
      deliveryId: first,
      subject: UUID,
    })
    expect(await idOf('payment.paid', { payment_amount_usd: '15.01' })).toBe(first)
    expect(await idOf('payment.paid', { additional_data: null })).toBe(first)
  })

  it.each([
    ['another status', 'payment.paid_over', {}],
    ['another type', 'wallet.paid', {}],
    ['another object', 'payment.paid', { uuid: 'other' }],
    ['news that is not final', 'payment.paid', { is_final: false }],
    ['another transaction', 'payment.paid', { txid: TXID.toUpperCase() }],
    ['a top-up', 'payment.paid', { payment_amount: '16.00000000' }],
    ['what was credited later', 'payment.paid', { merchant_amount: '14.80000000' }],
  ])('is another for %s', async (_name, topic, given) => {
    expect(await idOf(topic, given)).not.toBe(await idOf('payment.paid'))
  })

  it('is one for each deposit on a static wallet', async () => {
    const ids = await Promise.all(['a1', 'b2', 'c3'].map((txid) => idOf('wallet.paid', { txid })))
    expect(new Set(ids).size).toBe(3)
    expect(await idOf('wallet.paid', { txid: 'a1' })).toBe(ids[0])
  })
})

/** The value without its signature, by JSON.parse alone. */
function meaningOf(body: Uint8Array): unknown {
  const { sign: _sign, ...fields } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>
  return fields
}

describe('mutated deliveries', () => {
  const genuine = ['payment.paid', 'wallet.paid_over', 'payout.fail'].map((topic) => news(topic).body)
  const NOISE = [
    '',
    ' ',
    '\n',
    '0',
    '"',
    ',',
    '{',
    '}',
    '[]',
    '\\',
    '\\/',
    '\\u0000',
    'é',
    '\u2028',
    '"sign":"",',
  ]
  const mutation = fc.record({
    of: fc.constantFrom(...genuine),
    at: fc.nat(600),
    cut: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(600)),
    put: fc.oneof(fc.constantFrom(...NOISE), fc.string({ maxLength: 6 })),
    byte: fc.option(fc.nat(255)),
  })

  it('are never accepted with another value, and never throw', async () => {
    let changed = 0
    await fc.assert(
      fc.asyncProperty(mutation, async ({ of, at, cut, put, byte }) => {
        const place = at % of.length
        const middle = byte === null ? Buffer.from(put) : Buffer.from([byte])
        const body = Buffer.concat([of.subarray(0, place), middle, of.subarray(place + cut)])
        if (body.equals(of)) return
        changed += 1
        const verdict = await webhooks.verify(delivery(Uint8Array.from(body)))
        webhooks.translate({ body, topic: 'x', subject: null })
        // Whitespace and escapes are another way of writing the same; what was signed is the value.
        if (verdict.kind !== 'rejected') expect(meaningOf(body)).toEqual(meaningOf(of))
      }),
      { numRuns: 2_000 },
    )
    expect(changed).toBeGreaterThan(1_500)
  })

  it('are never accepted without a key, whatever the sign', async () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 })
    await fc.assert(
      fc.asyncProperty(hex, fc.constantFrom('payment.paid', 'payout.paid'), async (sign, topic) => {
        const body = phpJson({ ...fieldsOf(topic), sign })
        expect(await check(body)).toEqual(rejected('bad_signature'))
      }),
    )
  })

  it('hold for any body that is signed over its bytes or over what PHP writes', async () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), value), fc.boolean(), async (extra, isPhp) => {
        const { sign: _sign, ...rest } = extra
        const fields = { ...rest, type: 'payment', uuid: 'u1', status: 'paid' }
        const sent = JSON.stringify(fields)
        const php = phpJson(fields).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
        const sign = md5Of(isPhp ? php : sent, KEY)
        const body = `${sent.slice(0, -1)},"sign":"${sign}"}`
        expect(await check(body)).toMatchObject({ kind: 'authentic', topic: 'payment.paid', subject: 'u1' })
      }),
      { numRuns: 500 },
    )
  })
})
