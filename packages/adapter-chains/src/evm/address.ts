import type { AddressRule, KeyRef, ParsedAddress } from '@lastro/core/spec'
import type { EvmContext } from './context.ts'
import { ethers } from './library.ts'
import { invalidRequest } from './trouble.ts'

const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const ZERO_ADDRESS = `0x${'0'.repeat(40)}`

/**
 * Secrets that people paste into an address field, of any family: 32 bytes as hex (a transaction hash looks the
 * same, and is no address either), a phrase of 12 or more words, an extended key, WIF, and the secret keys of Stellar,
 * XRP and Solana.
 */
const SECRETS: readonly RegExp[] = [
  /^(0x)?[0-9a-f]{64}$/i,
  /^([a-z]+\s+){11,23}[a-z]+$/i,
  /^[xyztuv]prv[1-9A-HJ-NP-Za-km-z]{100,112}$/,
  /^[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}$/,
  /^S[A-Z2-7]{55}$/,
  /^s[1-9A-HJ-NP-Za-km-z]{28,30}$/,
  /^[1-9A-HJ-NP-Za-km-z]{86,88}$/,
]

function refuse(rule: AddressRule): ParsedAddress {
  return { ok: false, rule }
}

/**
 * An address as the user wrote it, in EIP-55 form. The pattern is checked first, since ethers takes addresses with no
 * `0x` and in ICAP form for valid.
 */
export function parseAddress({ contracts }: Pick<EvmContext, 'contracts'>, text: string): ParsedAddress {
  const trimmed = text.trim()
  if (SECRETS.some((pattern) => pattern.test(trimmed))) return refuse('private_key')
  if (!ADDRESS.test(trimmed)) return refuse('format')
  const lower = trimmed.toLowerCase()
  const address = ethers().address.getAddress(lower)
  const digits = trimmed.slice(2)
  // One case throughout carries no checksum; anything else must match EIP-55.
  const isOneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase()
  if (!isOneCase && trimmed !== address) return refuse('checksum')
  if (lower === ZERO_ADDRESS) return refuse('burn_address')
  if (contracts.has(lower)) return refuse('token_contract')
  return { ok: true, address }
}

/**
 * The address in EIP-55 form, for our own calls.
 * @throws ProviderError `invalid_request`, naming the field and the rule and never the value.
 */
export function requireAddress(
  context: EvmContext,
  { field, text }: { readonly field: string; readonly text: string },
): string {
  const parsed = parseAddress(context, text)
  if (parsed.ok) return parsed.address
  throw invalidRequest(context.id, `${field} is no address to use: ${parsed.rule}.`)
}

/** The address that a public key controls. @throws ProviderError `invalid_request` for bytes that are no such key. */
export function addressOf(id: string, publicKey: Uint8Array): string {
  try {
    return ethers().transaction.computeAddress(`0x${Buffer.from(publicKey).toString('hex')}`)
  } catch {
    throw invalidRequest(id, 'publicKey is no secp256k1 public key of 33 or 65 bytes.')
  }
}

/** BIP-44 with SLIP-44 coin type 60, the same on every EVM network: one key, one address on all of them. */
export function keyRef(id: string, index: number): KeyRef {
  if (!Number.isSafeInteger(index) || index < 0 || index > 0x7fff_ffff) {
    throw invalidRequest(id, 'index must be a whole number from 0 to 2,147,483,647.')
  }
  return { curve: 'secp256k1', path: `m/44'/60'/0'/0/${index}` }
}
