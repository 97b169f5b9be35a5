import { readFile } from 'node:fs/promises'
import { defineProvider, type KeyRef, type Probe, type Secret, type Signer, secret } from '@lastro/core/spec'
import { deriveKey, type KeyPair } from './derive.ts'
import { type KeystoreJson, parseKeystore } from './format.ts'
import { wallets } from './library.ts'
import { unseal } from './seal.ts'
import { KEYSTORE_ID, misconfigured } from './trouble.ts'

type Source = { readonly file: string } | { readonly json: KeystoreJson | string }

/** Where the keystore is, and what opens it. */
export type LocalKeystoreOptions = Source & { readonly passphrase: string | Secret }

/** What `localKeystore` makes. */
export interface KeystoreProvider {
  /** `keystore`. */
  readonly id: string
  readonly signer: Signer
  /** Opens the keystore: says whether the passphrase is right. */
  readonly probe: Probe
}

/** Key pairs kept at hand: a derivation takes some milliseconds. */
const MAX_PAIRS = 256

async function load(options: Source): Promise<KeystoreJson> {
  if ('json' in options) return parseKeystore(options.json)
  const text = await readFile(options.file, 'utf8').catch((cause: unknown) => {
    throw misconfigured(`the keystore at ${options.file} could not be read.`, { cause })
  })
  return parseKeystore(text)
}

/** The BIP-32 or SLIP-10 seed inside. */
async function openSeed(source: Source, passphrase: Secret): Promise<Uint8Array> {
  const keystore = await load(source)
  const content = await unseal(keystore, passphrase)
  if (keystore.content === 'seed') return content
  return Buffer.from(wallets().Mnemonic.fromPhrase(content.toString()).computeSeed().slice(2), 'hex')
}

/** Derives each key once. */
function createPairs(seed: Uint8Array): (key: KeyRef) => KeyPair {
  const pairs = new Map<string, KeyPair>()
  return (key) => {
    const name = `${key.curve} ${key.path}`
    const pair = pairs.get(name) ?? deriveKey(seed, key)
    if (pairs.size >= MAX_PAIRS) pairs.clear()
    pairs.set(name, pair)
    return pair
  }
}

/**
 * Signs with keys from an encrypted file: for development, tests and small sums. The root secret is in this process's
 * memory once it is opened, so for real treasuries put an HSM or a KMS behind the `Signer` port.
 *
 * Nothing is read before the first call. A wrong passphrase and a changed file throw `ProviderError` `unauthorized`,
 * anything that is no keystore `misconfigured`; `probe` tells both at start-up.
 *
 * @example
 * const keystore = await createKeystore({ passphrase })
 * const { signer } = localKeystore({ json: keystore, passphrase })
 */
export function localKeystore(options: LocalKeystoreOptions): KeystoreProvider {
  const passphrase = secret(options.passphrase)
  const source = 'json' in options ? { json: options.json } : { file: options.file }
  let opening: Promise<(key: KeyRef) => KeyPair> | undefined
  const pairs = () => {
    opening ??= openSeed(source, passphrase).then(createPairs)
    // Trouble is not kept: the file may be there the next time.
    opening.catch(() => {
      opening = undefined
    })
    return opening
  }
  const probe = async () => {
    try {
      await pairs()
      return { ok: true, detail: 'the keystore is open' }
    } catch (error) {
      return { ok: false, detail: error instanceof Error ? error.message : 'the keystore cannot be opened' }
    }
  }
  return defineProvider({
    id: KEYSTORE_ID,
    signer: {
      specVersion: 1,
      publicKey: async (key) => (await pairs())(key).publicKey.slice(),
      sign: async (key, digest) => (await pairs())(key).sign(digest),
    },
    probe: { specVersion: 1, probe },
  })
}
