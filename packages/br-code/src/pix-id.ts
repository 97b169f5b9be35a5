/** An id of Pix whose form the Central Bank fixes. */
export type PixIdKind =
  | 'dynamic_txid'
  | 'static_txid'
  | 'end_to_end_id'
  | 'return_id'
  | 'refund_id'
  | 'recurrence_id'
  | 'recurrence_request_id'

const DAY = String.raw`\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])`
const MINUTE = String.raw`([01]\d|2[0-3])[0-5]\d`
const BANK = '[0-9A-Z]{8}'
const END = '[A-Za-z0-9]{11}'

/** Central Bank, pix-api OpenAPI 2.9.0; what stands inside the two long ids is of the Manual de Padrões. */
const FORMS: Readonly<Record<PixIdKind, RegExp>> = {
  dynamic_txid: /^[A-Za-z0-9]{26,35}$/,
  static_txid: /^([A-Za-z0-9]{1,25}|\*{3})$/,
  end_to_end_id: new RegExp(`^E${BANK}${DAY}${MINUTE}${END}$`),
  return_id: new RegExp(`^D${BANK}${DAY}${MINUTE}${END}$`),
  refund_id: /^[A-Za-z0-9]{1,35}$/,
  recurrence_id: new RegExp(`^R[RN]${BANK}${DAY}${END}$`),
  recurrence_request_id: new RegExp(`^SC${BANK}${DAY}${END}$`),
}

/**
 * True when the text has the form of such an id. For ids that you make or that people type: a received id is opaque,
 * and samples that providers publish break these forms, so never refuse money by it. Days are not looked up in a
 * calendar: 31 February passes.
 *
 * | Kind | Is | Form |
 * |---|---|---|
 * | `dynamic_txid` | txid of a charge at a provider | 26 to 35 letters and digits |
 * | `static_txid` | txid in a static BR Code | 1 to 25 letters and digits, or `***` for none |
 * | `end_to_end_id` | endToEndId of a Pix | `E`, ISPB, `yyyyMMddHHmm` in UTC, 11 letters and digits |
 * | `return_id` | rtrId of a return | the same with `D` |
 * | `refund_id` | id of a devolução, chosen by the receiver | 1 to 35 letters and digits |
 * | `recurrence_id` | idRec of Pix Automático | `RR` or `RN`, ISPB, `yyyyMMdd`, 11 letters and digits |
 * | `recurrence_request_id` | idSolicRec | the same with `SC` |
 */
export function isPixId(text: string, kind: PixIdKind): boolean {
  return FORMS[kind].test(text)
}
