import { type ContractEventFilter, ProviderError } from '@lastro/core/spec'
import { isContractId } from './contract-id.ts'
import type { ResolvedStellarOptions } from './options.ts'
import { isSymbol, symbolToScVal } from './scval.ts'

/** One filter as a node takes it. */
export interface WireFilter {
  readonly type: 'contract'
  readonly contractIds: readonly string[]
  readonly topics?: readonly (readonly string[])[]
}

/** Of stellar-rpc 27.1.1: contracts of one filter, rows of topics of one filter, filters of one request. */
const MOST = { contracts: 5, topics: 5, filters: 5 }
/** Requests for one page. With more, one provider each reads a part of the contracts. */
const MOST_REQUESTS = 20

function refused(id: string, message: string): ProviderError {
  return new ProviderError({ provider: id, kind: 'invalid_request', message })
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size)
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size))
}

function contractsOf({ id, contracts }: ResolvedStellarOptions, asked: readonly string[]): readonly string[] {
  const wanted = asked.length > 0 ? [...new Set(asked)] : contracts
  // Without one, a node tells everything that happens on the network, fees of every transaction included.
  if (wanted.length === 0) throw refused(id, 'filter.contracts must name at least one contract.')
  for (const [index, contract] of wanted.entries()) {
    if (!isContractId(contract))
      throw refused(id, `filter.contracts[${index}] must be a contract's address, C… with a right checksum.`)
    if (contracts.length > 0 && !contracts.includes(contract))
      throw refused(id, `filter.contracts[${index}] is not among the option contracts.`)
  }
  return wanted
}

/**
 * The filters of each request that together find the events: one kind of filter only, since mixed ones lost events before
 * 27.1.1. Each row of topics ends in `**`: without it the count of topics would have to match, and an asset contract's
 * `transfer` has one topic more than another token's.
 * @throws ProviderError `invalid_request`, naming the field.
 */
export function filtersOf(
  options: ResolvedStellarOptions,
  filter: ContractEventFilter,
): readonly (readonly WireFilter[])[] {
  const contracts = contractsOf(options, filter.contracts)
  const names = [...new Set(filter.names)]
  for (const [index, name] of names.entries())
    if (!isSymbol(name))
      throw refused(options.id, `filter.names[${index}] must be 1 to 32 of A-Z, a-z, 0-9 and underscore.`)
  const rows = names.map((name) => [symbolToScVal(name), '**'])
  const filters = chunks(contracts, MOST.contracts).flatMap((contractIds): readonly WireFilter[] => {
    const base = { type: 'contract', contractIds } as const
    return rows.length === 0 ? [base] : chunks(rows, MOST.topics).map((topics) => ({ ...base, topics }))
  })
  const requests = chunks(filters, MOST.filters)
  if (requests.length > MOST_REQUESTS)
    throw refused(
      options.id,
      `filter needs more than ${MOST_REQUESTS} requests for one page: name fewer contracts.`,
    )
  return requests
}
