import { LastroError } from '../../platform/errors/index.ts'
import type { JobHandler } from '../../platform/jobs/index.ts'
import type { Page, PageRequest, WriteOptions } from '../../platform/storage/index.ts'
import type { AssetId, Money, ProviderPayout } from '../../spec/index.ts'
import { applyPayoutEvent, type PayoutEvent } from './apply-event.ts'
import { askAbout } from './ask.ts'
import { type CancelPayout, cancelPayout } from './cancel.ts'
import { type PayoutDeps, type PayoutWork, railOf } from './context.ts'
import { type CreatePayout, checkRail, createPayout } from './create.ts'
import type { Payout, PayoutId, PayoutState } from './payout.ts'
import { reconcilePayoutJob } from './reconcile.job.ts'
import { submitPayoutJob } from './submit.job.ts'

export type { PayoutEvent } from './apply-event.ts'
export type { CancelPayout } from './cancel.ts'
export type { PayoutDeps, PayoutListener, PayoutRail, PayoutTimes, PayoutWork } from './context.ts'
export { type CreatePayout, destinationSchema } from './create.ts'
export { type Payout, type PayoutId, type PayoutState, payoutMachine } from './payout.ts'
export type { PayoutStore, PayoutTx } from './store.ts'

/** Money out: create it once, and it is sent once, whatever fails on the way. */
export interface Payouts<T extends PayoutWork = PayoutWork> {
  /**
   * Creates a payout: row, hold, job and event in one commit. The money moves later, by a job.
   * @throws LastroError `invalid_input`, `provider_missing`, `idempotency_key_reused`, `ledger_refused`.
   */
  create(input: CreatePayout, options?: WriteOptions): Promise<Payout>
  /** @throws LastroError `not_found`. */
  get(id: PayoutId, options?: WriteOptions): Promise<Payout>
  list(
    query?: PageRequest & {
      readonly state?: PayoutState
      readonly provider?: string
      readonly correlation?: string
    },
  ): Promise<Page<Payout>>
  /**
   * What a provider holds for payouts, asked now.
   * @throws LastroError `provider_missing`, also where the provider does not tell; ProviderError when it could not be asked.
   */
  balance(query: { readonly provider: string; readonly asset: AssetId }): Promise<Money>
  /** @throws LastroError `illegal_transition` once it may have been sent. */
  cancel(input: CancelPayout, options?: WriteOptions): Promise<Payout>
  /** For other domains: the same as `create`, inside their transaction. */
  createIn(tx: T, input: CreatePayout): Promise<Payout>
  /** Whether a payout could be made, with no network. @throws LastroError `invalid_input`, `provider_missing`. */
  check(
    input: Pick<CreatePayout, 'provider' | 'amount' | 'destination'>,
    options?: { readonly at?: string },
  ): void
  /** For the inbox: asks the provider about one of our payouts, by any id it told. Null: none of ours, or not there. */
  ask(about: { readonly provider: string; readonly ref: string }): Promise<ProviderPayout | null>
  /** For the inbox: what a webhook tells. `unmatched`: of a payout that is not ours, which moves nothing. */
  applyEvent(
    tx: T,
    news: { readonly provider: string; readonly event: PayoutEvent; readonly delivery: string },
  ): Promise<'applied' | 'unmatched'>
  readonly jobs: readonly JobHandler[]
}

/** Makes the payouts domain. */
export function createPayouts<T extends PayoutWork>(deps: PayoutDeps<T>): Payouts<T> {
  return {
    create: async (input, options) =>
      deps.storage.transaction((tx) => createPayout(deps, tx, input), options),
    get: async (id, options) => {
      const payout = await deps.storage.read((tx) => tx.payouts.get(id), options)
      if (payout === null) throw new LastroError('not_found', { kind: 'payout', id })
      return payout
    },
    list: (query = {}) => deps.storage.read((tx) => tx.payouts.list(query)),
    cancel: (input, options) => deps.storage.transaction((tx) => cancelPayout(deps, tx, input), options),
    balance: ({ provider, asset }) => {
      const found = railOf(deps, provider)
      const ask = found?.port.balance
      if (found === undefined || ask === undefined)
        throw new LastroError('provider_missing', { provider, port: 'payouts.balance' })
      return found.rail.read('payouts.balance', () => ask(asset))
    },
    createIn: (tx, input) => createPayout(deps, tx, input),
    ask: (about) => askAbout(deps, about),
    check: (input, options) => void checkRail(deps, input, options),
    applyEvent: (tx, news) => applyPayoutEvent(deps, tx, news),
    jobs: [submitPayoutJob(deps), reconcilePayoutJob(deps)],
  }
}
