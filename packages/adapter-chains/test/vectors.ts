import { readFileSync } from 'node:fs'

/** Rows of vectors/chains.json: the EVM and ed25519 part of the project's fact sheet on chains, each with its source. */
export interface Vectors {
  readonly addresses: readonly {
    readonly network: string
    readonly input: string
    readonly expect: 'valid' | 'invalid'
    readonly normalized?: string
    readonly code?: string
  }[]
  readonly derivations: readonly {
    readonly network: string
    readonly curve: 'secp256k1' | 'ed25519'
    readonly mnemonic: string
    readonly path: string
    readonly publicKey: string
    readonly address: string
  }[]
  readonly slip10: readonly { readonly seed: string; readonly path: string; readonly publicKey: string }[]
  readonly privateKeyToAddress: readonly { readonly privateKey: string; readonly address: string }[]
  readonly signed: readonly {
    readonly network: string
    readonly privateKey: string
    readonly from: string
    readonly tx: {
      readonly nonce: number
      readonly maxPriorityFeePerGas: string
      readonly maxFeePerGas: string
      readonly gasLimit: string
      readonly to: string
      readonly transfer: { readonly to: string; readonly units: string }
    }
    readonly raw: string
    readonly hash: string
  }[]
}

export const vectors: Vectors = JSON.parse(
  readFileSync(new URL('./vectors/chains.json', import.meta.url), 'utf8'),
)
