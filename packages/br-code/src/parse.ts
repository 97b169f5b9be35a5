import { LIMITS } from './br-code.ts'
import { crc16 } from './crc16.ts'
import { type EmvField, findRepeated, readFields } from './fields.ts'
import { interpret } from './interpret.ts'
import { type BrCodeRefusal, type ParsedBrCode, refuse } from './parsed.ts'

const CRC = /^[0-9A-Fa-f]{4}$/

/** True when the text is whole objects and then a CRC with fewer digits than it says. */
function isCutInCrc(text: string): boolean {
  const start = text.length - (/63(0(4.{0,3})?)?$/s.exec(text)?.[0].length ?? 0)
  return start < text.length && readFields([...text.slice(0, start)]) !== null
}

/** The objects of the text without its CRC, which holds. */
function readFrame(text: string): readonly EmvField[] | BrCodeRefusal {
  const characters = [...text]
  if (characters.length > LIMITS.payload)
    return refuse('too_long', { field: 'payload', rule: `must have at most ${LIMITS.payload} characters` })
  const crcRule = { field: '63', rule: 'must be 04 and four hex digits' }
  const fields = readFields(characters)
  if (fields === null || fields.length === 0) {
    if (isCutInCrc(text)) return refuse('crc_malformed', crcRule)
    return refuse('malformed', { field: 'payload', rule: 'must be whole objects of id, length and value' })
  }
  const last = fields.at(-1)
  if (last?.id !== '63') {
    return fields.some(({ id }) => id === '63')
      ? refuse('malformed', { field: 'payload', rule: 'must end with the CRC' })
      : refuse('missing', crcRule)
  }
  if (!CRC.test(last.value)) return refuse('crc_malformed', crcRule)
  if (crc16(characters.slice(0, -4).join('')) !== last.value.toUpperCase())
    return refuse('crc_mismatch', { field: '63', rule: 'must be the CRC of the text before it' })
  const repeated = findRepeated(fields)
  if (repeated !== null) return refuse('repeated', { field: repeated, rule: 'must appear once' })
  return fields.slice(0, -1)
}

/**
 * Reads a BR Code of Pix ("copia e cola"). Total: any text gets an answer, and nothing throws. Space around the text
 * is ignored.
 *
 * Strict about what decides where money goes: whole objects, CRC, one template of Pix, one key or one address, no id
 * twice. Tolerant where real codes differ: any order after `00`, an upper-case `BR.GOV.BCB.PIX`, a lower-case CRC,
 * other arrangements, amounts such as `98` or `98.7`, accents (the length counts characters, the CRC counts bytes).
 *
 * The CRC finds damage, not fraud: who swaps the key writes a new CRC. Compare `key`, or the host of `url`, with what
 * you expect. Nothing is fetched.
 *
 * @example
 * const parsed = parseBrCode('00020126580014br.gov.bcb.pix0136…')
 * if (!parsed.ok) throw new Error(`${parsed.field} ${parsed.rule}`)
 * if (parsed.code.kind === 'static') console.log(parsed.code.key, parsed.code.amount)
 */
export function parseBrCode(text: string): ParsedBrCode {
  if (typeof text !== 'string') return refuse('malformed', { field: 'payload', rule: 'must be a text' })
  const fields = readFrame(text.trim())
  return 'ok' in fields ? fields : interpret(fields)
}
