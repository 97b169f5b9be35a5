import { Money } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { type BrCode, buildBrCode, parseBrCode } from './index.ts'

const EVP = '123e4567-e12b-12d1-a456-426655440000'
const merchant = { merchantName: 'Fulano de Tal', merchantCity: 'BRASILIA' } as const
const brl = (cents: bigint) => Money.of(cents, 'BRL/2')
const build = (given: object, kind = 'static') =>
  buildBrCode({ kind, ...merchant, ...(kind === 'static' ? { key: EVP } : {}), ...given } as BrCode)
const read = (text: string) => {
  const parsed = parseBrCode(text)
  if (!parsed.ok) throw new Error(`${parsed.field} ${parsed.rule}`)
  return parsed.code
}

describe('the official samples are built byte for byte', () => {
  const url = 'pix.example.com/8b3da2f39a4140d1a91abd93113bd441'
  const recurrenceUrl = 'pix.example.com/rec/2353c790eefb11eaadc10242ac120002'

  it('static and recurrence', () => {
    expect(build({ amount: brl(10050n), recurrenceUrl })).toMatch(/^000201265800.+80740014br.+63042875$/)
  })

  it('dynamic and recurrence', () => {
    const text = build({ url, recurrenceUrl, pointOfInitiation: '12' }, 'dynamic')
    expect(text).toMatch(/^00020101021226700014.+6304FB42$/)
  })

  it('recurrence only', () => {
    const journey2 = 'pix.example.com/qr/v2/rec/2353c790eefb11eaadc10242ac120002'
    expect(build({ recurrenceUrl: journey2 }, 'recurrence')).toMatch(/^000201261800.+630462C9$/)
  })
})

describe('names', () => {
  it.each([
    ['Café São João', 'Cafe Sao Joao'],
    ['  Loja\t\tDois\n ', 'Loja Dois'],
    ['Padaria do José das Couves Ltda', 'Padaria do Jose das Couve'],
    ['AÇAÍ DA ESQUINA CENTRAL É BOM', 'ACAI DA ESQUINA CENTRAL E'],
    ['Pão 🍞', 'Pao'],
  ])('"%s" is written "%s"', (merchantName, written) => {
    expect(read(build({ merchantName })).merchantName).toBe(written)
  })

  it('the city is cut to 15 after its accents are gone', () => {
    expect(read(build({ merchantCity: 'São José dos Campos' })).merchantCity).toBe('Sao Jose dos Ca')
  })

  it('a cut never leaves a space at the end', () => {
    expect(read(build({ merchantCity: 'Conceicao dos Oliveiras' })).merchantCity).toBe('Conceicao dos O')
    expect(read(build({ merchantCity: 'Santana do Ipe Novo' })).merchantCity).toBe('Santana do Ipe')
  })
})

describe('amounts', () => {
  it.each([
    [1n, '54040.01'],
    [100n, '54041.00'],
    [123456789n, '54101234567.89'],
    [999_999_999_999n, '54139999999999.99'],
  ])('%s cents are written %s', (cents, written) => {
    expect(build({ amount: brl(cents) })).toContain(`5303986${written}5802BR`)
  })

  it('zero is for withdrawals', () => {
    const text = build({ amount: brl(0n), withdrawalIspb: '12345678' })
    expect(text).toContain('54040.00')
    expect(read(text)).toMatchObject({ withdrawalIspb: '12345678', amount: brl(0n) })
  })
})

describe('refusals name the field and the rule, and not the value', () => {
  const long = `${'a'.repeat(60)}@example.com.br`
  const longest = `${'a'.repeat(65)}@example.com`
  it.each<[string, object]>([
    ['kind', { kind: 'pix' }],
    ['kind', { kind: undefined }],
    ['ammount', { ammount: brl(1n) }],
    ['url', { url: 'pix.example.com/abc' }],
    ['key', { key: '' }],
    ['key', { key: undefined }],
    ['key', { key: '529.982.247-25' }],
    ['key', { key: '52998224724' }],
    ['key', { key: EVP.toUpperCase() }],
    ['merchantName', { merchantName: '' }],
    ['merchantName', { merchantName: '  ' }],
    ['merchantName', { merchantName: '東京' }],
    ['merchantName', { merchantName: undefined }],
    ['merchantCity', { merchantCity: '🍞' }],
    ['merchantCategory', { merchantCategory: '12' }],
    ['merchantCategory', { merchantCategory: '12345' }],
    ['postalCode', { postalCode: '70074-900' }],
    ['pointOfInitiation', { pointOfInitiation: '13' }],
    ['amount', { amount: brl(0n) }],
    ['amount', { amount: brl(-1n) }],
    ['amount', { amount: brl(1_000_000_000_000n) }],
    ['amount', { amount: Money.of(1n, 'BRL/3') }],
    ['amount', { amount: Money.of(1n, 'USD/2') }],
    ['amount', { amount: { amount: 12.5, asset: 'BRL/2' } }],
    ['amount', { amount: '12.50' }],
    ['amount', { amount: null }],
    ['txid', { txid: '' }],
    ['txid', { txid: 'RP-2019' }],
    ['txid', { txid: 'a'.repeat(26) }],
    ['txid', { txid: 'pedido\n' }],
    ['additionalInfo', { additionalInfo: '' }],
    ['additionalInfo', { additionalInfo: 'é'.repeat(38) }],
    ['additionalInfo', { additionalInfo: 'x', key: longest }],
    ['withdrawalIspb', { withdrawalIspb: '1234567' }],
    ['withdrawalIspb', { withdrawalIspb: '1234567a' }],
    ['withdrawalIspb', { withdrawalIspb: '12345678', key: long }],
    ['recurrenceUrl', { recurrenceUrl: 'https://pix.example.com/rec/1' }],
  ])('%s: %o', (field, given) => {
    const [value] = Object.values(given).map(String)
    try {
      build(given)
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
      const { message } = error as RangeError
      expect(message).toMatch(new RegExp(`^${field}: .{5,}`))
      if (value !== undefined && value.length > 7) expect(message.slice(field.length)).not.toContain(value)
      return
    }
    expect.unreachable('was built')
  })

  it.each([
    'https://pix.example.com/abc',
    'pix.example.com',
    'pix.example.com/',
    'pix.example.com@other.example/abc',
    'pix.example.com/a b',
    'pix.example.com/ação',
    '127.0.0.1/abc',
    'localhost/abc',
    '[::1]/abc',
    '/abc',
    '',
    `pix.example.com/${'a'.repeat(62)}`,
    undefined,
  ])('the address %s', (url) => {
    expect(() => build({ url }, 'dynamic')).toThrow(/^url: must be host and path without/)
  })

  it('a recurrence without its address', () => {
    expect(() => build({}, 'recurrence')).toThrow(/^recurrenceUrl: must be host and path/)
  })

  it('an amount or a txid of a dynamic code, which would not count', () => {
    const url = 'pix.example.com/abc'
    expect(() => build({ url, amount: brl(1n) }, 'dynamic')).toThrow('amount: is no field of a dynamic code')
    expect(() => build({ url, txid: 'A' }, 'dynamic')).toThrow('txid: is no field of a dynamic code')
  })
})

describe('limits', () => {
  it('words beside an EVP have 37 characters, with accents taken off', () => {
    expect(read(build({ additionalInfo: 'ã'.repeat(37) }))).toMatchObject({ additionalInfo: 'a'.repeat(37) })
  })

  it('a key and an address of 77 characters fill their template', () => {
    const key = `${'a'.repeat(65)}@example.com`
    expect(build({ key })).toContain(`26990014br.gov.bcb.pix0177${key}`)
    const url = `pix.example.com/${'a'.repeat(61)}`
    expect(build({ url }, 'dynamic')).toContain(`26990014br.gov.bcb.pix2577${url}`)
  })

  it('`***` is no txid', () => {
    expect(build({ txid: '***' })).toBe(build({}))
    expect(read(build({ txid: '***' }))).not.toHaveProperty('txid')
  })
})
