import { misconfigured } from './trouble.ts'

/** What the passphrase is turned into a key with. */
export interface KeystoreKdf {
  readonly name: 'scrypt'
  /** Cost, a power of two from 2^14 to 2^18. Memory needed: 128 × n × r bytes. */
  readonly n: number
  readonly r: 8
  readonly p: 1
  /** 32 bytes as hex. */
  readonly salt: string
}

/** An encrypted root secret, as it lies on disk. Every field is authenticated. */
export interface KeystoreJson {
  readonly format: 'lastro-keystore'
  readonly version: 1
  /** 16 random bytes as hex: tells keystores apart. */
  readonly id: string
  /** What is inside: a BIP-39 phrase, or a seed of 32 bytes. */
  readonly content: 'mnemonic' | 'seed'
  readonly kdf: KeystoreKdf
  readonly cipher: 'aes-256-gcm'
  /** 12 bytes as hex. */
  readonly iv: string
  readonly ciphertext: string
  /** 16 bytes as hex. */
  readonly tag: string
}

const MIN_N = 2 ** 14
/** 256 MiB: a changed file must not make us ask for all the memory there is. */
const MAX_N = 2 ** 18

/** True for the costs that are allowed. */
export function isScryptN(n: unknown): n is number {
  return typeof n === 'number' && Number.isInteger(Math.log2(n)) && n >= MIN_N && n <= MAX_N
}

type Rule = readonly [field: string, isRight: (value: unknown) => boolean]

const hex = (min: number, max: number) => (value: unknown) =>
  typeof value === 'string' &&
  value.length <= 2 * max &&
  value.length >= 2 * min &&
  /^([0-9a-f]{2})*$/.test(value)
const exactly = (wanted: unknown) => (value: unknown) => value === wanted

const RULES: readonly Rule[] = [
  ['format', exactly('lastro-keystore')],
  ['version', exactly(1)],
  ['id', hex(16, 16)],
  ['content', (value) => value === 'mnemonic' || value === 'seed'],
  ['cipher', exactly('aes-256-gcm')],
  ['iv', hex(12, 12)],
  ['ciphertext', hex(16, 512)],
  ['tag', hex(16, 16)],
]

const KDF_RULES: readonly Rule[] = [
  ['name', exactly('scrypt')],
  ['n', isScryptN],
  ['r', exactly(8)],
  ['p', exactly(1)],
  ['salt', hex(32, 32)],
]

function check(value: unknown, name: string, rules: readonly Rule[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw misconfigured(`${name} is no object.`)
  const row = value as Readonly<Record<string, unknown>>
  for (const [field, isRight] of rules) {
    const found = Object.hasOwn(row, field) ? row[field] : undefined
    if (!isRight(found))
      throw misconfigured(`${name}.${field} is not what a keystore of version 1 has there.`)
  }
  return row
}

/**
 * A keystore from JSON, or from its text.
 * @throws ProviderError `misconfigured`, naming the field.
 */
export function parseKeystore(input: unknown): KeystoreJson {
  let value = input
  if (typeof input === 'string') {
    try {
      value = JSON.parse(input)
    } catch {
      throw misconfigured('the keystore is no JSON.')
    }
  }
  const row = check(value, 'keystore', RULES)
  check(row.kdf, 'keystore.kdf', KDF_RULES)
  return row as unknown as KeystoreJson
}

/** What is authenticated beside the ciphertext: everything that says how to read it, in a fixed order. */
export function associatedData(keystore: Omit<KeystoreJson, 'ciphertext' | 'tag'>): Buffer {
  const { format, version, id, content, cipher, iv, kdf } = keystore
  const { name, n, r, p, salt } = kdf
  return Buffer.from(JSON.stringify([format, version, id, content, cipher, iv, name, n, r, p, salt]))
}
