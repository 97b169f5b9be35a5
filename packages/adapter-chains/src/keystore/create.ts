import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { reveal, type Secret, secret } from '@lastro/core/spec'
import { isScryptN, type KeystoreJson } from './format.ts'
import { wallets } from './library.ts'
import { seal } from './seal.ts'
import { misconfigured } from './trouble.ts'

/** What a new keystore holds. With neither `mnemonic` nor `seed`, a new phrase that nobody has seen. */
export interface CreateKeystoreOptions {
  /** 8 characters at least. */
  readonly passphrase: string | Secret
  /** An English BIP-39 phrase, without a passphrase of its own. */
  readonly mnemonic?: string | Secret
  /** A BIP-32 seed of 32 bytes, instead of a phrase. */
  readonly seed?: Uint8Array
  /** Length of a new phrase. Default: 24. */
  readonly words?: 12 | 24
  /** scrypt's cost, a power of two from 2^14 to 2^18. Default: 2^17, which takes 128 MiB and half a second. */
  readonly scryptN?: number
}

const MIN_PASSPHRASE = 8
const DEFAULT_SCRYPT_N = 2 ** 17
const ENTROPY_BYTES = { 12: 16, 24: 32 } as const

function phraseOf({ mnemonic, words }: CreateKeystoreOptions): string {
  const { Mnemonic } = wallets()
  if (mnemonic === undefined) {
    const bytes = ENTROPY_BYTES[words ?? 24]
    if (bytes === undefined) throw misconfigured('words must be 12 or 24.')
    return Mnemonic.fromEntropy(randomBytes(bytes)).phrase
  }
  const text = typeof mnemonic === 'string' ? mnemonic : reveal(mnemonic)
  const phrase = text.trim().toLowerCase().split(/\s+/).join(' ')
  if (!Mnemonic.isValidMnemonic(phrase)) throw misconfigured('mnemonic is no English BIP-39 phrase.')
  return phrase
}

/**
 * Makes an encrypted keystore with a root secret in it. Keep a copy: whoever loses it, or its passphrase, has lost
 * the money on every address below it.
 * @throws ProviderError `misconfigured`, naming the option and never its value.
 */
export async function createKeystore(options: CreateKeystoreOptions): Promise<KeystoreJson> {
  const { seed, mnemonic, scryptN = DEFAULT_SCRYPT_N } = options
  const passphrase = secret(options.passphrase)
  if (reveal(passphrase).length < MIN_PASSPHRASE) {
    throw misconfigured(`passphrase must have ${MIN_PASSPHRASE} characters at least.`)
  }
  if (!isScryptN(scryptN)) throw misconfigured('scryptN must be a power of two from 2^14 to 2^18.')
  if (seed === undefined) {
    const plaintext = Buffer.from(phraseOf(options))
    return seal({ content: 'mnemonic', plaintext, passphrase, scryptN })
  }
  if (mnemonic !== undefined) throw misconfigured('give mnemonic or seed, not both.')
  if (seed.length !== 32) throw misconfigured('seed must be 32 bytes.')
  return seal({ content: 'seed', plaintext: seed, passphrase, scryptN })
}

/**
 * Writes a keystore to a new file that only its owner may read (mode 0600), and onto the disk before it answers.
 * @throws ProviderError `misconfigured` when a file is there already: a keystore is never overwritten.
 */
export async function saveKeystore(file: string, keystore: KeystoreJson): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST')
      throw misconfigured(`there is a file at ${file} already: it is not overwritten.`)
    throw misconfigured(`no file could be made at ${file}.`, { cause })
  })
  try {
    await handle.writeFile(`${JSON.stringify(keystore, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
