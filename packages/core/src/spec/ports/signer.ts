/** The curves a chain may sign with. */
export type Curve = 'secp256k1' | 'ed25519'

/** Which key: a curve and a BIP-32 or SLIP-10 path below the signer's root, such as `m/44'/60'/0'/0/5`. */
export interface KeyRef {
  readonly curve: Curve
  readonly path: string
}

/**
 * Holds keys and signs with them. A local encrypted keystore, an HSM or a cloud KMS may stand behind it. Keys never
 * leave it, and no table holds one.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `signer/stable_public_key`: one key ref always gives the same public key.
 * - `signer/verifiable`: what it signs verifies under that public key, with a low `s`.
 * - `signer/keys_differ`: two paths give two keys.
 * - `signer/no_key_in_errors`: no error or text form shows key material.
 */
export interface Signer {
  readonly specVersion: 1
  /** secp256k1: the compressed key, 33 bytes. ed25519: 32 bytes. */
  publicKey(key: KeyRef): Promise<Uint8Array>
  /**
   * Signs a 32-byte digest (secp256k1) or a message (ed25519). Answers r‖s, 64 bytes; the chain adapter finds the
   * recovery bit itself, since HSMs do not tell it.
   */
  sign(key: KeyRef, digest: Uint8Array): Promise<Uint8Array>
}
