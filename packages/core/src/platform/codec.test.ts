import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pack, unpack } from './codec.ts'

describe('pack and unpack', () => {
  it('keeps bigint and Date exactly, at any depth', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.bigInt(),
      fc.date({ noInvalidDate: true }),
    )
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('node')),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('node')),
      ),
    })).node
    fc.assert(
      fc.property(tree, (value) => {
        expect(unpack(pack(value))).toEqual(value)
      }),
    )
  })

  it('gives one text for the same facts in another order', () => {
    expect(pack({ a: 1, b: { d: 2n, c: 3 } })).toBe(pack({ b: { c: 3, d: 2n }, a: 1 }))
    expect(pack({ a: 1, b: undefined })).toBe(pack({ a: 1 }))
    expect(pack({ a: 1n })).not.toBe(pack({ a: 1 }))
  })
})
