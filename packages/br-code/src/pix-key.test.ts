import { describe, expect, it } from 'vitest'
import { checkPixKey, isCnpj, isCpf, normalisePixKey, pixKeyKind } from './index.ts'

describe('checkPixKey', () => {
  it.each(['maria@example', '@example.com', 'a@b@example.com', 'maria@-x.com', `${'a'.repeat(70)}@exa.com`])(
    'refuses the e-mail %s',
    (key) => {
      expect(checkPixKey(key)).toMatch(/e-mail|longer/)
    },
  )

  it.each(['+551', '+5500987654321', '+55119876543210', '+55 11987654321'])('refuses the phone %s', (key) => {
    expect(checkPixKey(key)).toMatch(/phone/)
  })

  it('takes foreign phones by the directory’s pattern', () => {
    expect(pixKeyKind('+14155552671')).toBe('phone')
  })

  it('says where letters in a CNPJ are off', () => {
    expect(checkPixKey('12ABC34501DE35', { alphanumericCnpj: false })).toMatch(/alphanumericCnpj/)
    expect(checkPixKey('12ABC34501DE36')).toBe('has 14 characters but is no CNPJ')
  })
})

describe('check digits', () => {
  it('find one wrong digit of a CPF at every place', () => {
    const cpf = '52998224725'
    const changed = [...cpf].flatMap((own, at) =>
      [...'0123456789']
        .filter((digit) => digit !== own)
        .map((digit) => cpf.slice(0, at) + digit + cpf.slice(at + 1)),
    )
    expect(changed).toHaveLength(99)
    expect(changed.filter(isCpf)).toEqual([])
  })

  it('are digits, and letters are upper case', () => {
    expect(isCnpj('12ABC34501DE35')).toBe(true)
    expect(isCnpj('12abc34501de35')).toBe(false)
    expect(isCnpj('12ABC34501DEA5')).toBe(false)
  })
})

describe('normalisePixKey', () => {
  it.each([
    ['  maria@example.com\n', 'maria@example.com'],
    ['+55 (11) 98765-4321', '+5511987654321'],
    ['529.982.247-25', '52998224725'],
    ['529982247-25', '52998224725'],
    ['12.abc.345/01de-35', '12ABC34501DE35'],
    ['123E4567-E12B-12D1-A456-426655440000', '123e4567-e12b-12d1-a456-426655440000'],
  ])('"%s" is "%s"', (typed, key) => {
    expect(normalisePixKey(typed)).toBe(key)
    expect(checkPixKey(key)).toBeNull()
  })

  it.each([
    // Without its hyphens it would be eleven digits with the check digits of a CPF.
    ['52-99822-4725', 'a phone without +55'],
    ['(52) 99822-4725', 'the same, with brackets'],
    // KELVIN SIGN and LONG S become k and s by their case.
    ['\u212Aey@example.com', 'an e-mail with a letter that looks like another'],
    ['12AB\u017F34501DE35', 'a CNPJ with such a letter'],
  ])('leaves %s alone: %s', (typed) => {
    expect(normalisePixKey(typed)).toBe(typed)
    expect(pixKeyKind(normalisePixKey(typed))).toBeNull()
  })
})
