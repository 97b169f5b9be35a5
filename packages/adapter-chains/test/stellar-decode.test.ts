import { nativeToScVal, xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import { decodeContractEvent } from '../src/stellar/index.ts'
import { symbolOfScVal, symbolToScVal } from '../src/stellar/scval.ts'
import { NATIVE } from './stellar-world.ts'

const FROM = 'GBTL47RTFR5EKMZSXWOQU735WBK7LRPPDIDK3JTNTCZZ7NUBBRDTVSK2'
const TO = 'GAFVCOWZWSJEAFOKBEBO2B4QITJ2YXN6YIYG6BUURQINVDVW4OPS3OL6'
const val = (value: unknown, type?: string) =>
  nativeToScVal(value, type === undefined ? {} : ({ type } as never)).toXdr('base64')
const symbol = (text: string) => val(text, 'symbol')
const address = (text: string) => val(text, 'address')
const text = (value: string) => val(value, 'string')
const i128 = (value: bigint) => val(value, 'i128')
const event = (topics: string[], value: string) => ({
  contract: NATIVE,
  name: symbolOfScVal(topics[0] ?? ''),
  topics,
  value,
})
const muxed = (id: unknown, type: string) =>
  nativeToScVal(
    { amount: 5n, to_muxed_id: id },
    { type: { amount: ['symbol', 'i128'], to_muxed_id: ['symbol', type] } as never },
  ).toXdr('base64')

describe('symbols without the SDK', () => {
  it.each(['transfer', 'a', 'abcd', 'set_authorized', 'A'.repeat(32)])('%s', (name) => {
    expect(symbolToScVal(name)).toBe(symbol(name))
    expect(symbolOfScVal(symbol(name))).toBe(name)
  })

  it('is nothing else', () => {
    for (const other of [text('transfer'), i128(1n), '', 'AAAADwAAAP8='])
      expect(symbolOfScVal(other)).toBeNull()
  })
})

describe('decoding', () => {
  it('reads the transfer of the sheet', () => {
    const decoded = decodeContractEvent(
      event(
        [
          'AAAADwAAAAh0cmFuc2Zlcg==',
          'AAAAEgAAAAAAAAAAZr5+Myx6RTMyvZ0Kf32wVfXF7xoGraZtmLOftoEMRzo=',
          'AAAAEgAAAAAAAAAAC1E62bSSQBXKCQLtB5BE06xdvsIwbwaUjBDajrbjny0=',
          'AAAADgAAAAZuYXRpdmUAAA==',
        ],
        'AAAACgAAAAAAAAAAAAAAALLQXgA=',
      ),
    )
    expect(decoded.topics).toEqual(['transfer', FROM, TO, 'native'])
    expect(decoded.value).toBe('3000000000')
    expect(decoded.token).toEqual({
      kind: 'transfer',
      from: FROM,
      to: TO,
      amount: '3000000000',
      asset: 'native',
      toMuxedId: null,
    })
  })

  it.each([
    ['transfer', [address(FROM), address(TO)], muxed(7n, 'u64'), { toMuxedId: { kind: 'u64', value: '7' } }],
    [
      'transfer',
      [address(FROM), address(TO)],
      muxed('memo', 'string'),
      { toMuxedId: { kind: 'string', value: 'memo' } },
    ],
    [
      'transfer',
      [address(FROM), address(TO)],
      muxed(Buffer.from([1, 255]), 'bytes'),
      { toMuxedId: { kind: 'bytes', value: '01ff' } },
    ],
    ['mint', [address(TO), text('USD:G')], i128(9n), { to: TO, amount: '9', asset: 'USD:G', admin: null }],
    ['mint', [address(FROM), address(TO)], i128(9n), { to: TO, admin: FROM, asset: null }],
    ['burn', [address(FROM)], i128(2n ** 126n), { from: FROM, amount: (2n ** 126n).toString() }],
    ['clawback', [address(TO), address(FROM), text('USD:G')], i128(1n), { from: FROM, admin: TO }],
    ['set_admin', [address(FROM)], address(TO), { admin: FROM, newAdmin: TO }],
    ['set_authorized', [address(FROM), text('USD:G')], val(true), { holder: FROM, isAuthorized: true }],
    ['fee', [address(FROM)], i128(-4n), { from: FROM, amount: '-4' }],
    [
      'approve',
      [address(FROM), address(TO)],
      xdr.ScVal.scvVec([nativeToScVal(3n, { type: 'i128' }), nativeToScVal(9, { type: 'u32' })]).toXdr(
        'base64',
      ),
      { spender: TO, amount: '3', liveUntilLedger: '9' },
    ],
  ] as const)('%s is a token event', (name, topics, value, expected) => {
    expect(decodeContractEvent(event([symbol(name), ...topics], value)).token).toMatchObject({
      kind: name,
      ...expected,
    })
  })

  it.each([
    ['transfer', [address(FROM)], i128(1n)],
    ['transfer', [address(FROM), text('x'), address(TO)], i128(1n)],
    ['transfer', [address(FROM), address(TO)], val(1, 'u32')],
    ['mint', [], i128(1n)],
    ['burn', [address(FROM), address(TO)], i128(1n)],
    ['swap', [address(FROM), address(TO)], i128(1n)],
    ['toString', [address(FROM)], i128(1n)],
  ] as const)('%s in another form is none', (name, topics, value) => {
    expect(decodeContractEvent(event([symbol(name), ...topics], value)).token).toBeNull()
  })

  it('keeps every value as JSON has it, and exactly', () => {
    const value = xdr.ScVal.scvVec([
      nativeToScVal(2n ** 127n - 1n, { type: 'i128' }),
      nativeToScVal(new Uint8Array([0, 171])),
      xdr.ScVal.scvVoid(),
      nativeToScVal({ b: 1n, a: [true, 'x'] }),
      nativeToScVal({ only: 1n }, { type: { only: ['symbol', 'u64'] } as never }),
    ]).toXdr('base64')
    const decoded = decodeContractEvent(event([symbol('odd')], value))
    expect(decoded.value).toEqual([
      (2n ** 127n - 1n).toString(),
      { hex: '00ab' },
      null,
      [
        ['a', [true, 'x']],
        ['b', '1'],
      ],
      { only: '1' },
    ])
    // Only symbols are names: another map is a list of pairs.
    expect(JSON.parse(JSON.stringify(decoded))).toEqual(decoded)
  })

  it('names what is no XDR', () => {
    expect(() => decodeContractEvent(event([symbol('a'), 'AAAA'], i128(1n)))).toThrow('topics[1]')
  })
})
