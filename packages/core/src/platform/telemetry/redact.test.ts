import { describe, expect, it } from 'vitest'
import { secret } from '../../spec/index.ts'
import { describeError, redact, redactingLogger } from './index.ts'

const CANARY = 'canary-5f2b9c'
const PEM = `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----`

/** Every place in which a secret has been seen to leak from somebody's logs. */
const planted: readonly [string, unknown][] = [
  ['a field', { clientSecret: CANARY }],
  ['a deep field', { a: { b: { c: { d: { 'client-secret': CANARY } } } } }],
  ['an array', { list: [{ token: CANARY }] }],
  ['another letter case', { AUTHORIZATION: CANARY }],
  ['a snake-case field', { private_key: CANARY }],
  ['a header in a text', { line: `authorization: Bearer ${CANARY}xxxxxxxx` }],
  ['a query in a url', { url: `https://host/webhook?hmac=${CANARY}&ignorar=/pix` }],
  ['a PEM block', { text: PEM }],
  ['an error message', { error: new Error(`call failed with Basic ${CANARY}AAAA`) }],
  ['a cause', { error: new Error('outer', { cause: new Error(`sk_live_${CANARY}`) }) }],
  ['a wrapped secret', { anything: secret(CANARY) }],
  ['webhook secrets', { key: `whsec_${CANARY}` }],
]

describe('redact', () => {
  it.each(planted)('hides a secret in %s', (_place, value) => {
    expect(JSON.stringify(redact(value))).not.toContain(CANARY)
  })

  it('keeps what is no secret', () => {
    const facts = { id: 'pout_1', amount: 12n, at: new Date(0), list: [1, 'two', null], nested: { ok: true } }
    expect(redact(facts)).toEqual({
      id: 'pout_1',
      amount: '12',
      at: '1970-01-01T00:00:00.000Z',
      list: [1, 'two', null],
      nested: { ok: true },
    })
  })

  it('survives circles and endless depth', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(JSON.stringify(redact(circle))).toContain('[deep]')
  })

  it('describes an error with its causes on one safe line', () => {
    const error = new TypeError('fetch failed', {
      cause: Object.assign(new Error(`token=${CANARY} bearer ${CANARY}abc`), { code: 'ECONNRESET' }),
    })
    expect(describeError(error)).toContain('TypeError: fetch failed: Error (ECONNRESET)')
    expect(describeError(`?token=${CANARY}`)).not.toContain(CANARY)
  })

  it('stands before any logger', () => {
    const lines: unknown[] = []
    const keep = (facts: object, message: string) => lines.push([facts, message])
    const logger = redactingLogger({ debug: keep, info: keep, warn: keep, error: keep })
    for (const [, value] of planted) logger.error({ value }, 'told')
    expect(lines).toHaveLength(planted.length)
    expect(JSON.stringify(lines)).not.toContain(CANARY)
  })
})
