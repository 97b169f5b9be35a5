import type { Secret } from '@lastro/core/spec'
import type { PiClient } from './client.ts'
import { addressOf } from './envelope.ts'
import { createHistory, type History } from './history.ts'
import type { Horizon } from './horizon.ts'
import type { Settings } from './options.ts'

/** The app's wallet, from which payments to users are sent. */
export interface Wallet {
  readonly client: PiClient
  readonly horizon: Horizon
  readonly settings: Settings
  readonly seed: Secret
  /** What Pi told each memo to be for; it never changes. */
  readonly purposes: Map<string, unknown>
  /** The address and what it sent. @throws ProviderError `misconfigured` when the seed is none. */
  open(): { readonly address: string; readonly history: History }
  /** One after another: a wallet has one sequence of transactions, and an app one open payment to a user. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
}

/** Opens the wallet of a seed. Makes no call. */
export function createWallet(given: {
  readonly client: PiClient
  readonly horizon: Horizon
  readonly settings: Settings
  readonly seed: Secret
}): Wallet {
  let opened: ReturnType<Wallet['open']> | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    ...given,
    purposes: new Map(),
    open() {
      if (opened !== undefined) return opened
      const address = addressOf(given.seed)
      opened = { address, history: createHistory({ ...given, address }) }
      return opened
    },
    inTurn(work) {
      const mine = last.then(work)
      last = mine.catch(() => undefined)
      return mine
    },
  }
}
