import { LastroError } from '../../platform/errors/index.ts'
import type { Money } from '../../spec/index.ts'
import { SYSTEM_INDEX } from './address.ts'
import { chainOf, type OnchainParts } from './context.ts'

/**
 * What an address holds on its network by the newest block, one entry per asset of the provider.
 * @throws LastroError `provider_missing`, `not_found`. @throws ProviderError
 */
export async function balances(
  context: OnchainParts,
  query: { readonly provider: string; readonly address?: string },
): Promise<readonly Money[]> {
  const { provider } = query
  const chain = chainOf(context, provider)
  const address = query.address ?? (await systemAddress(context, provider))
  return Promise.all(chain.assets.map((asset) => chain.balance({ address, asset })))
}

async function systemAddress(context: OnchainParts, provider: string): Promise<string> {
  const key = { provider, index: SYSTEM_INDEX }
  const found = await context.storage.read((tx) => tx.onchain.addresses.byIndex(key))
  if (found === null) throw new LastroError('not_found', { kind: 'system wallet', id: provider })
  return found.address
}
