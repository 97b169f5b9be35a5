import { sha256Hex } from '@lastro/adapter-kit'

/** An id of the engine: a prefix, `_`, and 26 letters and digits. */
const ENGINE_ID = /^([a-z]{1,8})_([0-9a-z]{26})$/
/** The same as Efí holds it. Where the prefix ends is known, so nothing is lost. */
const WRITTEN_ID = /^([a-z]{1,8})([0-9a-z]{26})$/

/**
 * The id by which Efí knows a charge (`txid`) or a refund (`devolucao.id`) that was made for this key: 26 to 35 letters
 * and digits (BCB, `bacen/pix-api`). An engine's id is written without its `_`; any other key as 128 bits of its digest
 * behind a capital letter, which no engine's id begins with. Different keys have different ids.
 */
export function pixIdOf(idempotencyKey: string): string {
  const own = ENGINE_ID.exec(idempotencyKey)
  if (own !== null) return `${own[1]}${own[2]}`
  return `K${sha256Hex(idempotencyKey).slice(0, 32)}`
}

/** The key behind an id, or null where the id does not tell it: a digest, or an id that somebody else chose. */
export function keyOfPixId(id: string): string | null {
  const written = WRITTEN_ID.exec(id)
  return written === null ? null : `${written[1]}_${written[2]}`
}
