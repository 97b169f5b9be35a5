import { ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'
import { isContractId } from './contract-id.ts'

/** The networks of Stellar, with the passphrase that names each. developers.stellar.org, August 2026. */
const STELLAR_NETWORKS = {
  stellar: 'Public Global Stellar Network ; September 2015',
  'stellar-testnet': 'Test SDF Network ; September 2015',
  'stellar-futurenet': 'Test SDF Future Network ; October 2022',
} as const

/** A network of Stellar that this package knows. */
export type StellarNetworkId = keyof typeof STELLAR_NETWORKS

/** A network of your own, such as a local one. */
export interface StellarNetwork {
  /** What rows and errors call it: 1 to 40 of a-z, 0-9 and dash. */
  readonly id: string
  readonly passphrase: string
}

/** What `stellar` needs to know. */
export interface StellarOptions {
  /** A test network is reset two to four times a year: give the provider another name in `createLastro` then. */
  readonly network: StellarNetworkId | StellarNetwork
  /**
   * Address of a Stellar RPC node, or several: each step is done by the first that can. Never shown in errors, since
   * most providers write their key into it. A user and password in it are sent as basic authorization.
   */
  readonly rpcUrl: string | Secret | readonly (string | Secret)[]
  /** Sent with every request, such as a provider's key. Never shown. */
  readonly headers?: Readonly<Record<string, string | Secret>>
  /** The only contracts that may be read, and those that are where a filter names none. Default: any that is named. */
  readonly contracts?: readonly string[]
  /** Default: `globalThis.fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** How long one call to a node may take, in milliseconds. Default: 30,000, since a node itself gives up after 25 s. */
  readonly timeoutMs?: number
  /** Largest answer that is read, in bytes. Default: 32 MiB. */
  readonly maxBodyBytes?: number
}

/** Options, checked and completed. */
export interface ResolvedStellarOptions {
  readonly id: string
  readonly network: StellarNetwork
  readonly contracts: readonly string[]
  readonly headers: Readonly<Record<string, Secret>>
  readonly timeoutMs: number
  readonly maxBodyBytes: number
}

const ID = /^[a-z0-9-]{1,40}$/
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/
const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_BODY_BYTES = 32 * 1_048_576

function wrong(id: string, message: string): ProviderError {
  return new ProviderError({ provider: id, kind: 'misconfigured', message })
}

function resolveNetwork(option: StellarOptions['network']): StellarNetwork {
  if (typeof option === 'string') {
    if (Object.hasOwn(STELLAR_NETWORKS, option)) return { id: option, passphrase: STELLAR_NETWORKS[option] }
    const known = Object.keys(STELLAR_NETWORKS).join(', ')
    throw wrong('stellar', `network "${String(option).slice(0, 40)}" is none of ${known}.`)
  }
  if (typeof option?.id !== 'string' || !ID.test(option.id))
    throw wrong('stellar', 'network.id must be 1 to 40 of a-z, 0-9 and dash.')
  if (typeof option.passphrase !== 'string' || option.passphrase === '')
    throw wrong('stellar', 'network.passphrase must not be empty.')
  return option
}

function resolveHeaders(id: string, given: StellarOptions['headers'] = {}): Readonly<Record<string, Secret>> {
  const headers: Record<string, Secret> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!HEADER_NAME.test(name)) throw wrong(id, 'headers has a name that is no name of a header.')
    const text = typeof value === 'string' ? value : reveal(value)
    // Said here, since the error of `fetch` would quote the value.
    if (!/^[\x20-\x7e]+$/.test(text)) throw wrong(id, `headers.${name} must be one line of printable ASCII.`)
    headers[name] = secret(value)
  }
  return headers
}

/** @throws ProviderError `misconfigured`, naming the option and the rule it breaks. */
export function resolveOptions(options: StellarOptions): ResolvedStellarOptions {
  const network = resolveNetwork(options.network)
  const id = network.id === 'stellar' ? 'stellar' : `stellar:${network.id}`
  const contracts = [...new Set(options.contracts ?? [])]
  for (const [index, contract] of contracts.entries())
    if (!isContractId(contract))
      throw wrong(id, `contracts[${index}] must be a contract's address, C… with a right checksum.`)
  const limits = {
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
  }
  for (const [name, value] of Object.entries(limits))
    if (!Number.isSafeInteger(value) || value < 1)
      throw wrong(id, `${name} must be a whole number above zero.`)
  return { id, network, contracts, headers: resolveHeaders(id, options.headers), ...limits }
}
