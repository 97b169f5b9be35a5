import { describe, expect, it } from 'vitest'
import { jsonNumber, parseJson } from './json.ts'

describe('parseJson', () => {
  it('keeps the text of numbers when asked to', () => {
    const text = '{"a":12.30,"b":[0.1,9007199254740993,1e400],"c":"7"}'
    const exact = { kind: 'json', value: { a: '12.30', b: ['0.1', '9007199254740993', '1e400'], c: '7' } }
    expect(parseJson(text, { numbers: 'text' })).toEqual(exact)
    expect(parseJson(Buffer.from(text), { numbers: 'text' })).toEqual(exact)
  })

  it.each(['', '{', 'undefined', Buffer.from([0x22, 0xc3, 0x22])])('says that %j is no JSON', (body) => {
    expect(parseJson(body)).toEqual({ kind: 'not_json' })
  })

  it('reads the next bytes as if the ones before, which were no UTF-8, had not come', () => {
    expect(parseJson(Buffer.from([0x22, 0xe2, 0x82]))).toEqual({ kind: 'not_json' })
    expect(parseJson(Buffer.from('"\u20ac"'))).toEqual({ kind: 'json', value: '\u20ac' })
  })

  it('tells a JSON null from no JSON', () => {
    expect(parseJson('null')).toEqual({ kind: 'json', value: null })
  })
})

describe('jsonNumber', () => {
  it.each(['3.1400000', '0.0000001', '922337203685.4775807', '-1', '1e-7'])(
    'writes %s digit by digit',
    (text) => {
      const body = JSON.stringify({ amount: jsonNumber(text) })
      expect(body).toBe(`{"amount":${text}}`)
      expect(parseJson(body, { numbers: 'text' })).toEqual({ kind: 'json', value: { amount: text } })
    },
  )

  it.each(['', '1.', '.5', '01', '+1', 'NaN', '1,5', '"1"', '1 ', '{}'])('refuses %j', (text) => {
    expect(() => jsonNumber(text)).toThrow(RangeError)
  })
})
