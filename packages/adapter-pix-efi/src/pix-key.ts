import { type DocumentRules, isCnpj, isCpf } from './documents.ts'

const MAX_LENGTH = 77
const RANDOM_KEY = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Pattern of the Central Bank's key directory. */
const PHONE = /^\+[1-9][0-9]\d{1,14}$/
const BRAZILIAN_PHONE = /^\+55[1-9]\d(9\d{8}|\d{8})$/
const LOCAL_PART = /^[a-z0-9.!#$&'*+/=?^_`{|}~-]+$/
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function checkEmail(key: string): string | null {
  const at = key.indexOf('@')
  const labels = key.slice(at + 1).split('.')
  const isFine =
    LOCAL_PART.test(key.slice(0, at)) && labels.length > 1 && labels.every((part) => DOMAIN_LABEL.test(part))
  return isFine ? null : 'is no e-mail address in lower-case ASCII'
}

function checkPhone(key: string): string | null {
  if (!PHONE.test(key)) return 'is no phone: expected "+", country, area and number, digits only'
  if (key.startsWith('+55') && !BRAZILIAN_PHONE.test(key))
    return 'is no Brazilian phone: expected "+55", area and number'
  return null
}

/**
 * The rule a Pix key breaks, or null when its form is fine. The form is the directory's own: no masks, e-mail and
 * random keys in lower case, phones with `+`. Eleven digits are a CPF or nothing: a phone is never guessed.
 */
export function checkPixKey(key: string, rules: DocumentRules): string | null {
  if (key.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`
  if (key.includes('@')) return checkEmail(key)
  if (key.startsWith('+')) return checkPhone(key)
  if (RANDOM_KEY.test(key)) return null
  if (/^\d{11}$/.test(key))
    return isCpf(key) ? null : 'has 11 digits but is no CPF; a phone starts with "+55"'
  if (key.length === 14) return isCnpj(key, rules) ? null : cnpjRule(rules)
  return 'is no CPF, CNPJ, phone, e-mail or random key as the directory writes them'
}

function cnpjRule(rules: DocumentRules): string {
  const letters = rules.alphanumericCnpj ? '' : ' (one with letters needs the option alphanumericCnpj)'
  return `has 14 characters but is no CNPJ${letters}`
}
