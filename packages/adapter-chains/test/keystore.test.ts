import { createHmac, createPublicKey, verify } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import {
  createKeystore,
  type KeystoreJson,
  localKeystore,
  saveKeystore,
} from '@lastro/adapter-chains/keystore'
import { isProviderError, type KeyRef, type ProviderError, secret } from '@lastro/core/spec'
import { computeAddress, HDNodeWallet, recoverAddress, Signature } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { vectors } from './vectors.ts'

const PHRASE = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about'
const PASSPHRASE = 'canary-passphrase-7f3a'
const scryptN = 2 ** 14
const KEY: KeyRef = { curve: 'secp256k1', path: "m/44'/60'/0'/0/0" }
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

let json: KeystoreJson
beforeAll(async () => {
  json = await createKeystore({ passphrase: PASSPHRASE, mnemonic: PHRASE, scryptN })
})

/** Everything that a log could make of an error. */
function shown(error: unknown): string {
  const { message, stack, cause } = error as Error
  return [
    inspect(error, { depth: 10, showHidden: true }),
    JSON.stringify(error),
    message,
    stack,
    inspect(cause),
  ].join()
}

async function failure(work: () => Promise<unknown>): Promise<ProviderError> {
  const error = await work().then(
    () => expect.unreachable('it should have failed'),
    (reason: unknown) => reason,
  )
  if (!isProviderError(error)) throw error
  return error
}

describe('derivation', () => {
  const phrases = [...new Set(vectors.derivations.map(({ mnemonic }) => mnemonic))]
  test.each(phrases)('BIP-39, BIP-32 and SLIP-10 vectors of phrase %#', async (mnemonic) => {
    const keystore = await createKeystore({ passphrase: PASSPHRASE, mnemonic, scryptN })
    const { signer } = localKeystore({ json: keystore, passphrase: PASSPHRASE })
    for (const row of vectors.derivations.filter((entry) => entry.mnemonic === mnemonic)) {
      expect(hex(await signer.publicKey({ curve: row.curve, path: row.path }))).toBe(row.publicKey)
      if (row.curve === 'secp256k1') expect(computeAddress(`0x${row.publicKey}`)).toBe(row.address)
    }
  })

  test('a seed of 32 bytes is the root of both curves', async () => {
    const seed = new Uint8Array(32).fill(7)
    const keystore = await createKeystore({ passphrase: PASSPHRASE, seed, scryptN })
    const { signer } = localKeystore({ json: JSON.stringify(keystore), passphrase: secret(PASSPHRASE) })
    const master = createHmac('sha512', 'Bitcoin seed').update(seed).digest().subarray(0, 32)
    const address = computeAddress(`0x${hex(master)}`)
    expect(computeAddress(`0x${hex(await signer.publicKey({ curve: 'secp256k1', path: 'm' }))}`)).toBe(
      address,
    )
    expect(await signer.publicKey({ curve: 'ed25519', path: "m/0'" })).toHaveLength(32)
  })

  test.each([
    { curve: 'secp256k1', path: '44/60' },
    { curve: 'secp256k1', path: 'm/2147483648' },
    { curve: 'secp256k1', path: `m${'/0'.repeat(11)}` },
    { curve: 'ed25519', path: "m/44'/0" },
    { curve: 'p256', path: 'm' },
  ])('refuses $curve $path', async (key) => {
    const { signer } = localKeystore({ json, passphrase: PASSPHRASE })
    expect((await failure(() => signer.publicKey(key as KeyRef))).kind).toBe('invalid_request')
  })
})

describe('signatures', () => {
  test('secp256k1 recovers to the key, has a low s, and is the same each time', async () => {
    const { signer } = localKeystore({ json, passphrase: PASSPHRASE })
    for (let round = 0; round < 16; round += 1) {
      const digest = new Uint8Array(32).fill(round)
      const signature = await signer.sign(KEY, digest)
      expect(await signer.sign(KEY, digest)).toEqual(signature)
      const [r, s] = [`0x${hex(signature.subarray(0, 32))}`, `0x${hex(signature.subarray(32))}`]
      const found = [0, 1].map((yParity) => {
        const candidate = Signature.from({ r, s, yParity: yParity as 0 | 1 })
        return candidate.isValid() ? recoverAddress(digest, candidate) : 'high s'
      })
      expect(found).toContain('0x9858EfFD232B4033E47d90003D41EC34EcaEda94')
    }
  })

  test('ed25519 verifies with node:crypto', async () => {
    const { signer } = localKeystore({ json, passphrase: PASSPHRASE })
    const key: KeyRef = { curve: 'ed25519', path: "m/44'/148'/0'" }
    const message = Buffer.from('a message of any length')
    const signature = await signer.sign(key, message)
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), await signer.publicKey(key)])
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    expect(verify(null, message, publicKey, signature)).toBe(true)
    expect(verify(null, Buffer.from('another'), publicKey, signature)).toBe(false)
  })

  test('what it gives out cannot change what it holds', async () => {
    const { signer } = localKeystore({ json, passphrase: PASSPHRASE })
    const first = await signer.publicKey(KEY)
    first.fill(0)
    expect(hex(await signer.publicKey(KEY))).not.toBe(hex(first))
  })

  test('a digest of another length is refused', async () => {
    const { signer } = localKeystore({ json, passphrase: PASSPHRASE })
    expect((await failure(() => signer.sign(KEY, new Uint8Array(31)))).message).toContain('32 bytes')
  })
})

describe('the file', () => {
  const flip = (text: string) => (text.startsWith('0') ? '1' : '0') + text.slice(1)
  const changed: readonly [string, (keystore: KeystoreJson) => object][] = [
    ['id', (k) => ({ ...k, id: flip(k.id) })],
    ['content', (k) => ({ ...k, content: 'seed' })],
    ['iv', (k) => ({ ...k, iv: flip(k.iv) })],
    ['ciphertext', (k) => ({ ...k, ciphertext: flip(k.ciphertext) })],
    ['ciphertext, cut', (k) => ({ ...k, ciphertext: k.ciphertext.slice(2) })],
    ['tag', (k) => ({ ...k, tag: flip(k.tag) })],
    ['kdf.n', (k) => ({ ...k, kdf: { ...k.kdf, n: 2 ** 15 } })],
    ['kdf.salt', (k) => ({ ...k, kdf: { ...k.kdf, salt: flip(k.kdf.salt) } })],
  ]
  test.each(changed)('a changed %s is found out', async (_field, change) => {
    const { signer } = localKeystore({ json: change(json) as KeystoreJson, passphrase: PASSPHRASE })
    const error = await failure(() => signer.publicKey(KEY))
    expect([error.kind, error.message]).toEqual([
      'unauthorized',
      'keystore: the keystore cannot be opened: the passphrase is wrong, or the keystore was changed.',
    ])
  })

  const malformed: readonly [string, (keystore: KeystoreJson) => unknown][] = [
    ['format', (k) => ({ ...k, format: 'other' })],
    ['version', (k) => ({ ...k, version: 2 })],
    ['cipher', (k) => ({ ...k, cipher: 'aes-128-gcm' })],
    ['content', (k) => ({ ...k, content: 'password' })],
    ['tag', (k) => ({ ...k, tag: k.tag.slice(0, 8) })],
    ['iv', (k) => ({ ...k, iv: `${k.iv}00` })],
    ['ciphertext', (k) => ({ ...k, ciphertext: 'zz'.repeat(20) })],
    ['kdf.name', (k) => ({ ...k, kdf: { ...k.kdf, name: 'pbkdf2' } })],
    ['kdf.n', (k) => ({ ...k, kdf: { ...k.kdf, n: 2 ** 30 } })],
    ['kdf.n', (k) => ({ ...k, kdf: { ...k.kdf, n: 2 ** 13 } })],
    ['kdf.n', (k) => ({ ...k, kdf: { ...k.kdf, n: 2 ** 15 + 1 } })],
    ['kdf.r', (k) => ({ ...k, kdf: { ...k.kdf, r: 800 } })],
    ['kdf.p', (k) => ({ ...k, kdf: { ...k.kdf, p: 2 } })],
    ['kdf', (k) => ({ ...k, kdf: null })],
    ['no JSON', () => '{'],
    ['no object', () => 'null'],
  ]
  test.each(malformed)('a malformed %s is told by name', async (field, change) => {
    const { signer } = localKeystore({ json: change(json) as KeystoreJson, passphrase: PASSPHRASE })
    const error = await failure(() => signer.publicKey(KEY))
    expect(error.kind).toBe('misconfigured')
    expect(error.message).toContain(field)
  })

  test('a wrong passphrase is told, by the signer and by the probe', async () => {
    const wrong = localKeystore({ json, passphrase: 'not the passphrase' })
    expect((await failure(() => wrong.signer.publicKey(KEY))).kind).toBe('unauthorized')
    expect(await wrong.probe.probe()).toMatchObject({ ok: false })
    expect(await localKeystore({ json, passphrase: PASSPHRASE }).probe.probe()).toMatchObject({ ok: true })
  })

  test('one passphrase in two Unicode forms opens it', async () => {
    const keystore = await createKeystore({ passphrase: 'caf\u00e9-caf\u00e9', mnemonic: PHRASE, scryptN })
    const { probe } = localKeystore({ json: keystore, passphrase: 'cafe\u0301-cafe\u0301' })
    expect(await probe.probe()).toMatchObject({ ok: true })
  })

  describe('on disk', () => {
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lastro-keystore-'))
    })
    afterAll(() => rm(folder, { recursive: true }))

    test('is for its owner only, opens, and is never overwritten', async () => {
      const file = join(folder, 'keystore.json')
      await saveKeystore(file, json)
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      const { signer } = localKeystore({ file, passphrase: PASSPHRASE })
      expect(await signer.publicKey(KEY)).toHaveLength(33)
      const before = await readFile(file, 'utf8')
      expect((await failure(() => saveKeystore(file, { ...json, id: '00' }))).message).toContain('already')
      expect(await readFile(file, 'utf8')).toBe(before)
    })

    test('may be missing at first', async () => {
      const file = join(folder, 'later.json')
      const { signer } = localKeystore({ file, passphrase: PASSPHRASE })
      expect((await failure(() => signer.publicKey(KEY))).kind).toBe('misconfigured')
      await writeFile(file, JSON.stringify(json))
      expect(await signer.publicKey(KEY)).toHaveLength(33)
    })
  })
})

describe('making one', () => {
  test.each([12, 24] as const)('a new phrase of %i words each time', async (words) => {
    const [first, second] = await Promise.all(
      [0, 1].map(async () => createKeystore({ passphrase: PASSPHRASE, words, scryptN })),
    )
    const keyOf = async (keystore: KeystoreJson | undefined) => {
      if (keystore === undefined) throw new Error('no keystore')
      return hex(await localKeystore({ json: keystore, passphrase: PASSPHRASE }).signer.publicKey(KEY))
    }
    expect(await keyOf(first)).not.toBe(await keyOf(second))
    expect(first?.iv).not.toBe(second?.iv)
  })

  test('the default cost is 2^17', async () => {
    expect((await createKeystore({ passphrase: PASSPHRASE, mnemonic: PHRASE })).kdf).toMatchObject({
      n: 2 ** 17,
      r: 8,
    })
  })

  test.each([
    ['passphrase', { passphrase: 'short' }],
    ['mnemonic', { passphrase: PASSPHRASE, mnemonic: PHRASE.replace('about', 'abandon') }],
    ['scryptN', { passphrase: PASSPHRASE, scryptN: 1_000 }],
    ['words', { passphrase: PASSPHRASE, words: 15 as 12 }],
    ['seed', { passphrase: PASSPHRASE, seed: new Uint8Array(31) }],
    ['not both', { passphrase: PASSPHRASE, seed: new Uint8Array(32), mnemonic: PHRASE }],
  ])('refuses a wrong %s', async (word, options) => {
    const error = await failure(() => createKeystore(options))
    expect(error.kind).toBe('misconfigured')
    expect(error.message).toContain(word)
  })
})

test('no error, text form or file shows key material', async () => {
  const good = localKeystore({ json, passphrase: PASSPHRASE })
  const privateKey = HDNodeWallet.fromPhrase(PHRASE).privateKey.slice(2)
  const secrets = [PASSPHRASE, 'abandon', 'about', privateKey]
  await good.signer.sign(KEY, new Uint8Array(32))
  const texts = [inspect(good, { depth: 10, showHidden: true }), JSON.stringify(good), JSON.stringify(json)]
  const failures: readonly (() => Promise<unknown>)[] = [
    () => good.signer.sign(KEY, new Uint8Array(3)),
    () => good.signer.publicKey({ curve: 'ed25519', path: 'm/0' }),
    () => createKeystore({ passphrase: PASSPHRASE, mnemonic: `${PHRASE} about` }),
    () => createKeystore({ passphrase: PASSPHRASE, mnemonic: PHRASE, scryptN: 3 }),
    () =>
      localKeystore({ json: { ...json, tag: '00'.repeat(16) }, passphrase: PASSPHRASE }).signer.publicKey(
        KEY,
      ),
    () => localKeystore({ json: PHRASE, passphrase: PASSPHRASE }).signer.publicKey(KEY),
    () => localKeystore({ file: '/nowhere/keystore.json', passphrase: PASSPHRASE }).signer.publicKey(KEY),
  ]
  for (const work of failures) texts.push(shown(await failure(work)))
  for (const text of texts) for (const word of secrets) expect(text).not.toContain(word)
})
