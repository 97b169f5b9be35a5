import { LastroError } from '../../platform/errors/index.ts'
import { refuse } from '../../platform/input.ts'
import type { JobHandler, Schedule } from '../../platform/jobs/index.ts'
import { createRail } from '../../platform/policies/index.ts'
import type { Page, PageRequest, WriteOptions } from '../../platform/storage/index.ts'
import type { ChainProvider, Money } from '../../spec/index.ts'
import type { OnchainAddress } from './address.ts'
import { balances } from './balances.ts'
import type { OnchainContext, OnchainDeps, OnchainParts, OnchainWork } from './context.ts'
import { type CreateTransfer, createTransfer } from './create-transfer.ts'
import type { Deposit, DepositId, DepositState } from './deposit.ts'
import { fillAddresses } from './fill-addresses.job.ts'
import { guardChain } from './guard.ts'
import { fillAddressesJob, trackJob, watchJob } from './jobs.ts'
import { resolveOptions } from './options.ts'
import { send } from './send.job.ts'
import { type TakeAddress, takeAddress } from './take-address.ts'
import { track } from './track.job.ts'
import type { OnchainTransfer, TransferId, TransferState } from './transfer.ts'
import { watch } from './watch.job.ts'

const FILL_EVERY_MS = 60_000
const POLL_MS = 3_000
const PROVIDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/

/** Money on networks: addresses, deposits watched to finality, and transfers that are each sent once. */
export interface Onchain<T extends OnchainWork = OnchainWork> {
  readonly addresses: {
    /** Our addresses, newest index first. */
    list(
      query?: PageRequest & { readonly provider?: string; readonly owner?: string },
    ): Promise<Page<OnchainAddress>>
  }
  readonly deposits: {
    /** @throws LastroError `not_found`. */
    get(id: DepositId, options?: WriteOptions): Promise<Deposit>
    list(
      query?: PageRequest & {
        readonly provider?: string
        readonly owner?: string
        readonly state?: DepositState
      },
    ): Promise<Page<Deposit>>
  }
  readonly transfers: {
    /**
     * Creates a transfer: row, hold, job and event in one commit. The money moves later, by jobs.
     * @throws LastroError `invalid_input`, `provider_missing`, `not_found`, `idempotency_key_reused`, `ledger_refused`.
     */
    create(input: CreateTransfer, options?: WriteOptions): Promise<OnchainTransfer>
    /** @throws LastroError `not_found`. */
    get(id: TransferId, options?: WriteOptions): Promise<OnchainTransfer>
    list(
      query?: PageRequest & {
        readonly provider?: string
        readonly state?: TransferState
        readonly correlation?: string
      },
    ): Promise<Page<OnchainTransfer>>
  }
  /** What an address holds by the newest block. Default: the system wallet. Asks the network. */
  balances(provider: string, address?: string): Promise<readonly Money[]>
  /** For other domains: gives a free deposit address to an intent; null when none is free just now. */
  takeAddress(tx: T, request: TakeAddress): Promise<OnchainAddress | null>
  /** For other domains: the same as `transfers.create`, inside their transaction. */
  createTransferIn(tx: T, input: CreateTransfer): Promise<OnchainTransfer>
  readonly jobs: readonly JobHandler[]
  readonly schedules: readonly Schedule[]
}

/**
 * Makes the rail. Without a signer it only watches.
 * @throws LastroError `invalid_input` for options out of their bounds, and for names that ledger accounts cannot carry.
 */
export function createOnchain<T extends OnchainWork>(deps: OnchainDeps<T>): Onchain<T> {
  const context = contextOf(deps)
  const { storage } = context
  const sending = context.signer === null ? [] : [fillAddresses(context), send(context), track(context)]
  return {
    addresses: { list: (query) => storage.read((tx) => tx.onchain.addresses.list(query)) },
    deposits: {
      get: async (id, options) => {
        const found = await storage.read((tx) => tx.onchain.deposits.get(id), options)
        if (found === null) throw new LastroError('not_found', { kind: 'deposit', id })
        return found
      },
      list: (query) => storage.read((tx) => tx.onchain.deposits.list(query)),
    },
    transfers: {
      create: (input, options) => storage.transaction((tx) => createTransfer(context, tx, input), options),
      get: async (id, options) => {
        const found = await storage.read((tx) => tx.onchain.transfers.get(id), options)
        if (found === null) throw new LastroError('not_found', { kind: 'onchain transfer', id })
        return found
      },
      list: (query) => storage.read((tx) => tx.onchain.transfers.list(query)),
    },
    balances: (provider, address) =>
      balances(context, address === undefined ? { provider } : { provider, address }),
    takeAddress: (tx, request) => takeAddress(context, tx, request),
    createTransferIn: (tx, input) => createTransfer(context, tx, input),
    jobs: [watch(context), ...sending],
    schedules: schedulesOf(context),
  }
}

function contextOf<T extends OnchainWork>(deps: OnchainDeps<T>): OnchainContext<T> {
  const options = resolveOptions(deps.options)
  const guarded = Object.entries(deps.chains).map(([name, chain]) => {
    if (!PROVIDER_NAME.test(name))
      refuse(`chains.${name}`, 'must be 1 to 40 letters, digits, ".", "_" or "-"')
    return [name, guardChain(chain, deps.rails?.[name] ?? createRail(name))] as const
  })
  for (const name of Object.keys(options.chains)) {
    if (!Object.hasOwn(deps.chains, name)) refuse(`options.chains.${name}`, 'is no chain provider')
  }
  refuseTwins(deps.chains)
  const { storage, signer, clock, ids, onDeposit = null, onTransfer = null } = deps
  return { storage, chains: Object.fromEntries(guarded), signer, clock, ids, options, onDeposit, onTransfer }
}

/** One signer has one address on a network: two names for it would book deposits twice and share sequences. */
function refuseTwins(chains: Readonly<Record<string, ChainProvider>>): void {
  const entries = Object.entries(chains)
  for (const [index, [name, { network }]] of entries.entries()) {
    const twin = entries.slice(0, index).find(([, other]) => other.network.id === network.id)
    if (twin !== undefined) refuse(`chains.${name}`, `is on ${network.id}, as chains.${twin[0]} is`)
  }
}

function schedulesOf(context: Pick<OnchainParts, 'chains' | 'options' | 'signer'>): readonly Schedule[] {
  return Object.keys(context.chains).flatMap((provider) => {
    const input = { provider }
    const pollMs = context.options.chains[provider]?.pollMs ?? POLL_MS
    const watching = { name: `onchain.watch:${provider}`, everyMs: pollMs, job: watchJob, input }
    if (context.signer === null) return [watching]
    return [
      watching,
      { name: `onchain.fill_addresses:${provider}`, everyMs: FILL_EVERY_MS, job: fillAddressesJob, input },
      { name: `onchain.track:${provider}`, everyMs: context.options.trackMs, job: trackJob, input },
    ]
  })
}
