import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createHmacKey,
  equalsAnyConstantTime,
  equalsConstantTime,
  equalsTextAt,
  hmacHex,
  sha256Hex,
} from './signatures.ts'

describe('signatures', () => {
  it('computes HMAC as in RFC 4231, test case 2', () => {
    const secret = { key: 'Jefe', data: 'what do ya want for nothing?' }
    expect(hmacHex('sha256', secret)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
    expect(hmacHex('sha512', secret)).toMatch(
      /^164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554/,
    )
  })

  it('computes SHA-256 as in FIPS 180-2', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(sha256Hex(Buffer.from('abc'))).toBe(sha256Hex('abc'))
  })

  it('compares texts of any lengths', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(equalsConstantTime(left, right)).toBe(Buffer.from(left).equals(Buffer.from(right)))
      }),
    )
    expect(equalsConstantTime('same', Buffer.from('same'))).toBe(true)
    expect(equalsConstantTime('', 'x')).toBe(false)
  })

  it('finds one secret among several', () => {
    expect(equalsAnyConstantTime('b', ['a', 'b'])).toBe(true)
    expect(equalsAnyConstantTime('c', ['a', 'b'])).toBe(false)
    expect(equalsAnyConstantTime('', [])).toBe(false)
  })

  it('gives with a key made ready what createHmac gives, for any key and message', () => {
    const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)) })
    const size = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 16_300, max: 16_500 }))
    fc.assert(
      fc.property(
        fc.constantFrom('sha256' as const, 'sha384' as const, 'sha512' as const),
        fc.uint8Array({ maxLength: 200 }),
        text,
        size,
        fc.integer({ min: 0, max: 255 }),
        (algorithm, key, prefix, length, byte) => {
          const ready = createHmacKey(algorithm, key)
          const messages = [new Uint8Array(length).fill(byte), new Uint8Array(3), new Uint8Array(0)]
          for (const data of messages) {
            const wanted = hmacHex(algorithm, { key, data: Buffer.concat([Buffer.from(prefix), data]) })
            expect(ready.hex(prefix, data)).toBe(wanted)
            expect(ready.base64(prefix, data)).toBe(Buffer.from(wanted, 'hex').toString('base64'))
          }
        },
      ),
    )
  })

  it('computes HMAC with a key made ready as in RFC 4231, test cases 2 and 7', () => {
    expect(createHmacKey('sha256', 'Jefe').hex('what do ya want ', Buffer.from('for nothing?'))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
    const data =
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be ' +
      'hashed before being used by the HMAC algorithm.'
    expect(createHmacKey('sha256', new Uint8Array(131).fill(0xaa)).hex('', Buffer.from(data))).toBe(
      '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
    )
  })

  it('compares a text with a part of another', () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 300 }))
    fc.assert(
      fc.property(texts, texts, fc.nat({ max: 20 }), (wanted, text, at) => {
        const isThere = at + wanted.length <= text.length && text.startsWith(wanted, at)
        expect(equalsTextAt(wanted, { text, at })).toBe(isThere)
        expect(equalsTextAt(wanted, { text: `${text}${wanted}x`, at: text.length })).toBe(true)
      }),
    )
    expect(equalsTextAt('a', { text: '\u0161', at: 0 })).toBe(false)
    expect(equalsTextAt('ab', { text: 'a', at: 0 })).toBe(false)
  })
})
