import { Money } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { crc16 } from '../src/crc16.ts'
import {
  type BrCode,
  buildBrCode,
  checkPixKey,
  isCnpj,
  isCpf,
  isPixId,
  normalisePixKey,
  type PixIdKind,
  parseBrCode,
  pixKeyKind,
} from '../src/index.ts'
import vectors from './vectors/br-code.json' with { type: 'json' }

/** A vector's labels beside what the code says. */
function told(code: BrCode): Record<string, unknown> {
  const { amount, key, ...rest } = {
    amount: undefined,
    key: undefined,
    txid: undefined,
    url: undefined,
    ...code,
  }
  return {
    valid: true,
    ...rest,
    key,
    keyType: key === undefined ? undefined : pixKeyKind(key),
    amount: amount === undefined ? undefined : Money.format(amount),
  }
}

describe('vectors', () => {
  it.each(vectors.crc16)('CRC of "$input" is $crc', ({ input, crc }) => {
    expect(crc16(input)).toBe(crc)
  })

  it.each(vectors.validPayloads)('reads $id', ({ payload, expect: wanted }) => {
    const parsed = parseBrCode(payload)
    if (!parsed.ok) throw new Error(`${parsed.field} ${parsed.rule}`)
    const { txidStrict, ...fields } = { txidStrict: true, ...wanted }
    const said = told(parsed.code)
    for (const [field, value] of Object.entries(fields)) expect(said[field] ?? null, field).toBe(value)
    expect(parsed.warnings.some(({ field }) => field === '62.05')).toBe(!txidStrict)
  })

  // Told by the vector's own labels: `field_invalid:54`.
  it.each(vectors.invalidPayloads)('refuses $id as $expect.reason', ({ payload, expect: { reason } }) => {
    const parsed = parseBrCode(payload)
    if (parsed.ok) throw new Error('was read')
    const label = {
      malformed: 'tlv_malformed',
      missing: `field_missing:${parsed.field}`,
      invalid: `field_invalid:${parsed.field}`,
      conflict: `field_conflict:${parsed.field}`,
      repeated: `field_repeated:${parsed.field}`,
      too_long: 'too_long',
      crc_malformed: 'crc_malformed',
      crc_mismatch: 'crc_mismatch',
      not_pix: 'not_pix',
    }
    expect(label[parsed.reason]).toBe(reason)
  })

  it.each(vectors.build)('builds $id', ({ input, payload }) => {
    const { amountMinor, transliterate, ...given } = { amountMinor: undefined, transliterate: true, ...input }
    const amount = amountMinor === undefined ? {} : { amount: Money.of(BigInt(amountMinor), 'BRL/2') }
    expect(transliterate).toBe(true)
    expect(buildBrCode({ ...given, ...amount } as BrCode)).toBe(payload)
  })

  it.each(vectors.pixKeys)('key "$input"', ({ input, expect: { valid, type, normalized } }) => {
    const key = normalisePixKey(input)
    expect(checkPixKey(key) === null).toBe(valid)
    expect(pixKeyKind(key)).toBe(valid ? type : null)
    if (!valid) return
    expect(key).toBe(normalized)
    // Only the directory's own form is a key: masks and capitals are removed before, and by name.
    expect(checkPixKey(input) === null).toBe(input === normalized)
    const hasLetters = type === 'cnpj' && /[A-Z]/.test(key)
    expect(checkPixKey(key, { alphanumericCnpj: false }) === null).toBe(!hasLetters)
  })

  it.each(vectors.documents)('$type $input: $valid', ({ type, input, valid }) => {
    expect(type === 'cpf' ? isCpf(input) : isCnpj(input)).toBe(valid)
    if (type === 'cpf') return
    expect(isCnpj(input, { alphanumericCnpj: false })).toBe(valid && !/[A-Z]/.test(input))
  })

  /** Efí's idEnvio has the form of a refund's id. */
  const ID_KINDS: Record<string, PixIdKind> = {
    txidDynamic: 'dynamic_txid',
    txidStatic: 'static_txid',
    endToEndId: 'end_to_end_id',
    rtrId: 'return_id',
    idEnvio: 'refund_id',
    devolucaoId: 'refund_id',
    idRec: 'recurrence_id',
    idSolicRec: 'recurrence_request_id',
  }
  it.each(vectors.identifiers)('$type $input: $valid', ({ type, input, valid }) => {
    const kind = ID_KINDS[type]
    if (kind === undefined) throw new Error(`${type} is new`)
    expect(isPixId(input, kind)).toBe(valid)
  })
})
