import { reveal, type Secret, secret } from '../../spec/index.ts'
import { refuse } from '../input.ts'
import { lockEndpoint } from './change-endpoint.ts'
import type { EndpointWithSecret } from './create-endpoint.ts'
import type { OutgoingEndpointId } from './endpoint.ts'
import type { OutgoingDeps } from './settings.ts'
import { isActive, newSecret, resealSecret, sealSecret, secretBytes } from './signing.ts'
import type { OutgoingWork } from './store.ts'

/** A new secret for an endpoint. */
export interface RotateSecret {
  readonly id: OutgoingEndpointId
  /** How long the old ones still sign as well. 0 ends them now, for a secret that became known. Default 24 h. */
  readonly overlapMs?: number
  /** Default: 32 new random bytes. */
  readonly secret?: string | Secret
}

/** Every active secret is one more signature in each request: a receiver's header limit is not far. */
const MAX_ACTIVE = 5
const MAX_OVERLAP_MS = 30 * 86_400_000

/** Gives an endpoint a new secret. Until the overlap ends, both sign, so the receiver may change at any moment. */
export async function rotateSecret<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  input: RotateSecret,
): Promise<EndpointWithSecret> {
  const { keys, overlapMs: usualMs } = deps.settings()
  const { id: endpointId, overlapMs = usualMs } = input
  if (!Number.isInteger(overlapMs) || overlapMs < 0 || overlapMs > MAX_OVERLAP_MS)
    refuse('overlapMs', `must be a whole number from 0 to ${MAX_OVERLAP_MS}`)
  const text = input.secret === undefined ? newSecret() : reveal(secret(input.secret))
  secretBytes(text)
  const endpoint = await lockEndpoint(tx, endpointId)
  const at = deps.clock.now()
  await tx.outgoingEndpoints.endSecrets({ endpointId, notAfter: new Date(at.getTime() + overlapMs) })
  await tx.outgoingEndpoints.deleteSecrets({ endpointId, endedBefore: at })
  const active = (await tx.outgoingEndpoints.secrets(endpointId)).filter((one) => isActive(one, at))
  if (active.length >= MAX_ACTIVE)
    refuse(
      'id',
      `has ${active.length} secrets that still sign; rotate with overlapMs 0, or wait for one to end`,
    )
  await tx.outgoingEndpoints.insertSecret(sealSecret({ keys, ids: deps.ids }, { text, endpointId, at }))
  const details = { customer: endpoint.customer, overlapMs }
  await tx.audit.append({
    actor: 'system',
    action: 'outgoing.secret_rotated',
    subject: endpointId,
    details,
    at,
  })
  return { endpoint, secret: secret(text) }
}

const BATCH = 100

/** Seals every secret with the first encryption key, so that the others can be taken away. Answers how many. */
export async function resealSecrets<T extends OutgoingWork>(deps: OutgoingDeps<T>): Promise<number> {
  const { keys } = deps.settings()
  let count = 0
  for (let done = BATCH; done === BATCH; count += done) {
    done = await deps.storage.transaction(async (tx) => {
      const found = await tx.outgoingEndpoints.secretsNotSealedWith({ keyId: keys.keyId, limit: BATCH })
      for (const one of found) await tx.outgoingEndpoints.reseal(resealSecret(keys, one))
      return found.length
    })
  }
  return count
}
