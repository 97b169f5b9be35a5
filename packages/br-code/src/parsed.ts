import type { BrCode } from './br-code.ts'
import type { EmvField } from './fields.ts'

/** Why a text is no BR Code of Pix. */
export type BrCodeReason =
  /** Not made of whole objects, or something follows the CRC. */
  | 'malformed'
  | 'too_long'
  /** The CRC is not four hex digits, or is cut off. */
  | 'crc_malformed'
  /** Something was changed or lost since the code was written. */
  | 'crc_mismatch'
  | 'missing'
  | 'invalid'
  /** The same id twice: readers would differ on which counts. */
  | 'repeated'
  /** Both a key and an address, or two templates of Pix. */
  | 'conflict'
  /** A payment code of another arrangement. */
  | 'not_pix'

/** A refusal: which object of the text, and the rule it breaks. Never a value. */
export interface BrCodeRefusal {
  readonly ok: false
  readonly reason: BrCodeReason
  /** The EMV id, such as `54` or `62.05` (inside a template); `payload` for the whole. */
  readonly field: string
  /** To be read after the field: `must be 986`. */
  readonly rule: string
}

/** Something odd that real codes have and that does not stop a payment by itself. Look twice before you pay. */
export interface BrCodeWarning {
  readonly field: string
  readonly rule: string
}

/** A code that was read. */
export interface BrCodeRead {
  readonly ok: true
  /** In the form that `buildBrCode` takes, which may refuse what was tolerated here. */
  readonly code: BrCode
  /**
   * What the text holds besides, in its order: unknown objects, other arrangements, and what does not count in a code
   * of this kind, such as the amount of a dynamic one.
   */
  readonly others: readonly EmvField[]
  readonly warnings: readonly BrCodeWarning[]
}

/** What `parseBrCode` answers. */
export type ParsedBrCode = BrCodeRead | BrCodeRefusal

/** A refusal of one object. */
export function refuse(reason: BrCodeReason, about: Omit<BrCodeRefusal, 'ok' | 'reason'>): BrCodeRefusal {
  return { ok: false, reason, ...about }
}
