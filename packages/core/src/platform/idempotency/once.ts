import { pack, unpack } from '../codec.ts'
import { LastroError } from '../errors/index.ts'
import { sha256Hex } from '../node.ts'
import type { IdempotencyStore } from './store.ts'

/**
 * Runs a write once for its key, inside the transaction that makes its effect: the key, the effect and the stored
 * answer commit together. The same key with the same body answers what was answered the first time.
 *
 * @throws LastroError `idempotency_key_reused` for the same key with another body.
 */
export async function once<T>(
  tx: { readonly idempotency: IdempotencyStore },
  request: { readonly operation: string; readonly key: string; readonly body: unknown; readonly at: Date },
  work: () => Promise<T>,
): Promise<T> {
  const { operation, key, at } = request
  const fingerprint = sha256Hex(pack(request.body))
  const earlier = await tx.idempotency.take({ operation, key, fingerprint, at })
  if (earlier !== null) {
    if (earlier.fingerprint !== fingerprint)
      throw new LastroError('idempotency_key_reused', { operation, key })
    return unpack<T>(earlier.result)
  }
  const result = await work()
  await tx.idempotency.finish({ operation, key, result: pack(result) })
  return result
}
