import { describe, expect, it } from 'vitest'
import recorded from '../fixtures/pix-keys.json' with { type: 'json' }
import { checkDestination } from './destination.ts'
import { isCnpj, isCpf } from './documents.ts'
import { checkPixKey } from './pix-key.ts'

const RULES = { alphanumericCnpj: true }
const DIGITS_ONLY = { alphanumericCnpj: false }
const hasLetters = (text: string): boolean => /^[0-9A-Z]{14}$/.test(text) && /[A-Z]/.test(text)

describe('documents', () => {
  it.each(recorded.documents)('$type $input: $valid', ({ type, input, valid }) => {
    expect(type === 'cpf' ? isCpf(input) : isCnpj(input, RULES)).toBe(valid)
    if (type === 'cnpj') expect(isCnpj(input, DIGITS_ONLY)).toBe(valid && !hasLetters(input))
  })
})

describe('Pix keys', () => {
  it.each(recorded.pixKeys)('$input', ({ input, wire }) => {
    // Only the directory's own form goes to Efí: masks and capitals are the caller's to remove.
    expect(checkPixKey(input, RULES) === null).toBe(input === wire)
    if (wire !== null) expect(checkPixKey(wire, DIGITS_ONLY) === null).toBe(!hasLetters(wire))
  })

  it.each(['maria@example', '@example.com', 'a@b@example.com', 'maria@-x.com', `${'a'.repeat(70)}@exa.com`])(
    'refuses the e-mail %s',
    (key) => {
      expect(checkPixKey(key, RULES)).toMatch(/e-mail|longer/)
    },
  )

  it.each(['+551', '+5500987654321', '+55119876543210', '+55 11987654321'])('refuses the phone %s', (key) => {
    expect(checkPixKey(key, RULES)).toMatch(/phone/)
  })

  it('takes foreign phones by the directory’s pattern', () => {
    expect(checkPixKey('+14155552671', RULES)).toBeNull()
  })
})

describe('destinations', () => {
  const account = {
    kind: 'bank_account',
    name: 'Maria Souza',
    document: '52998224725',
    ispb: '00000000',
    branch: '0001',
    number: '123456',
    type: 'checking',
  } as const
  const check = (given: object) => checkDestination({ ...account, ...given }, DIGITS_ONLY)

  it.each([{}, { document: '11222333000181' }, { branch: '1' }, { number: '0' }, { number: '12345X' }])(
    'takes %j',
    (given) => {
      expect(check(given)).toBeNull()
    },
  )

  it.each([
    ['name', { name: ' ' }],
    ['document', { document: '529.982.247-25' }],
    ['document', { document: '52998224724' }],
    ['ispb', { ispb: '1234567' }],
    ['ispb', { ispb: '1234567A' }],
    ['branch', { branch: '12345' }],
    ['number', { number: '' }],
    ['number', { number: '123-4' }],
    ['number', { number: '1'.repeat(21) }],
  ])('names %s, and not its value', (field, given) => {
    const rule = check(given)
    expect(rule).toMatch(new RegExp(`^destination\\.${field} must `))
    for (const value of Object.values(given)) if (value.length > 4) expect(rule).not.toContain(value)
  })

  it('checks the owner of a key', () => {
    const key = 'maria@example.com'
    const owned = (ownerDocument: string) =>
      checkDestination({ kind: 'pix_key', key, ownerDocument }, DIGITS_ONLY)
    expect(owned('52998224725')).toBeNull()
    expect(owned('11111111111')).toMatch(/^destination\.ownerDocument must/)
  })

  it('refuses addresses', () => {
    const address = { kind: 'address', network: 'polygon', address: '0x0' } as const
    expect(checkDestination(address, DIGITS_ONLY)).toMatch(/destination\.kind/)
  })
})
