import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { KeyRef } from '@lastro/core/spec'
import { wallets } from './library.ts'
import { invalidRequest } from './trouble.ts'

/** A derived key pair, as closures: nothing that could be printed holds the private half. */
export interface KeyPair {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

const PATH = /^m(\/(0|[1-9]\d{0,9})'?)*$/
const HARDENED = 0x8000_0000
const MAX_DEPTH = 10

/** The indexes of a path, hardened ones with their high bit. @throws ProviderError `invalid_request`. */
export function parsePath(path: string): readonly number[] {
  const levels = PATH.test(path) ? path.split('/').slice(1) : null
  const indexes = levels?.map((level) => ({
    index: Number.parseInt(level, 10),
    isHardened: level.endsWith("'"),
  }))
  if (indexes === undefined || indexes.length > MAX_DEPTH || indexes.some(({ index }) => index >= HARDENED)) {
    throw invalidRequest("key.path must be a path such as m/44'/60'/0'/0/5.")
  }
  return indexes.map(({ index, isHardened }) => index + (isHardened ? HARDENED : 0))
}

function hexToBytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), 'hex'))
}

/** BIP-32 on secp256k1. Signatures are deterministic (RFC 6979) with a low `s`. */
export function deriveSecp256k1(seed: Uint8Array, path: string): KeyPair {
  parsePath(path)
  const root = wallets().HDNodeWallet.fromSeed(seed)
  const node = path === 'm' ? root : root.derivePath(path)
  return {
    publicKey: hexToBytes(node.publicKey),
    sign(digest) {
      if (digest.length !== 32) throw invalidRequest('digest must be 32 bytes for secp256k1.')
      const { r, s } = node.signingKey.sign(digest)
      return new Uint8Array([...hexToBytes(r), ...hexToBytes(s)])
    },
  }
}

/** PKCS #8 of an Ed25519 private key up to its 32 bytes (RFC 8410, section 7). */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function ed25519Key(privateKey: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, privateKey]), format: 'der', type: 'pkcs8' })
}

/** SLIP-0010 on ed25519: every level is hardened, so there is no derivation from a public key. */
export function deriveEd25519(seed: Uint8Array, path: string): KeyPair {
  const indexes = parsePath(path)
  if (indexes.some((index) => index < HARDENED)) {
    throw invalidRequest('key.path: every level must be hardened for ed25519.')
  }
  let node = createHmac('sha512', 'ed25519 seed').update(seed).digest()
  for (const index of indexes) {
    const data = Buffer.alloc(37)
    node.copy(data, 1, 0, 32)
    data.writeUInt32BE(index, 33)
    node = createHmac('sha512', node.subarray(32)).update(data).digest()
  }
  const key = ed25519Key(node.subarray(0, 32))
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  }
}

/** The key pair of a key ref. @throws ProviderError `invalid_request` for a path or a curve that cannot be. */
export function deriveKey(seed: Uint8Array, { curve, path }: KeyRef): KeyPair {
  switch (curve) {
    case 'secp256k1':
      return deriveSecp256k1(seed, path)
    case 'ed25519':
      return deriveEd25519(seed, path)
    default:
      throw invalidRequest('key.curve must be secp256k1 or ed25519.')
  }
}
