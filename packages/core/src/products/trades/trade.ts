import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { Destination, Id, Money } from '../../spec/index.ts'
import type { QuoteId } from './quote.ts'

/** The life of a sell trade: crypto in, money out, and back where that cannot be. */
export const tradeMachine = defineMachine({
  name: 'trade',
  initial: 'quoted',
  states: {
    quoted: { assign: 'awaiting_deposit', expire: 'expired' },
    awaiting_deposit: { see: 'confirming', expire: 'expired' },
    confirming: { orphan: 'awaiting_deposit', fund: 'funded', mismatch: 'mismatched' },
    funded: { pay: 'paying_out' },
    paying_out: { complete: 'completed', fail: 'payout_failed' },
    payout_failed: { pay: 'paying_out', refund: 'refunding' },
    mismatched: { fund: 'funded', refund: 'refunding', lose: 'deposit_lost' },
    expired: { see: 'confirming' },
    refunding: { finish: 'refunded', fail: 'mismatched' },
    completed: { fail: 'payout_failed' },
    refunded: {},
    deposit_lost: {},
  },
})

/** Where a trade stands. */
export type TradeState = StateOf<typeof tradeMachine>

/** How the deposit differs from the quote. `late`: its block is not from before the quote's expiry. */
export type Mismatch = 'under' | 'over' | 'late' | 'wrong_asset'

/** `trd_01j9…` */
export type TradeId = Id<'trd'>

/** One sale of crypto, paid out in money. */
export interface Trade {
  readonly id: TradeId
  readonly quoteId: QuoteId
  readonly state: TradeState
  /** The chain provider's name. */
  readonly chain: string
  readonly give: Money
  /** What is paid out. Changes only when a policy accepts another amount or rate. */
  readonly receive: Money
  readonly payoutProvider: string
  readonly destination: Destination
  /** Where crypto goes back to. Asked of the customer: a sender's address may belong to an exchange. */
  readonly refundAddress: string | null
  /** The host's own name for the trade. */
  readonly reference: string | null
  readonly depositAddress: string | null
  readonly depositId: string | null
  readonly deposited: Money | null
  readonly mismatch: Mismatch | null
  readonly payoutId: string | null
  /** How many payouts and refunds were wanted: each is an intent of its own. */
  readonly payoutCount: number
  readonly refundId: string | null
  readonly refundCount: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly expiresAt: Date
  readonly version: number
}

/** What to do with a deposit that is not what was quoted. Data: set it once, or per trade. */
export interface TradePolicy {
  /** `prorate` pays for what came, at the quoted rate. Default `refund`. */
  readonly under: 'refund' | 'prorate' | 'hold'
  /** `refund_excess` pays what was quoted and sends the rest back. Default `refund_excess`. */
  readonly over: 'refund_excess' | 'prorate' | 'refund' | 'hold'
  /** `requote` pays at the rate of now. Default `refund`. */
  readonly late: 'refund' | 'requote' | 'hold'
  /** Default `hold`: a person looks. */
  readonly wrongAsset: 'refund' | 'hold'
}

/** The policy where the host says nothing. */
export const DEFAULT_POLICY: TradePolicy = {
  under: 'refund',
  over: 'refund_excess',
  late: 'refund',
  wrongAsset: 'hold',
}
