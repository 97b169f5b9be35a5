import { describe, expect, it } from 'vitest'
import { checkDestination } from './destination.ts'

const DIGITS_ONLY = { alphanumericCnpj: false }
const LETTERS = { alphanumericCnpj: true }

describe('Pix keys', () => {
  const check = (key: string, rules = DIGITS_ONLY) => checkDestination({ kind: 'pix_key', key }, rules)

  it.each(['52998224725', '11222333000181', '+5511987654321', 'maria@example.com'])('takes %s', (key) => {
    expect(check(key)).toBeNull()
  })

  // Only the directory's own form goes to Efí: masks and capitals are the caller's to remove.
  it.each(['529.982.247-25', 'Maria@Example.com', '11987654321', ''])('names the field for "%s"', (key) => {
    const rule = check(key)
    expect(rule).toMatch(/^destination\.key .+\.$/)
    if (key !== '') expect(rule).not.toContain(key)
  })

  it('takes CNPJs with letters where the option says so', () => {
    expect(check('12ABC34501DE35')).toMatch(/destination\.key .*alphanumericCnpj/)
    expect(check('12ABC34501DE35', LETTERS)).toBeNull()
    expect(check('12ABC34501DE36', LETTERS)).toMatch(/^destination\.key has 14 characters/)
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
    ['document', { document: '12ABC34501DE35' }],
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
