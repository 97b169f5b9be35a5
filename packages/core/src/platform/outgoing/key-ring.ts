import { decrypt, encrypt, sha256Hex } from '../node.ts'

/** What was sealed, and with which key. */
export interface Sealed {
  readonly keyId: string
  readonly sealed: Uint8Array
}

/** The keys that hide secrets in the database. */
export interface KeyRing {
  /** The id of the key that seals: a digest of it, from which it cannot be told. */
  readonly keyId: string
  seal(text: string, context: string): Sealed
  /** @throws Error when the key is not there any more, or the row was changed or moved. Nothing of it is in the error. */
  open(sealed: Sealed, context: string): string
}

/** The first key seals, all open. */
export function keyRing(keys: readonly Uint8Array[]): KeyRing {
  const known = new Map(keys.map((key) => [idOf(key), key]))
  const [first] = known
  if (first === undefined) throw new RangeError('No key.')
  const [keyId, key] = first
  return {
    keyId,
    seal: (text, context) => ({ keyId, sealed: encrypt(key, { text, context: `${context}:${keyId}` }) }),
    open({ keyId: usedId, sealed }, context) {
      const used = known.get(usedId)
      if (used === undefined) throw new Error(`encryption key ${usedId} is not in outgoing.encryptionKeys`)
      try {
        return decrypt(used, { sealed, context: `${context}:${usedId}` })
      } catch {
        throw new Error(`a secret sealed with encryption key ${usedId} does not open: its row was changed`)
      }
    },
  }
}

function idOf(key: Uint8Array): string {
  return sha256Hex(Uint8Array.from([...new TextEncoder().encode('lastro.outgoing.key:'), ...key])).slice(
    0,
    12,
  )
}
