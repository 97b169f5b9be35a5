import type { AssetId, Money } from '@lastro/core/spec'
import { requireAddress } from './address.ts'
import type { AcceptedToken, EvmContext } from './context.ts'
import { invalidRequest } from './trouble.ts'

/** Selectors of ERC-20: the first four bytes of keccak-256 of `transfer(address,uint256)` and `balanceOf(address)`. */
const TRANSFER = '0xa9059cbb'
const BALANCE_OF = '0x70a08231'

const MAX_AMOUNT = 2n ** 256n

/** What a transaction does: where it goes, the native value it carries, and its calldata. */
export interface Call {
  readonly to: string
  readonly value: bigint
  readonly data: string
}

/** A number or an address as a 32-byte word. */
export function word(value: bigint | string): string {
  return (typeof value === 'string' ? value.slice(2).toLowerCase() : value.toString(16)).padStart(64, '0')
}

/** The token of an asset; null for the native one. @throws ProviderError `invalid_request` for an asset not accepted. */
export function tokenOf({ id, network, tokens }: EvmContext, asset: AssetId): AcceptedToken | null {
  if (asset === network.nativeAsset) return null
  const token = tokens.find((entry) => entry.asset === asset)
  if (token !== undefined) return token
  throw invalidRequest(id, `amount.asset: ${asset} is not accepted on ${network.id}.`)
}

/**
 * A transfer as a call. Tokens are called with `transfer`, and its answer is not looked at: USDT gives none, and the
 * receipt tells whether it worked.
 * @throws ProviderError `invalid_request`, naming the field.
 */
export function transferCall(
  context: EvmContext,
  transfer: { readonly to: string; readonly amount: Money },
): Call {
  const { amount, asset } = transfer.amount
  const token = tokenOf(context, asset)
  const to = requireAddress(context, { field: 'to', text: transfer.to })
  if (amount <= 0n || amount >= MAX_AMOUNT) {
    throw invalidRequest(context.id, 'amount must be more than zero and fit 256 bits.')
  }
  if (token === null) return { to, value: amount, data: '0x' }
  return { to: token.contract, value: 0n, data: TRANSFER + word(to) + word(amount) }
}

/** A question for a token's balance. */
export function balanceCall(
  token: AcceptedToken,
  address: string,
): { readonly to: string; readonly data: string } {
  return { to: token.contract, data: BALANCE_OF + word(address) }
}
