import { type DocumentRules, isCnpj, isCpf } from './documents.ts'

/** What a Pix key is. `evp` is the random key. */
export type PixKeyKind = 'cpf' | 'cnpj' | 'phone' | 'email' | 'evp'

/** Central Bank, key directory. */
const MAX_LENGTH = 77

const RANDOM_KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Pattern of the Central Bank's key directory. */
const PHONE = /^\+[1-9][0-9]\d{1,14}$/
const BRAZILIAN_PHONE = /^\+55[1-9]\d(9\d{8}|\d{8})$/
const LOCAL_PART = /^[a-z0-9.!#$&'*+/=?^_`{|}~-]+$/
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

const MASKED_CPF = /^\d{3}\.?\d{3}\.?\d{3}-?\d{2}$/
const MASKED_CNPJ = /^[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}\/?[0-9A-Z]{4}-?\d{2}$/i
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/

type Checked = { readonly kind: PixKeyKind } | { readonly rule: string }

function checkEmail(key: string): Checked {
  const at = key.indexOf('@')
  const labels = key.slice(at + 1).split('.')
  const isFine =
    LOCAL_PART.test(key.slice(0, at)) && labels.length > 1 && labels.every((part) => DOMAIN_LABEL.test(part))
  return isFine ? { kind: 'email' } : { rule: 'is no e-mail address in lower-case ASCII' }
}

function checkPhone(key: string): Checked {
  if (!PHONE.test(key)) return { rule: 'is no phone: expected "+", country, area and number, digits only' }
  if (key.startsWith('+55') && !BRAZILIAN_PHONE.test(key))
    return { rule: 'is no Brazilian phone: expected "+55", area and number' }
  return { kind: 'phone' }
}

function checkCnpj(key: string, rules: DocumentRules): Checked {
  if (isCnpj(key, rules)) return { kind: 'cnpj' }
  const letters =
    rules.alphanumericCnpj === false ? ' (one with letters needs the option alphanumericCnpj)' : ''
  return { rule: `has 14 characters but is no CNPJ${letters}` }
}

function check(key: string, rules: DocumentRules): Checked {
  if (key.length > MAX_LENGTH) return { rule: `is longer than ${MAX_LENGTH} characters` }
  if (key.includes('@')) return checkEmail(key)
  if (key.startsWith('+')) return checkPhone(key)
  if (RANDOM_KEY.test(key)) return { kind: 'evp' }
  if (/^\d{11}$/.test(key))
    return isCpf(key) ? { kind: 'cpf' } : { rule: 'has 11 digits but is no CPF; a phone starts with "+55"' }
  if (key.length === 14) return checkCnpj(key, rules)
  return { rule: 'is no CPF, CNPJ, phone, e-mail or random key as the directory writes them' }
}

/**
 * The rule a Pix key breaks, or null when its form is fine. The form is the directory's own: no masks, e-mail and
 * random keys in lower case, phones with `+`. Eleven digits are a CPF or nothing: a phone is never guessed. The rule
 * never shows the key.
 *
 * @example
 * checkPixKey('12ABC34501DE35') // null
 * checkPixKey('11987654321') // 'has 11 digits but is no CPF; a phone starts with "+55"'
 */
export function checkPixKey(key: string, rules: DocumentRules = {}): string | null {
  const checked = check(key, rules)
  return 'rule' in checked ? checked.rule : null
}

/** What a Pix key in the directory's own form is, or null when it is none: see `checkPixKey`. */
export function pixKeyKind(key: string, rules: DocumentRules = {}): PixKeyKind | null {
  const checked = check(key, rules)
  return 'kind' in checked ? checked.kind : null
}

/**
 * What people type, in the directory's own form as far as it can be told: spaces around it go, e-mails and random keys
 * become lower case, the masks `123.456.789-09` and `12.ABC.345/01DE-35` go and letters of a CNPJ become upper case,
 * and phones with `+` lose spaces, brackets and hyphens. Anything else stays as it is. It proves nothing: give the
 * answer to `checkPixKey`.
 */
export function normalisePixKey(text: string): string {
  const key = text.trim()
  // Some letters outside ASCII have an ASCII letter as their other case, which would make a key that nobody typed.
  if (!PRINTABLE_ASCII.test(key)) return key
  if (key.includes('@')) return key.toLowerCase()
  if (key.startsWith('+')) return key.replace(/[ ()-]/g, '')
  if (RANDOM_KEY.test(key.toLowerCase())) return key.toLowerCase()
  // Only whole masks: hyphens of a phone must not leave eleven digits that pass for a CPF.
  if (MASKED_CPF.test(key)) return key.replace(/[.-]/g, '')
  if (MASKED_CNPJ.test(key)) return key.replace(/[./-]/g, '').toUpperCase()
  return key
}
