import { Money } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { crc16 } from './crc16.ts'
import { writeField } from './fields.ts'
import { parseBrCode } from './index.ts'

const GUI = writeField('00', 'br.gov.bcb.pix')
const KEY = writeField('01', '123e4567-e12b-12d1-a456-426655440000')
const URL = writeField('25', 'pix.example.com/abc')

/** A payload, with objects replaced (`null` leaves one out) and others added after the rest. */
function payload(changes: Record<string, string | null> = {}, more = ''): string {
  const objects: Record<string, string | null> = {
    '00': '01',
    '26': GUI + KEY,
    '52': '0000',
    '53': '986',
    '54': null,
    '58': 'BR',
    '59': 'Fulano de Tal',
    '60': 'BRASILIA',
    '62': '0503***',
    ...changes,
  }
  const ids = Object.keys(objects).sort()
  const body = ids.map((id) => (objects[id] ? writeField(id, objects[id]) : '')).join('') + more
  return `${body}6304${crc16(`${body}6304`)}`
}

describe('refuses', () => {
  const twoKeys = GUI + KEY + KEY
  it.each([
    ['repeated', '59', payload({}, '5901A')],
    ['repeated', '26.01', payload({ '26': twoKeys })],
    ['repeated', '62.05', payload({ '62': '0503***0501A' })],
    ['repeated', '80.25', payload({ '80': GUI + URL + URL })],
    ['conflict', '30', payload({ '30': GUI + URL })],
    ['conflict', '81', payload({ '80': GUI + URL, '81': GUI + URL })],
    ['conflict', '26', payload({ '26': GUI + KEY + URL })],
    ['malformed', '26', payload({ '26': `${GUI}0199short` })],
    ['malformed', '62', payload({ '62': '05' })],
    ['missing', '62.05', payload({ '62': '0701A' })],
    ['missing', '80.25', payload({ '80': `${GUI}0101A` })],
    ['missing', '26', payload({ '26': GUI })],
    ['missing', '00', payload({ '00': null })],
    ['missing', '53', payload({ '53': null })],
    ['missing', '58', payload({ '58': null })],
    ['missing', '63', payload().slice(0, -8)],
    ['not_pix', '26', payload({ '26': null })],
    ['not_pix', '26', payload({ '26': null, '52': '0000', '80': GUI + URL })],
    ['invalid', '52', payload({ '52': '12A4' })],
    ['invalid', '54', payload({ '54': '12345678901.00' })],
    ['invalid', '54', payload({ '54': '.50' })],
    ['invalid', '54', payload({ '54': '1e3' })],
    ['invalid', '54', payload({ '54': '-1.00' })],
    ['invalid', '54', payload({ '54': '٣.00' })],
    ['invalid', '54', payload({ '54': '0' })],
    ['invalid', '61', payload({ '61': '12345678901' })],
    ['invalid', '26.03', payload({ '26': `${GUI}${KEY}03041234` })],
    ['crc_malformed', '63', payload().slice(0, -1)],
    ['crc_malformed', '63', payload().slice(0, -4)],
    ['crc_malformed', '63', payload().slice(0, -6)],
    ['crc_malformed', '63', `${payload().slice(0, -4)}12G4`],
    ['crc_malformed', '63', `${payload().slice(0, -8)}6303123`],
    ['malformed', 'payload', `${payload()}6200`],
    ['malformed', 'payload', `${payload()}5901A`],
    ['malformed', 'payload', payload().slice(0, 30)],
    ['malformed', 'payload', 'https://example.com'],
    ['malformed', 'payload', ' '],
    ['too_long', 'payload', '0'.repeat(513)],
  ])('%s %s', (reason, field, text) => {
    expect(parseBrCode(text)).toMatchObject({
      ok: false,
      reason,
      field,
      rule: expect.stringMatching(/^must /),
    })
  })

  it('00 anywhere but first', () => {
    const body = '52040000000201'
    const text = `${body}${payload({ '00': null, '52': null }).slice(0, -8)}`
    const refused = parseBrCode(`${text}6304${crc16(`${text}6304`)}`)
    expect(refused).toMatchObject({ ok: false, reason: 'invalid', field: '00', rule: 'must be first' })
  })
})

describe('reads', () => {
  const read = (text: string) => {
    const parsed = parseBrCode(text)
    if (!parsed.ok) throw new Error(`${parsed.field} ${parsed.rule}`)
    return parsed
  }

  it.each([
    ['98', 9800n],
    ['98.', 9800n],
    ['98.7', 9870n],
    ['98.70', 9870n],
    ['007.05', 705n],
    ['9999999999999', 999_999_999_999_900n],
  ])('the amount %s exactly', (text, cents) => {
    expect(read(payload({ '54': text })).code).toMatchObject({ amount: Money.of(cents, 'BRL/2') })
  })

  it('through spaces and line breaks around pasted text', () => {
    expect(read(`\n ${payload()}\r\n`).code.kind).toBe('static')
  })

  it('the template of Pix wherever it is, beside others that hold anything', () => {
    const { code, others } = read(payload({ '26': 'no template', '27': '0003abc', '44': GUI + URL }))
    expect(code).toMatchObject({ kind: 'dynamic', url: 'pix.example.com/abc' })
    expect(others).toEqual([
      { id: '26', value: 'no template' },
      { id: '27', value: '0003abc' },
    ])
  })

  it('and keeps what it does not know, in templates too', () => {
    const { others } = read(
      payload({ '26': `${GUI}${KEY}0901x`, '62': '0503***0702A1', '64': '0002PT' }, '9901Z'),
    )
    expect(others).toEqual([
      { id: '26.09', value: 'x' },
      { id: '62.07', value: 'A1' },
      { id: '64', value: '0002PT' },
      { id: '99', value: 'Z' },
    ])
  })

  it('a dynamic code without believing its amount and txid', () => {
    const { code, others } = read(payload({ '26': `${GUI}0202hi${URL}`, '54': '0.00', '62': '0503ABC' }))
    expect(code).toEqual({
      kind: 'dynamic',
      url: 'pix.example.com/abc',
      merchantName: 'Fulano de Tal',
      merchantCity: 'BRASILIA',
    })
    expect(others).toEqual([
      { id: '26.02', value: 'hi' },
      { id: '54', value: '0.00' },
      { id: '62.05', value: 'ABC' },
    ])
  })

  it.each([
    ['26.01', payload({ '26': GUI + writeField('01', '11987654321') })],
    ['26.02', payload({ '26': `${GUI}${KEY}0202oé` })],
    ['26.25', payload({ '26': GUI + writeField('25', 'bank.example@evil.example/a') })],
    ['26.25', payload({ '26': GUI + writeField('25', 'https://a.example/b') })],
    ['85.25', payload({ '85': GUI + writeField('25', 'nohost') })],
    ['62.05', payload({ '62': '0503A-1' })],
    ['59', payload({ '59': 'Jo\u202eao' })],
    ['60', payload({ '60': 'BRASÍLIA' })],
  ])('and warns of %s', (field, text) => {
    expect(read(text).warnings).toEqual([{ field, rule: expect.stringMatching(/^(is|has) /) }])
  })
})
