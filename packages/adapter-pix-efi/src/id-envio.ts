const ALLOWED = /^[A-Za-z0-9_-]+$/
const MAX_LENGTH = 35

/**
 * The id Efí knows a payout by: the idempotency key without `_` and `-`. Null for a key Efí cannot hold, which is one
 * with other characters, or with more than 35 or no letters and digits. Such a key is never sent.
 *
 * Keys must stay different without `_` and `-`: `a_b` and `ab` are the same payout to Efí.
 */
export function idEnvioOf(idempotencyKey: string): string | null {
  if (!ALLOWED.test(idempotencyKey)) return null
  const id = idempotencyKey.replace(/[_-]/g, '')
  return id.length >= 1 && id.length <= MAX_LENGTH ? id : null
}

/** An end-to-end id by its form. */
export const END_TO_END_ID = /^E[0-9A-Z]{8}\d{12}[A-Za-z0-9]{11}$/
