import { createECDH, createHash, createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { type KeyRef, ProviderError, type Signer } from '@lastro/core/spec'
import type { CreateWorld, SignerWorld } from '../../conformance/index.ts'
import type { Flaw } from '../flaw.ts'

/** The order of secp256k1 (SEC 2, section 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** PKCS #8 of an Ed25519 private key up to its 32 bytes (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const SEED = createHash('sha256').update('the root of the reference signer').digest()
const KEYS: readonly KeyRef[] = [
  { curve: 'secp256k1', path: "m/44'/60'/0'/0/0" },
  { curve: 'secp256k1', path: "m/44'/60'/0'/0/1" },
  { curve: 'ed25519', path: "m/44'/148'/0'" },
  { curve: 'ed25519', path: "m/44'/148'/1'" },
]

/** The decisions of a signer, one by one. */
interface SignerParts {
  /** What keys are derived from, at the moment they are. */
  readonly salt: string
  /** The path as it is read. */
  path(path: string): string
  /** The bytes that are handed out. */
  handOut(publicKey: Uint8Array, name: string): Uint8Array
  /** The digest that is signed. */
  digest(digest: Uint8Array): Uint8Array
  /** s of a signature. */
  s(s: bigint): bigint
  /** The message for a digest of a wrong length. */
  wrongDigest(privateKey: Uint8Array): string
  /** Members of the signer object. */
  readonly members: object
}

type Replace = () => Partial<SignerParts>

const correctParts: SignerParts = {
  salt: '',
  path: (path) => path,
  handOut: (publicKey) => publicKey,
  digest: (digest) => digest,
  s: (s) => (s > ORDER / 2n ? ORDER - s : s),
  wrongDigest: () => 'digest must be 32 bytes',
  members: {},
}

const refuse = (message: string): ProviderError =>
  new ProviderError({ provider: 'reference', kind: 'invalid_request', message })
const toInt = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

function hmac(key: Uint8Array, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** The inverse by Fermat's little theorem: the order is a prime. */
function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, value % ORDER, ORDER - 2n]
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER
    base = (base * base) % ORDER
  }
  return result
}

const point = (scalar: Uint8Array): Buffer => {
  const curve = createECDH('secp256k1')
  curve.setPrivateKey(scalar)
  return curve.getPublicKey(null, 'compressed')
}

/** ECDSA over a digest, r‖s. Node signs no digest that it did not make itself; it does compute the point. */
function signDigest(
  privateKey: Uint8Array,
  { digest, parts }: { digest: Uint8Array; parts: SignerParts },
): Uint8Array {
  const k = (toInt(hmac(privateKey, digest)) % (ORDER - 1n)) + 1n
  const r = toInt(point(toBytes(k)).subarray(1)) % ORDER
  const s = (inverse(k) * (toInt(parts.digest(digest)) + r * toInt(privateKey))) % ORDER
  return new Uint8Array([...toBytes(r), ...toBytes(parts.s(s))])
}

function derive({ curve, path }: KeyRef, parts: SignerParts): Buffer {
  if (curve !== 'secp256k1' && curve !== 'ed25519') throw refuse('key.curve must be secp256k1 or ed25519')
  if (!/^m(\/\d+'?)+$/.test(path)) throw refuse('key.path must be a path')
  return hmac(SEED, parts.salt, curve, parts.path(path))
}

const edKey = (privateKey: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, privateKey]), format: 'der', type: 'pkcs8' })

function publicKeyOf({ curve }: KeyRef, privateKey: Uint8Array): Uint8Array {
  if (curve === 'secp256k1') return new Uint8Array(point(privateKey))
  const spki = createPublicKey(edKey(privateKey)).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(-32))
}

/** A correct signer over keys in memory, with some of its parts replaced. For tests: it holds no secret. */
export function createMemorySigner(replace: Replace = () => ({})): Signer {
  const parts = { ...correctParts, ...replace() }
  const signer: Signer = {
    specVersion: 1,
    async publicKey(key) {
      return parts.handOut(publicKeyOf(key, derive(key, parts)), `${key.curve} ${key.path}`)
    },
    async sign(key, digest) {
      const privateKey = derive(key, parts)
      if (!(digest instanceof Uint8Array)) throw refuse('digest must be bytes')
      if (key.curve === 'ed25519') return new Uint8Array(sign(null, digest, edKey(privateKey)))
      if (digest.length !== 32) throw refuse(parts.wrongDigest(privateKey))
      return signDigest(privateKey, { digest, parts })
    },
  }
  return Object.assign(signer, parts.members)
}

function createWorld(replace?: Replace): SignerWorld {
  return {
    signer: createMemorySigner(replace),
    restarted: () => createMemorySigner(replace),
    keys: KEYS,
    material: [SEED, ...KEYS.map((key) => derive(key, correctParts))],
  }
}

/** A correct signer. */
export const signerReference: CreateWorld<SignerWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<SignerWorld> => ({
  id: `signer/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

/** Hands out the very bytes that it keeps. */
function ownBytes(): Partial<SignerParts> {
  const kept = new Map<string, Uint8Array>()
  return {
    handOut(publicKey, name) {
      const bytes = kept.get(name) ?? publicKey
      kept.set(name, bytes)
      return bytes
    },
  }
}

function saltPerStart(): Replace {
  let starts = 0
  return () => {
    starts += 1
    return { salt: `${starts}` }
  }
}

/** Ways to break a signer, at least one for each rule. */
export const signerFlaws: readonly Flaw<SignerWorld>[] = [
  flaw('stable_public_key', 'has other keys after a restart', { replace: saltPerStart() }),
  flaw('stable_public_key', 'hands out bytes that the caller can change', { replace: ownBytes }),
  flaw('verifiable', 'leaves s high', { replace: () => ({ s: (s) => s }) }),
  flaw('verifiable', 'hashes the digest once more', {
    replace: () => ({ digest: (digest) => createHash('sha256').update(digest).digest() }),
  }),
  flaw('keys_differ', 'leaves out the last level of a path', {
    replace: () => ({ path: (path) => path.replace(/\/[^/]*$/, '') }),
  }),
  flaw('no_key_in_errors', 'quotes the key it could not use', {
    replace: () => ({ wrongDigest: (key) => `cannot sign with ${Buffer.from(key).toString('hex')}` }),
  }),
  flaw('no_key_in_errors', 'carries its seed as a member', { replace: () => ({ members: { seed: SEED } }) }),
]
