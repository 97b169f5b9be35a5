/** What names things in Pix: keys, documents and ids. */
import { seededRandom } from '../faults.ts'

/** `idEnvio`: chosen by the caller, unique across sends. */
export const ID_ENVIO = /^[a-zA-Z0-9]{1,35}$/

const KEY_FORMS: readonly RegExp[] = [
  /^\d{11}$/,
  /^[0-9A-Z]{12}\d{2}$/,
  /^\+[1-9]\d{2,14}$/,
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  /^(?=.{3,77}$)[^\s@]+@[^\s@]+\.[^\s@]+$/,
]

/** True for a CPF, a CNPJ, a phone with `+`, a random key or an e-mail address, as the directory writes them. */
export function isPixKey(text: unknown): text is string {
  return typeof text === 'string' && KEY_FORMS.some((form) => form.test(text))
}

/** True for 11 digits whose last two are right. */
export function isCpf(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{11}$/.test(text) || /^(\d)\1{10}$/.test(text)) return false
  return text.endsWith(checkDigits(text.slice(0, 9), 11))
}

/** True for 14 digits, or letters and digits in the form of 2026, whose last two are right. */
export function isCnpj(text: unknown): text is string {
  if (typeof text !== 'string' || !/^[0-9A-Z]{12}\d{2}$/.test(text) || /^(\d)\1{13}$/.test(text)) return false
  return text.endsWith(checkDigits(text.slice(0, 12), 9))
}

/** Modulo 11 with weights rising from 2, starting again past the longest. A letter counts as its code less 48. */
function checkDigits(base: string, longestWeight: number): string {
  const digit = (text: string) => {
    const sum = [...text].reverse().reduce((total, char, index) => {
      return total + (char.charCodeAt(0) - 48) * (2 + (index % (longestWeight - 1)))
    }, 0)
    return sum % 11 < 2 ? 0 : 11 - (sum % 11)
  }
  const first = digit(base)
  return `${first}${digit(`${base}${first}`)}`
}

/** Efí's ISPB: every end-to-end id of a Pix it sends carries it. */
const EFI_ISPB = '09089356'
const PAYEE_ISPB = '60701190'

/** Makes ids that look like the real ones and depend on nothing but the seed and the time. */
export interface IdFactory {
  /** `E`, ISPB, minute, `API` and eight more: 32 characters. */
  e2eId(now: Date): string
  /** The id of a return: `D`, the payee's ISPB, minute and eleven more. */
  rtrId(now: Date): string
  /** The end-to-end id of a Pix that somebody else's bank began. */
  payerE2eId(now: Date): string
  /** The id of a refund that Efí sends. */
  refundRtrId(now: Date): string
  /** 29 characters: `RR` where a failed charge may be tried again, `RN` where it may not. */
  idRec(now: Date, retries: boolean): string
  idSolicRec(now: Date): string
  token(): string
  /** 32 characters of hexadecimal digits. */
  token32(): string
  /** What Efí chooses where the caller does not: 32 letters and digits. */
  txid(): string
  uuid(): string
}

/** Ids from a seed. No two are the same. */
export function createIds(seed: number): IdFactory {
  const random = seededRandom(seed)
  const base = Math.floor(random() * 2 ** 32)
  let count = 0
  // Multiplying by an odd number visits every 32-bit value once: it looks random and cannot repeat.
  const eight = () => ((Math.imul(++count, 0x9e3779b1) + base) >>> 0).toString(16).padStart(8, '0')
  const minute = (now: Date) => now.toISOString().replace(/\D/g, '').slice(0, 12)
  const day = (now: Date) => minute(now).slice(0, 8)
  const token32 = () => [eight(), eight(), eight(), eight()].join('')
  return {
    e2eId: (now) => `E${EFI_ISPB}${minute(now)}API${eight()}`,
    rtrId: (now) => `D${PAYEE_ISPB}${minute(now)}RET${eight()}`,
    payerE2eId: (now) => `E${PAYEE_ISPB}${minute(now)}PAY${eight()}`,
    refundRtrId: (now) => `D${EFI_ISPB}${minute(now)}DEV${eight()}`,
    idRec: (now, retries) => `R${retries ? 'R' : 'N'}${EFI_ISPB}${day(now)}REC${eight()}`,
    idSolicRec: (now) => `SC${EFI_ISPB}${day(now)}SOL${eight()}`,
    token32,
    txid: token32,
    uuid: () => token32().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    token: () => `fake-token-${eight()}${eight()}`,
  }
}
