import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { DeclineReason, Destination, Id, Money } from '../../spec/index.ts'

/**
 * The life of a payout. A webhook may settle it before the call that sent it has answered; and one that was found
 * absent, and so went back to `created`, may still turn up.
 */
export const payoutMachine = defineMachine({
  name: 'payout',
  initial: 'created',
  states: {
    created: {
      submit: 'submitting',
      cancel: 'canceled',
      accept: 'pending',
      settle: 'paid',
      decline: 'failed',
    },
    submitting: { accept: 'pending', settle: 'paid', decline: 'failed', defer: 'created', lose: 'unknown' },
    unknown: { accept: 'pending', settle: 'paid', decline: 'failed', absent: 'created' },
    pending: { settle: 'paid', decline: 'failed' },
    paid: { return: 'returned' },
    failed: {},
    canceled: {},
    returned: {},
  },
})

/** Where a payout stands. `unknown`: it may have been sent, and the provider is being asked. */
export type PayoutState = StateOf<typeof payoutMachine>

/** `pout_01j9…` */
export type PayoutId = Id<'pout'>

/** Money out, from the moment it is wanted. Its id is the key of every attempt. */
export interface Payout {
  readonly id: PayoutId
  readonly provider: string
  readonly state: PayoutState
  readonly amount: Money
  readonly destination: Destination
  readonly description: string | null
  /** The ledger account that pays. Held when the payout is created, posted when it is paid. */
  readonly sourceAccount: string
  /** The intent that wants it, such as a trade's id; else its own id. */
  readonly correlation: string
  /** How many times sending it was begun. All of them carry the same key. */
  readonly attempts: number
  readonly providerRef: string | null
  readonly endToEndId: string | null
  readonly reason: DeclineReason | null
  readonly detail: string | null
  /** What came back after it was paid: nothing, a part, or all of it. */
  readonly returned: Money
  readonly createdAt: Date
  readonly updatedAt: Date
  /** When the last attempt began. */
  readonly submittedAt: Date | null
  readonly version: number
}
