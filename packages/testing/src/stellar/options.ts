import type { Clock } from '@lastro/core/spec'

/** The passphrase of Stellar's test network. */
export const TESTNET_PASSPHRASE = 'Test SDF Network ; September 2015'

/** How a fake node begins. All have defaults. */
export interface FakeStellarOptions {
  /** Default: that of the test network. */
  readonly passphrase?: string
  /** The first ledger that there is. Default 3,000,000: an event's id is past what a JS number holds. */
  readonly firstLedger?: bigint
  /** With a clock, an empty ledger closes every five seconds of its time. Without one, ledgers close only on request. */
  readonly clock?: Clock
  /** How many ledgers are kept. Default 120,960, as stellar-rpc. */
  readonly retention?: bigint
  /** How many ledgers one call looks through. Default 10,000, as stellar-rpc. */
  readonly scanLimit?: bigint
  /** A header that every request must carry, as a provider's key; without it the answer is 401. */
  readonly key?: { readonly header: string; readonly value: string }
  /**
   * What an event's index counts within: `operation` since version 23, `transaction` before. The same event has another
   * id then. Default `operation`.
   */
  readonly numbering?: 'operation' | 'transaction'
}
