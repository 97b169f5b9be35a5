import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { inspect } from 'node:util'
import type { KeyRef, Signer } from '@lastro/core/spec'
import { type Case, check, shown, type World } from './case.ts'

/** Drives a signer. Signatures are verified by Node itself, which is the witness. */
export interface SignerWorld extends World {
  readonly signer: Signer
  /** Another instance over the same keys, as after a restart. */
  restarted(): Promise<Signer> | Signer
  /** At least two refs of each curve that the signer has, which differ only in their last level. */
  readonly keys: readonly KeyRef[]
  /** Every form of the root secret that must never show: the phrase, the seed, private keys, the passphrase. */
  readonly material: readonly (string | Uint8Array)[]
  /** Calls that must fail, besides those every signer refuses: opening with a wrong passphrase, say. */
  readonly failures?: readonly (() => Promise<unknown>)[]
}

const SPKI = {
  /** A compressed point on secp256k1 (SEC 1; RFC 5480). */
  secp256k1: { prefix: '3036301006072a8648ce3d020106052b8104000a032200', bytes: 33 },
  /** RFC 8410. */
  ed25519: { prefix: '302a300506032b6570032100', bytes: 32 },
} as const

/** The order of secp256k1 (SEC 2, section 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const SIGNATURES = 24

const sha256 = (data: string): Buffer => createHash('sha256').update(data).digest()
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

function keyObject({ curve }: KeyRef, publicKey: Uint8Array): KeyObject {
  const { prefix, bytes } = SPKI[curve]
  check(publicKey.length === bytes, `A ${curve} public key has ${bytes} bytes, not ${publicKey.length}.`)
  return createPublicKey({ key: Buffer.from(prefix + hex(publicKey), 'hex'), format: 'der', type: 'spki' })
}

/** What is signed for a message: its digest on secp256k1, itself on ed25519. */
const toSign = (key: KeyRef, message: string): Uint8Array =>
  key.curve === 'secp256k1' ? sha256(message) : Buffer.from(message)

/** Node hashes the message itself, so that what it verifies is a signature over just that digest. */
function isValid(
  key: KeyRef,
  signed: { publicKey: Uint8Array; message: string; signature: Uint8Array },
): boolean {
  const { publicKey, message, signature } = signed
  const object = keyObject(key, publicKey)
  return key.curve === 'secp256k1'
    ? verify('sha256', Buffer.from(message), { key: object, dsaEncoding: 'ieee-p1363' }, signature)
    : verify(null, Buffer.from(message), object, signature)
}

const stable: Case<SignerWorld> = {
  id: 'signer/stable_public_key',
  rule: 'one key ref always gives the same public key.',
  async run(world) {
    const first = new Map<KeyRef, string>()
    for (const key of world.keys) {
      const bytes = await world.signer.publicKey(key)
      first.set(key, hex(bytes))
      // What was handed out is the caller's: writing into it must not change the key.
      bytes.fill(0)
    }
    const later = [...world.keys].reverse()
    for (const signer of [world.signer, await world.restarted()]) {
      for (const key of later) {
        const again = hex(await signer.publicKey({ ...key }))
        check(again === first.get(key), `${key.path} gave ${first.get(key)}, and then ${again}.`)
      }
    }
  },
}

const verifiable: Case<SignerWorld> = {
  id: 'signer/verifiable',
  rule: 'what it signs verifies under that public key, with a low `s`.',
  async run({ signer, keys }) {
    for (const key of keys) {
      const publicKey = await signer.publicKey(key)
      // Each signature has a high s by chance every other time.
      for (let count = 0; count < SIGNATURES; count++) {
        const message = `message ${count}`
        const signature = await signer.sign(key, toSign(key, message))
        check(signature.length === 64, `A signature has 64 bytes, not ${signature.length}.`)
        check(isValid(key, { publicKey, message, signature }), `A signature of ${key.path} does not verify.`)
        if (key.curve !== 'secp256k1') continue
        check(BigInt(`0x${hex(signature.subarray(32))}`) <= ORDER / 2n, 'The s of a signature is high.')
      }
    }
  },
}

const differ: Case<SignerWorld> = {
  id: 'signer/keys_differ',
  rule: 'two paths give two keys.',
  async run({ signer, keys }) {
    const refs = new Set(keys.map(({ curve, path }) => `${curve} ${path}`))
    check(refs.size >= 2, 'The world names fewer than two keys.')
    const found = new Set<string>()
    for (const key of keys) found.add(hex(await signer.publicKey(key)))
    check(found.size === refs.size, `${refs.size} paths gave ${found.size} keys.`)
  },
}

/** A secret as it may turn up in a text: as it is, in hexadecimal, in base64, or as a list of numbers. */
function forms(material: string | Uint8Array): readonly string[] {
  const bytes = typeof material === 'string' ? Buffer.from(material) : Buffer.from(material)
  const text = typeof material === 'string' ? [material] : []
  const base64 = bytes.toString('base64').replace(/=+$/, '')
  return [...text, hex(bytes), base64, base64.replaceAll('+', '-').replaceAll('/', '_'), [...bytes].join(',')]
}

/** Every way in which a value comes to be text. */
function texts(value: unknown): string {
  const how = [
    () => inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    () => JSON.stringify(value) ?? '',
    () => String(value),
    () => (value instanceof Error ? `${value.stack}` : ''),
  ]
  return how.map((write) => write()).join('\n')
}

function checkHidden(what: string, value: unknown, material: SignerWorld['material']): void {
  // Blanks out, so that `<Buffer 0a 1b …>` and `[ 10, 27, … ]` read like the forms looked for.
  const text = texts(value)
  const dense = text.replace(/\s/g, '')
  for (const form of material.flatMap(forms)) {
    const found = text.includes(form) || dense.toLowerCase().includes(form.toLowerCase().replace(/\s/g, ''))
    check(!found, `${what} shows key material.`)
  }
}

const noKeyInErrors: Case<SignerWorld> = {
  id: 'signer/no_key_in_errors',
  rule: 'no error or text form shows key material.',
  async run(world) {
    const { signer, keys, material } = world
    check(material.length > 0, 'The world names no key material.')
    for (const key of keys) await signer.sign(key, toSign(key, 'message'))
    checkHidden('The signer', signer, material)
    const wrongCurve = { curve: 'p256', path: keys[0]?.path ?? 'm/0' } as unknown as KeyRef
    const failures = [
      () => signer.publicKey({ curve: 'secp256k1', path: 'no path' }),
      () => signer.publicKey(wrongCurve),
      ...keys.flatMap((key) => [
        () => signer.sign({ ...key, path: `${key.path}/x` }, toSign(key, 'message')),
        () => signer.sign(key, new Uint8Array(0)),
        () => signer.sign(key, null as unknown as Uint8Array),
      ]),
      ...(world.failures ?? []),
    ]
    const errors: unknown[] = []
    for (const call of failures) {
      await call().catch((error: unknown) => {
        errors.push(error)
      })
    }
    check(errors.length > 0, `None of ${failures.length} wrong calls failed: ${shown(keys)}.`)
    for (const error of errors) checkHidden('An error', error, material)
  },
}

/** The rules of `Signer`. */
export const signerCases: readonly Case<SignerWorld>[] = [stable, verifiable, differ, noKeyInErrors]
