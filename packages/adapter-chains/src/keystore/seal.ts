import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { reveal, type Secret } from '@lastro/core/spec'
import { associatedData, type KeystoreJson, type KeystoreKdf } from './format.ts'
import { cannotOpen } from './trouble.ts'

const KEY_BYTES = 32
/** Always given: without it Node takes a tag that was cut to four bytes. */
const GCM = { authTagLength: 16 }

function keyFor(passphrase: Secret, { n, r, p, salt }: KeystoreKdf): Promise<Buffer> {
  // One passphrase may be typed in two Unicode forms, on two systems.
  const password = Buffer.from(reveal(passphrase).normalize('NFKC'))
  // Node counts a little more than 128 × n × r.
  const maxmem = 128 * n * r + 32 * 1_048_576
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  scrypt(password, Buffer.from(salt, 'hex'), KEY_BYTES, { N: n, r, p, maxmem }, (error, key) => {
    if (error === null) resolve(key)
    else reject(error)
  })
  return promise
}

/** Encrypts the content under the passphrase, with a new salt and a new IV. */
export async function seal(facts: {
  readonly content: KeystoreJson['content']
  readonly plaintext: Uint8Array
  readonly passphrase: Secret
  readonly scryptN: number
}): Promise<KeystoreJson> {
  const kdf = { name: 'scrypt', n: facts.scryptN, r: 8, p: 1, salt: randomBytes(32).toString('hex') } as const
  const head = {
    format: 'lastro-keystore',
    version: 1,
    id: randomBytes(16).toString('hex'),
    content: facts.content,
    kdf,
    cipher: 'aes-256-gcm',
    iv: randomBytes(12).toString('hex'),
  } as const
  const key = await keyFor(facts.passphrase, kdf)
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(head.iv, 'hex'), GCM)
  cipher.setAAD(associatedData(head))
  const ciphertext = Buffer.concat([cipher.update(facts.plaintext), cipher.final()])
  return { ...head, ciphertext: ciphertext.toString('hex'), tag: cipher.getAuthTag().toString('hex') }
}

/** Decrypts the content. @throws ProviderError `unauthorized` for a wrong passphrase or a changed keystore alike. */
export async function unseal(keystore: KeystoreJson, passphrase: Secret): Promise<Buffer> {
  const key = await keyFor(passphrase, keystore.kdf)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(keystore.iv, 'hex'), GCM)
    decipher.setAAD(associatedData(keystore))
    decipher.setAuthTag(Buffer.from(keystore.tag, 'hex'))
    return Buffer.concat([decipher.update(Buffer.from(keystore.ciphertext, 'hex')), decipher.final()])
  } catch {
    throw cannotOpen()
  }
}
