import { Money } from '@lastro/core/spec'
import { type BrCode, GUI, ISPB, isPayloadUrl, LIMITS, NO_TXID, type StaticBrCode, TXID } from './br-code.ts'
import { crc16 } from './crc16.ts'
import { type EmvField, writeField } from './fields.ts'
import { checkPixKey } from './pix-key.ts'

const MERCHANT_FIELDS = [
  'kind',
  'merchantName',
  'merchantCity',
  'merchantCategory',
  'postalCode',
  'pointOfInitiation',
  'recurrenceUrl',
] as const
const FIELDS: Readonly<Record<BrCode['kind'], readonly string[]>> = {
  static: [...MERCHANT_FIELDS, 'key', 'amount', 'txid', 'additionalInfo', 'withdrawalIspb'],
  dynamic: [...MERCHANT_FIELDS, 'url'],
  recurrence: MERCHANT_FIELDS,
}
const MAX_AMOUNT = 999_999_999_999n

const refusal = (field: string, rule: string): RangeError => new RangeError(`${field}: ${rule}`)

/** Accents taken off, blanks made one space, and what is not printable ASCII left out. Case stays. */
function asciiText(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
}

function nameOf(text: unknown, about: { readonly field: string; readonly max: number }): string {
  const name = typeof text === 'string' ? asciiText(text).slice(0, about.max).trim() : ''
  if (name === '') throw refusal(about.field, 'must be a text that is not empty without accents and symbols')
  return name
}

/** The text when it keeps the rule, or an absent one. */
function checked(
  field: string,
  given: { readonly text: unknown; readonly rule: string; keeps(text: string): boolean },
): string | undefined {
  const { text } = given
  if (text === undefined) return undefined
  if (typeof text !== 'string' || !given.keeps(text)) throw refusal(field, given.rule)
  return text
}

function urlOf(field: 'url' | 'recurrenceUrl', text: unknown): string {
  const rule = `must be host and path without "https://", at most ${LIMITS.url} characters of ASCII`
  const keeps = (url: string) => url.length <= LIMITS.url && isPayloadUrl(url)
  const url = checked(field, { text, rule, keeps })
  if (url === undefined) throw refusal(field, rule)
  return url
}

function amountOf(input: StaticBrCode): string | undefined {
  const { amount } = input
  if (amount === undefined) return undefined
  if (typeof amount?.amount !== 'bigint' || amount.asset !== 'BRL/2')
    throw refusal('amount', 'must be money in BRL/2')
  if (amount.amount < 0n || (amount.amount === 0n && input.withdrawalIspb === undefined))
    throw refusal('amount', 'must be more than zero; zero is for codes with withdrawalIspb')
  if (amount.amount > MAX_AMOUNT)
    throw refusal('amount', `must be at most ${Money.format(Money.of(MAX_AMOUNT, 'BRL/2'))}`)
  return Money.format(amount)
}

function keyTemplate(input: StaticBrCode): string {
  const { key } = input
  const rule = typeof key === 'string' ? checkPixKey(key) : 'must be a text'
  if (rule !== null) throw refusal('key', rule)
  const ispb = checked('withdrawalIspb', {
    text: input.withdrawalIspb,
    rule: 'must be 8 digits or upper-case letters',
    keeps: (text) => ISPB.test(text),
  })
  const around = templateOf([
    { id: '01', value: key },
    { id: '03', value: ispb },
  ])
  const room = LIMITS.template - around.length - 4
  if (room < -4) throw refusal('withdrawalIspb', 'has no room beside a key of this length')
  const { additionalInfo } = input
  const info = typeof additionalInfo === 'string' ? asciiText(additionalInfo) : additionalInfo
  const fits = `must be 1 to ${Math.max(room, 0)} characters beside this key`
  const words = checked('additionalInfo', {
    text: info,
    rule: room < 1 ? 'has no room beside a key of this length' : fits,
    keeps: (text) => text !== '' && text.length <= room,
  })
  return templateOf([
    { id: '01', value: key },
    { id: '02', value: words },
    { id: '03', value: ispb },
  ])
}

type OptionalField = { readonly id: EmvField['id']; readonly value: string | undefined }

const write = (fields: readonly OptionalField[]): string =>
  fields.map(({ id, value }) => (value === undefined ? '' : writeField(id, value))).join('')

const templateOf = (fields: readonly OptionalField[]): string => write([{ id: '00', value: GUI }, ...fields])

function pixTemplate(input: BrCode): string {
  if (input.kind === 'static') return keyTemplate(input)
  if (input.kind === 'dynamic') return templateOf([{ id: '25', value: urlOf('url', input.url) }])
  return templateOf([])
}

function recurrenceTemplate(input: BrCode): string | undefined {
  const { recurrenceUrl } = input
  if (recurrenceUrl === undefined && input.kind !== 'recurrence') return undefined
  return templateOf([{ id: '25', value: urlOf('recurrenceUrl', recurrenceUrl) }])
}

function txidOf(input: StaticBrCode): string {
  const rule = 'must be 1 to 25 letters and digits'
  const keeps = (text: string) => TXID.test(text) || text === NO_TXID
  return checked('txid', { text: input.txid, rule, keeps }) ?? NO_TXID
}

function checkFields(input: BrCode): void {
  const kind: unknown = input?.kind
  const fields = Object.entries(FIELDS).find(([name]) => name === kind)?.[1]
  if (fields === undefined) throw refusal('kind', `must be one of ${Object.keys(FIELDS).join(', ')}`)
  const surplus = Object.keys(input).find((field) => !fields.includes(field))
  if (surplus !== undefined) throw refusal(surplus.slice(0, 40), `is no field of a ${input.kind} code`)
}

/**
 * The text of a BR Code, which is also Pix "copia e cola", ready to be drawn by `qrSvg`. The same input always gives
 * the same text, in ASCII, with the objects in the order of the Central Bank's samples.
 *
 * A code moves no money and proves nothing: its CRC is no signature.
 *
 * Sources: Manual do BR Code 2.0.1 and Manual de Padrões para Iniciação do Pix (Banco Central do Brasil).
 *
 * @throws RangeError `field: rule` for the first field that breaks a rule, and never its value. Unknown fields too: a
 * misspelt `amount` must not become a code without one.
 *
 * @example
 * buildBrCode({
 *   kind: 'static',
 *   key: 'financeiro@loja.example',
 *   merchantName: 'Café São João',
 *   merchantCity: 'Brasília',
 *   amount: Money.of(49_90n, 'BRL/2'),
 *   txid: 'PEDIDO0042',
 * })
 */
export function buildBrCode(input: BrCode): string {
  checkFields(input)
  const { merchantCategory, postalCode, pointOfInitiation } = input
  const isStatic = input.kind === 'static'
  const body = write([
    { id: '00', value: '01' },
    {
      id: '01',
      value: checked('pointOfInitiation', {
        text: pointOfInitiation,
        rule: 'must be 11 or 12',
        keeps: (text) => /^1[12]$/.test(text),
      }),
    },
    { id: '26', value: pixTemplate(input) },
    {
      id: '52',
      value:
        checked('merchantCategory', {
          text: merchantCategory,
          rule: 'must be 4 digits',
          keeps: (text) => /^\d{4}$/.test(text),
        }) ?? '0000',
    },
    { id: '53', value: '986' },
    { id: '54', value: isStatic ? amountOf(input) : undefined },
    { id: '58', value: 'BR' },
    { id: '59', value: nameOf(input.merchantName, { field: 'merchantName', max: LIMITS.name }) },
    { id: '60', value: nameOf(input.merchantCity, { field: 'merchantCity', max: LIMITS.city }) },
    {
      id: '61',
      value: checked('postalCode', {
        text: postalCode,
        rule: 'must be 8 digits',
        keeps: (text) => /^\d{8}$/.test(text),
      }),
    },
    { id: '62', value: writeField('05', isStatic ? txidOf(input) : NO_TXID) },
    { id: '80', value: recurrenceTemplate(input) },
  ])
  // The parts have limits that keep the whole below the 512 characters a payload may have.
  const covered = `${body}6304`
  return covered + crc16(covered)
}
