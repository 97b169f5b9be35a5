import { Money } from '@lastro/core/spec'
import { type BrCode, GUI, ISPB, isPayloadUrl, LIMITS, type Merchant, NO_TXID, TXID } from './br-code.ts'
import { type EmvField, findRepeated, readFields } from './fields.ts'
import { type BrCodeRefusal, type BrCodeWarning, type ParsedBrCode, refuse } from './parsed.ts'
import { checkPixKey } from './pix-key.ts'

interface ObjectRule {
  readonly id: string
  readonly isRequired: boolean
  readonly form: RegExp
  readonly rule: string
}

const upTo = (max: number) => new RegExp(`^.{1,${max}}$`, 'su')

const required = (id: string, about: Omit<ObjectRule, 'id' | 'isRequired'>): ObjectRule => ({
  id,
  isRequired: true,
  ...about,
})
const optional = (id: string, about: Omit<ObjectRule, 'id' | 'isRequired'>): ObjectRule => ({
  id,
  isRequired: false,
  ...about,
})

/** Outside templates: EMV Merchant-Presented Mode 1.1 and Manual do BR Code 2.0.1. */
const ROOT_RULES: readonly ObjectRule[] = [
  required('00', { form: /^01$/, rule: 'must be 01' }),
  optional('01', { form: /^1[12]$/, rule: 'must be 11 or 12' }),
  required('52', { form: /^\d{4}$/, rule: 'must be 4 digits' }),
  required('53', { form: /^986$/, rule: 'must be 986, the real' }),
  optional('54', {
    form: /^(?=.{1,13}$)\d+(\.\d{0,2})?$/,
    rule: 'must be digits with at most one "." and two places, 13 characters',
  }),
  required('58', { form: /^BR$/, rule: 'must be BR' }),
  required('59', { form: upTo(LIMITS.name), rule: `must have at most ${LIMITS.name} characters` }),
  required('60', { form: upTo(LIMITS.city), rule: `must have at most ${LIMITS.city} characters` }),
  optional('61', {
    form: upTo(LIMITS.postalCode),
    rule: `must have at most ${LIMITS.postalCode} characters`,
  }),
  required('62', { form: /^/, rule: 'must be there, with 05' }),
]

/** Inside the template of Pix, whose 99 characters keep a key or an address to its 77. */
const PIX_RULES: readonly ObjectRule[] = [
  optional('03', { form: ISPB, rule: 'must be 8 digits or upper-case letters' }),
]

/** Which objects of the text a code of this kind is made of, besides its CRC. The rest are `others`. */
const MERCHANT = ['00', '01', '52', '53', '58', '59', '60', '61']
const COUNTS: Readonly<
  Record<BrCode['kind'], { readonly root: readonly string[]; readonly pix: readonly string[] }>
> = {
  static: { root: [...MERCHANT, '54'], pix: ['00', '01', '02', '03'] },
  dynamic: { root: MERCHANT, pix: ['00', '25'] },
  recurrence: { root: MERCHANT, pix: ['00'] },
}

const textOf = (fields: readonly EmvField[], id: string): string | undefined =>
  fields.find((field) => field.id === id)?.value

function findBreach(
  fields: readonly EmvField[],
  { rules, within = '' }: { readonly rules: readonly ObjectRule[]; readonly within?: string },
): BrCodeRefusal | null {
  for (const { id, isRequired, form, rule } of rules) {
    const value = textOf(fields, id)
    if (value === undefined && isRequired) return refuse('missing', { field: within + id, rule })
    if (value !== undefined && !form.test(value)) return refuse('invalid', { field: within + id, rule })
  }
  return null
}

interface Template {
  readonly id: string
  readonly fields: readonly EmvField[]
}

/** The objects inside, each once. */
function readTemplate({ id, value }: EmvField): Template | BrCodeRefusal {
  const fields = readFields([...value])
  if (fields === null) return refuse('malformed', { field: id, rule: 'must be whole objects' })
  const repeated = findRepeated(fields)
  if (repeated !== null) return refuse('repeated', { field: `${id}.${repeated}`, rule: 'must appear once' })
  return { id, fields }
}

/** The one template of Pix among these ids; null when there is none. Templates of others may hold anything. */
function findPixTemplate(
  roots: readonly EmvField[],
  among: { readonly from: string; readonly to: string },
): Template | BrCodeRefusal | null {
  const candidates = roots.filter(({ id }) => id >= among.from && id <= among.to).filter(isOfPix)
  const [first, second] = candidates
  if (second !== undefined)
    return refuse('conflict', { field: second.id, rule: 'must be the only template of Pix' })
  return first === undefined ? null : readTemplate(first)
}

function isOfPix({ value }: EmvField): boolean {
  // A template that begins as one of Pix is one, also when what follows is broken.
  if (value.toLowerCase().startsWith(`00${GUI.length}${GUI}`)) return true
  const fields = readFields([...value]) ?? []
  return fields.some((field) => field.id === '00' && field.value.toLowerCase() === GUI)
}

interface Parts {
  readonly roots: readonly EmvField[]
  readonly pix: Template
  readonly additional: Template
  readonly recurrence: Template | null
}

function findParts(roots: readonly EmvField[]): Parts | BrCodeRefusal {
  const breach = findBreach(roots, { rules: ROOT_RULES })
  if (breach !== null) return breach
  if (roots[0]?.id !== '00') return refuse('invalid', { field: '00', rule: 'must be first' })
  const additional = readTemplate({ id: '62', value: textOf(roots, '62') ?? '' })
  if ('ok' in additional) return additional
  if (textOf(additional.fields, '05') === undefined)
    return refuse('missing', { field: '62.05', rule: 'must be the txid, or ***' })
  const pix = findPixTemplate(roots, { from: '26', to: '51' })
  if (pix === null) return refuse('not_pix', { field: '26', rule: `must be a template of ${GUI}` })
  if ('ok' in pix) return pix
  const recurrence = findPixTemplate(roots, { from: '80', to: '99' })
  if (recurrence !== null && 'ok' in recurrence) return recurrence
  const inside = findBreach(pix.fields, { rules: PIX_RULES, within: `${pix.id}.` })
  if (inside !== null) return inside
  if (recurrence !== null && textOf(recurrence.fields, '25') === undefined)
    return refuse('missing', { field: `${recurrence.id}.25`, rule: 'must be the address of the recurrence' })
  return { roots, pix, additional, recurrence }
}

/** `98`, `98.`, `98.7` and `98.70`, which EMV all allows, in cents. */
function moneyOf(text: string): Money<'BRL/2'> {
  const [units = '', cents = ''] = text.split('.')
  return Money.of(BigInt(units + cents.padEnd(2, '0')), 'BRL/2')
}

function merchantOf({ roots, recurrence }: Parts): Merchant {
  const category = textOf(roots, '52')
  const postalCode = textOf(roots, '61')
  const initiation = textOf(roots, '01')
  const recurrenceUrl = recurrence && textOf(recurrence.fields, '25')
  return {
    merchantName: textOf(roots, '59') ?? '',
    merchantCity: textOf(roots, '60') ?? '',
    ...(category === undefined || category === '0000' ? {} : { merchantCategory: category }),
    ...(postalCode === undefined ? {} : { postalCode }),
    ...(initiation === '11' || initiation === '12' ? { pointOfInitiation: initiation } : {}),
    ...(recurrenceUrl ? { recurrenceUrl } : {}),
  }
}

function codeOf(parts: Parts): BrCode | BrCodeRefusal {
  const { roots, pix, additional } = parts
  const [key, url] = [textOf(pix.fields, '01'), textOf(pix.fields, '25')]
  const merchant = merchantOf(parts)
  const { recurrenceUrl } = merchant
  if (key !== undefined && url !== undefined)
    return refuse('conflict', { field: pix.id, rule: 'must have a key or an address, not both' })
  if (url !== undefined) return { kind: 'dynamic', url, ...merchant }
  if (key === undefined) {
    if (!recurrenceUrl) return refuse('missing', { field: pix.id, rule: 'must have a key or an address' })
    return { kind: 'recurrence', ...merchant, recurrenceUrl }
  }
  const amount = textOf(roots, '54')
  const txid = textOf(additional.fields, '05')
  const additionalInfo = textOf(pix.fields, '02')
  const withdrawalIspb = textOf(pix.fields, '03')
  if (amount !== undefined && moneyOf(amount).amount === 0n && withdrawalIspb === undefined)
    return refuse('invalid', { field: '54', rule: 'must be more than zero, except for a withdrawal' })
  return {
    kind: 'static',
    key,
    ...merchant,
    ...(amount === undefined ? {} : { amount: moneyOf(amount) }),
    ...(txid === undefined || txid === NO_TXID ? {} : { txid }),
    ...(additionalInfo === undefined ? {} : { additionalInfo }),
    ...(withdrawalIspb === undefined ? {} : { withdrawalIspb }),
  }
}

/** What the code does not say: unknown objects, and those that do not count in its kind. */
function othersOf(code: BrCode, { roots, pix, additional, recurrence }: Parts): EmvField[] {
  const counts = COUNTS[code.kind]
  const hasTxid = code.kind === 'static' || textOf(additional.fields, '05') === NO_TXID
  const within = (template: Template, known: readonly string[]): EmvField[] =>
    template.fields
      .filter(({ id }) => !known.includes(id))
      .map(({ id, value }) => ({ id: `${template.id}.${id}`, value }))
  return roots.flatMap((root) => {
    if (root.id === pix.id) return within(pix, counts.pix)
    if (root.id === additional.id) return within(additional, hasTxid ? ['05'] : [])
    if (recurrence !== null && root.id === recurrence.id) return within(recurrence, ['00', '25'])
    return counts.root.includes(root.id) ? [] : [root]
  })
}

const ASCII = /^[\x20-\x7e]*$/

function warningsOf(code: BrCode, { roots, pix, recurrence }: Parts): BrCodeWarning[] {
  const warnings: BrCodeWarning[] = []
  const warn = (field: string, rule: string): unknown => warnings.push({ field, rule })
  const texts = roots.filter(({ id }) => ['59', '60', '61'].includes(id))
  if (code.kind === 'static') {
    const rule = checkPixKey(code.key)
    if (rule !== null) warn(`${pix.id}.01`, rule)
    if (!ASCII.test(code.additionalInfo ?? '')) warn(`${pix.id}.02`, 'has characters outside ASCII')
    if (code.txid !== undefined && !TXID.test(code.txid))
      warn('62.05', 'is no txid of 1 to 25 letters and digits')
  }
  const urlRule = 'is no host and path without "https://"'
  if (code.kind === 'dynamic' && !isPayloadUrl(code.url)) warn(`${pix.id}.25`, urlRule)
  if (code.recurrenceUrl !== undefined && !isPayloadUrl(code.recurrenceUrl))
    warn(`${recurrence?.id}.25`, urlRule)
  for (const { id, value } of texts) if (!ASCII.test(value)) warn(id, 'has characters outside ASCII')
  return warnings
}

/** What the objects of a text say, whose CRC holds. */
export function interpret(roots: readonly EmvField[]): ParsedBrCode {
  const parts = findParts(roots)
  if ('ok' in parts) return parts
  const code = codeOf(parts)
  if ('ok' in code) return code
  return { ok: true, code, others: othersOf(code, parts), warnings: warningsOf(code, parts) }
}
