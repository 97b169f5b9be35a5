import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type { DeclineReason, Id, Money } from '../../spec/index.ts'
import type { PaymentId } from './payment.ts'

/**
 * The life of one thing asked of the provider for a payment: a refund, a capture, a cancel, an approval, a completion.
 * `done`: the provider has it. What became of a refund afterwards is told by the refund.
 */
export const operationMachine = defineMachine({
  name: 'payment_operation',
  initial: 'created',
  states: {
    created: { submit: 'submitting', accept: 'done', decline: 'declined' },
    submitting: { accept: 'done', decline: 'declined', defer: 'created', lose: 'unknown' },
    unknown: { accept: 'done', decline: 'declined', absent: 'created' },
    done: {},
    declined: {},
  },
})

/** Where an operation stands. `unknown`: it may have had its effect, and the provider is being asked. */
export type OperationState = StateOf<typeof operationMachine>

/** The prefix of each kind's id, which is its key at the provider. */
export const OPERATION_PREFIX = {
  refund: 'rfnd',
  capture: 'capt',
  cancel: 'pcan',
  approve: 'pappr',
  complete: 'pcomp',
} as const

/** What may be asked of a provider for a payment. */
export type OperationKind = keyof typeof OPERATION_PREFIX

/** `rfnd_01j9…`, `capt_01j9…`: the key of every attempt. */
export type OperationId = Id<(typeof OPERATION_PREFIX)[OperationKind]>

/** One thing asked of the provider for a payment. */
export interface PaymentOperation {
  readonly id: OperationId
  readonly paymentId: PaymentId
  readonly kind: OperationKind
  readonly state: OperationState
  /** What is given back or taken; zero for the other kinds. */
  readonly amount: Money
  /** For a capture: nothing more is taken afterwards. */
  readonly isFinal: boolean
  readonly receiptRef: string | null
  /** The provider's id of the refund, once it is known. */
  readonly providerRef: string | null
  /** What the payer's wallet told, for a completion. */
  readonly proof: string | null
  /** What had been received when a capture was begun: more than that tells that it was done. */
  readonly baseline: Money
  /** The refund's hold in the ledger. */
  readonly hold: 'none' | 'open' | 'settled'
  readonly purpose: string | null
  readonly attempts: number
  readonly reason: DeclineReason | null
  readonly detail: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly submittedAt: Date | null
  readonly version: number
}

/** True until there is an answer that ends it. */
export function isUnderWay(operation: Pick<PaymentOperation, 'state'>): boolean {
  return operation.state !== 'done' && operation.state !== 'declined'
}
