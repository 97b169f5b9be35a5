import { describe, expect, it } from 'vitest'
import { takesType } from './endpoint.ts'
import { keyRing } from './key-ring.ts'

const one = new Uint8Array(32).fill(1)
const two = new Uint8Array(32).fill(2)

describe('a key ring', () => {
  it('seals with the first key and opens with all', () => {
    const old = keyRing([one]).seal('whsec_x', 'place')
    const ring = keyRing([two, one])
    expect(ring.open(old, 'place')).toBe('whsec_x')
    expect(ring.seal('whsec_x', 'place').keyId).toBe(ring.keyId)
    expect(ring.keyId).not.toBe(old.keyId)
    expect(() => keyRing([two]).open(old, 'place')).toThrow(`encryption key ${old.keyId} is not in`)
  })

  it('never makes the same bytes twice, and opens them in their place only, unchanged', () => {
    const ring = keyRing([one])
    const sealed = ring.seal('whsec_x', 'place')
    expect(ring.seal('whsec_x', 'place').sealed).not.toEqual(sealed.sealed)
    expect(() => ring.open(sealed, 'another place')).toThrow('does not open')
    for (let at = 0; at < sealed.sealed.length; at += 1) {
      const changed = sealed.sealed.map((byte, index) => (index === at ? byte ^ 1 : byte))
      expect(() => ring.open({ ...sealed, sealed: changed }, 'place')).toThrow('does not open')
    }
    for (const length of [0, 11, 27, 28, sealed.sealed.length - 1])
      expect(() => ring.open({ ...sealed, sealed: sealed.sealed.slice(0, length) }, 'place')).toThrow()
  })
})

describe('a pattern', () => {
  it.each([
    ['*', 'payment.paid', true],
    ['payment.paid', 'payment.paid', true],
    ['payment.*', 'payment.paid', true],
    ['payment.*', 'payment.refund.done', true],
    ['payment.*', 'payment', false],
    ['payment.*', 'payments.paid', false],
    ['payment', 'payment.paid', false],
    ['payment.paid', 'payment.paid.late', false],
  ])('%s takes %s: %s', (pattern, type, takes) => expect(takesType(['never', pattern], type)).toBe(takes))
})
