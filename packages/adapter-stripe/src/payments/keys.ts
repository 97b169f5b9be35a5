import { sha256Hex } from '@lastro/adapter-kit'

/** Stripe's limit: https://docs.stripe.com/api/idempotent_requests. */
const LONGEST = 255

/**
 * The idempotency key under which something is asked for: it follows from the intent, never from the attempt, and says
 * what is asked for, since Stripe has one set of keys for all that an account does.
 */
export function requestKey(asks: 'create' | 'capture' | 'refund', key: string): string {
  const text = `lastro:${asks}:${key}`
  // A header takes printable ASCII only.
  return text.length <= LONGEST && /^[\x21-\x7e]+$/.test(text) ? text : `lastro:${asks}:${sha256Hex(key)}`
}
