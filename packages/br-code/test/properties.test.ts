import { Money } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc16 } from '../src/crc16.ts'
import { writeField } from '../src/fields.ts'
import {
  type BrCode,
  buildBrCode,
  checkPixKey,
  normalisePixKey,
  parseBrCode,
  pixKeyKind,
} from '../src/index.ts'
import vectors from './vectors/br-code.json' with { type: 'json' }

const KEYS = vectors.pixKeys.flatMap(({ expect: { normalized } }) => normalized ?? [])
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index))

/** Words as a code keeps them: no spaces around, none doubled. */
const words = (maxLength: number) =>
  fc
    .string({ unit: fc.constantFrom(...PRINTABLE), minLength: 1, maxLength })
    .map((text) => text.replace(/ +/g, ' ').trim())
    .filter((text) => text !== '')
const letters = (min: number, max: number) => fc.stringMatching(new RegExp(`^[A-Za-z0-9]{${min},${max}}$`))
const url = fc.tuple(fc.domain(), letters(1, 32)).map(([host, path]) => `${host}/${path}`)
const shortUrl = url.filter((text) => text.length <= 77)

const merchant = {
  merchantName: words(25),
  merchantCity: words(15),
  merchantCategory: fc.stringMatching(/^\d{4}$/).filter((text) => text !== '0000'),
  postalCode: fc.stringMatching(/^\d{8}$/),
  pointOfInitiation: fc.constantFrom('11', '12'),
  recurrenceUrl: shortUrl,
}
const must = ['kind', 'merchantName', 'merchantCity'] as const

const staticCode = fc
  .record(
    {
      kind: fc.constant('static'),
      key: fc.oneof(fc.constantFrom(...KEYS), fc.uuid()),
      amount: fc.bigInt(1n, 999_999_999_999n).map((cents) => Money.of(cents, 'BRL/2')),
      txid: letters(1, 25),
      additionalInfo: words(25),
      withdrawalIspb: fc.stringMatching(/^[0-9A-Z]{8}$/),
      ...merchant,
    },
    { requiredKeys: [...must, 'key'] },
  )
  .filter(({ key, additionalInfo, withdrawalIspb }) => {
    const info = additionalInfo === undefined ? 0 : additionalInfo.length + 4
    return 18 + 4 + key.length + info + (withdrawalIspb === undefined ? 0 : 12) <= 99
  })
const dynamicCode = fc.record(
  { kind: fc.constant('dynamic'), url: shortUrl, ...merchant },
  { requiredKeys: [...must, 'url'] },
)
const recurrenceCode = fc.record(
  { kind: fc.constant('recurrence'), ...merchant },
  { requiredKeys: [...must, 'recurrenceUrl'] },
)
const anyCode = fc.oneof(staticCode, dynamicCode, recurrenceCode) as fc.Arbitrary<BrCode>

const read = (text: string) => {
  const parsed = parseBrCode(text)
  if (!parsed.ok) throw new Error(`${parsed.field} ${parsed.rule}`)
  return parsed
}
const withCrc = (body: string) => `${body}6304${crc16(`${body}6304`)}`

describe('build and parse', () => {
  it('are each other’s inverse', () => {
    fc.assert(
      fc.property(anyCode, (code) => {
        const text = buildBrCode(code)
        expect(read(text)).toEqual({ ok: true, code, others: [], warnings: [] })
        expect(buildBrCode(read(text).code)).toBe(text)
        expect(text.length).toBeLessThanOrEqual(512)
      }),
    )
  })

  it('any name and city become ASCII of the right length, and stay what they became', () => {
    const any = fc.string({ unit: 'binary' }).map((text) => `x${text}`)
    fc.assert(
      fc.property(any, any, (merchantName, merchantCity) => {
        const text = buildBrCode({ kind: 'static', key: KEYS[0] ?? '', merchantName, merchantCity })
        const { code } = read(text)
        expect(code.merchantName).toMatch(/^[\x21-\x7e]([\x20-\x7e]{0,23}[\x21-\x7e])?$/)
        expect(code.merchantCity).toMatch(/^[\x21-\x7e]([\x20-\x7e]{0,13}[\x21-\x7e])?$/)
        expect(buildBrCode(code)).toBe(text)
      }),
    )
  })

  it('read the same code in any order of its objects', () => {
    const objects = (body: string): string[] => {
      const length = 4 + Number.parseInt(body.slice(2, 4), 10)
      return body === '' ? [] : [body.slice(0, length), ...objects(body.slice(length))]
    }
    const shuffled = anyCode.chain((code) => {
      const [first = '', ...rest] = objects(buildBrCode(code).slice(0, -8))
      const order = fc.shuffledSubarray(rest, { minLength: rest.length })
      return fc.tuple(
        fc.constant(code),
        order.map((parts) => withCrc(first + parts.join(''))),
      )
    })
    fc.assert(
      fc.property(shuffled, ([code, text]) => {
        expect(read(text).code).toEqual(code)
      }),
    )
  })
})

describe('damage', () => {
  const isSameCrc = (text: string, changed: string) =>
    text.slice(0, -4) === changed.slice(0, -4) && text.toUpperCase() === changed.toUpperCase()

  it('of one character is always found, at every place of a sample', () => {
    const text = vectors.validPayloads[0]?.payload ?? ''
    const passed: string[] = []
    for (let at = 0; at < text.length; at += 1) {
      for (const character of PRINTABLE) {
        const changed = text.slice(0, at) + character + text.slice(at + 1)
        if (!isSameCrc(text, changed) && parseBrCode(changed).ok) passed.push(changed)
      }
    }
    expect(text.length).toBeGreaterThan(100)
    expect(passed).toEqual([])
  })

  it('of one character is found in any code', () => {
    const damaged = anyCode.chain((code) => {
      const text = buildBrCode(code)
      const change = fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 0, max: 127 }))
      return change.map(([at, character]) => ({
        text,
        changed: text.slice(0, at) + String.fromCharCode(character) + text.slice(at + 1),
      }))
    })
    fc.assert(
      fc.property(damaged, ({ text, changed }) => {
        fc.pre(!isSameCrc(text, changed))
        expect(parseBrCode(changed).ok).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })

  it('that cuts the text anywhere is found', () => {
    fc.assert(
      fc.property(anyCode, fc.nat(400), (code, cut) => {
        const text = buildBrCode(code)
        fc.pre(cut < text.length)
        expect(parseBrCode(text.slice(0, cut)).ok).toBe(false)
      }),
    )
  })
})

describe('any text', () => {
  const answers = (text: string) => {
    const parsed = parseBrCode(text)
    if (parsed.ok) return
    expect(parsed.field).toMatch(/^(payload|\d\d(\.\d\d)?)$/)
    expect(parsed.rule).not.toBe('')
  }

  it('gets an answer', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 600 }), answers))
    for (const stranger of [undefined, null, 7, {}]) answers(stranger as unknown as string)
  })

  it('made of objects with the right CRC gets an answer', () => {
    const value = fc.oneof(
      fc.constantFrom('01', '12', '986', 'BR', '0000', '0503***', '0014br.gov.bcb.pix', '0.00', '1.'),
      fc.constantFrom('0014BR.GOV.BCB.PIX0101a', '0014br.gov.bcb.pix2501/', '0014br.gov.bcb.pix01'),
      fc.string({ minLength: 1, maxLength: 20 }),
    )
    const id = fc.constantFrom(
      '01',
      '26',
      '27',
      '52',
      '53',
      '54',
      '58',
      '59',
      '60',
      '61',
      '62',
      '64',
      '80',
      '81',
    )
    const field = fc.tuple(id, value).map(([name, text]) => writeField(name, text))
    fc.assert(
      fc.property(fc.array(field, { maxLength: 14 }), (fields) =>
        answers(withCrc(`000201${fields.join('')}`)),
      ),
      { numRuns: 1_000 },
    )
  })

  it('as a key is of one kind or breaks a rule, and normalising twice changes nothing', () => {
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...vectors.pixKeys.map(({ input }) => input)),
      fc.stringMatching(/^[+0-9A-Za-z ().@/-]{0,20}$/),
    )
    fc.assert(
      fc.property(typed, (text) => {
        const key = normalisePixKey(text)
        expect(normalisePixKey(key)).toBe(key)
        expect(pixKeyKind(key) === null).toBe(checkPixKey(key) !== null)
        if (checkPixKey(text) === null) expect(key).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})
