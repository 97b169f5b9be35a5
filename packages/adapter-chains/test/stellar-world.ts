import { createHash } from 'node:crypto'
import type { ContractEventFilter } from '@lastro/core/spec'
import { createFakeStellar, type FakeStellar, type FakeStellarOptions } from '@lastro/testing/stellar'
import { StrKey } from '@stellar/stellar-sdk/base'
import { type StellarOptions, stellar } from '../src/stellar/index.ts'

/** A contract's address that is right, by its number. */
export const contractId = (number: number): string =>
  StrKey.encodeContract(createHash('sha256').update(`contract ${number}`).digest())

/** The native asset's contract on the test network. */
export const NATIVE = 'CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC'

/** A `fetch` that leads to each node by its address. */
export function through(nodes: Readonly<Record<string, FakeStellar>>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const node = nodes[request.url]
    if (node === undefined) throw new TypeError(`nobody listens at ${request.url}`)
    return node.fetch(request)
  }
}

/** A node and the provider that reads it. */
export function start(given: { node?: FakeStellarOptions; provider?: Partial<StellarOptions> } = {}) {
  const node = createFakeStellar(given.node)
  const provider = stellar({
    network: 'stellar-testnet',
    rpcUrl: node.rpcUrl,
    fetch: node.fetch,
    ...given.provider,
  })
  return { node, provider, source: provider.contractEvents }
}

/** Everything of some contracts. */
export const of = (...contracts: string[]): ContractEventFilter => ({ contracts, names: [] })
