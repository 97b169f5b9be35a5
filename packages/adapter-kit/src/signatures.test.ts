import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalsAnyConstantTime, equalsConstantTime, hmacHex, sha256Hex } from './signatures.ts'

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
})
