import { defineMachine, type StateOf } from '../../platform/machine/index.ts'
import type {
  DeclineReason,
  DueTerms,
  Id,
  Money,
  Payer,
  PaymentAction,
  PaymentMethod,
  ProviderPaymentState,
  Rate,
} from '../../spec/index.ts'

const ENDS = { pay: 'paid', fail: 'failed', expire: 'expired', cancel: 'canceled' } as const
const NEWS = {
  await: 'pending',
  require: 'requires_action',
  process: 'processing',
  authorize: 'authorized',
  ...ENDS,
} as const

/**
 * The life of a payment. News may skip states and never leads back. An ended payment whose money still arrives is
 * paid, late: every order of the same facts ends in the same state. Refunds and disputes are lists beside it.
 */
export const paymentMachine = defineMachine({
  name: 'payment',
  initial: 'created',
  states: {
    created: { submit: 'submitting', ...NEWS },
    submitting: { defer: 'created', lose: 'unknown', ...NEWS },
    unknown: { absent: 'created', ...NEWS },
    pending: { require: 'requires_action', process: 'processing', authorize: 'authorized', ...ENDS },
    requires_action: { process: 'processing', authorize: 'authorized', ...ENDS },
    processing: { authorize: 'authorized', ...ENDS },
    authorized: ENDS,
    failed: { expire: 'expired', cancel: 'canceled', pay: 'paid' },
    expired: { cancel: 'canceled', pay: 'paid' },
    canceled: { pay: 'paid' },
    paid: {},
  },
})

/** Where a payment stands. `unknown`: it may be at the provider, which is being asked. */
export type PaymentState = StateOf<typeof paymentMachine>

/** `pay_01j9…` */
export type PaymentId = Id<'pay'>

/** What the payer must do next, as it is stored: a secret for the browser is not, `payments.action` asks for it. */
export type StoredAction =
  | Exclude<PaymentAction, { kind: 'confirm_in_browser' }>
  | { readonly kind: 'confirm_in_browser' }

/** What a payment adds up to. Each figure follows from receipts, refunds, disputes and what we asked for. */
export interface PaymentTotals {
  /** Held for us and not all taken: the most that was told. */
  readonly authorized: Money
  /** All receipts, before fees. */
  readonly received: Money
  /** What the provider keeps, of receipts and of disputes, where it tells. */
  readonly fees: Money
  /** Refunds that were asked for or begun and have no end yet. */
  readonly refunding: Money
  readonly refunded: Money
  /** What disputes and blocks have taken or hold back now. */
  readonly disputed: Money
}

/** How a price became an amount of another asset: kept with the payment, as it was used. */
export interface Conversion {
  readonly price: Money
  /** What one whole unit of the payment's asset is worth in the asset of the price. */
  readonly rate: Rate
  readonly source: string
  readonly observedAt: Date
}

/** Money that shall come in, from the moment it is wanted. Its id is the key of every attempt, at every provider. */
export interface Payment extends PaymentTotals {
  readonly id: PaymentId
  /** The provider that has it, or that is tried next while it is `created`. */
  readonly provider: string
  /** Providers that may take it, in their order. */
  readonly route: readonly string[]
  /** Providers that do not try any more: they refused it, or another one was in doubt of it, which keeps it. */
  readonly refusedBy: readonly string[]
  readonly state: PaymentState
  /** What the payer is asked for. */
  readonly amount: Money
  /** Where it is priced in another asset: the price, and the rate that was used. */
  readonly conversion: Conversion | null
  readonly method: PaymentMethod
  readonly capture: 'automatic' | 'manual'
  readonly description: string | null
  /** Personal data: in no event and no log. `payments.forgetPayer` takes it away. */
  readonly payer: Payer | null
  readonly due: DueTerms | null
  readonly returnUrl: string | null
  readonly cancelUrl: string | null
  readonly expiresAt: Date | null
  /** The host's own name of what is paid, such as an order number. */
  readonly reference: string | null
  readonly metadata: Readonly<Record<string, string>>
  /** The ledger account that receipts are credited to. */
  readonly creditAccount: string
  /** The intent that wants it, for the timeline; else its own id. */
  readonly correlation: string
  readonly providerRef: string | null
  readonly action: StoredAction | null
  /** Every state the provider has told, in any order. */
  readonly told: readonly ProviderPaymentState[]
  /** How it ended by a decision of ours or a refusal, whatever the provider told. */
  readonly endedHere: 'failed' | 'expired' | 'canceled' | null
  /** How many times creating it at a provider was begun. All of them carry the same key. */
  readonly attempts: number
  readonly reason: DeclineReason | null
  readonly detail: string | null
  /** The last thing told that can never be: reported once, and moves no money. */
  readonly contradiction: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** When the last attempt began. */
  readonly submittedAt: Date | null
  /** When the schedule asks the provider next. Null: nothing is open. */
  readonly askAt: Date | null
  readonly version: number
}

/** The states in which a payer may still pay. */
export const OPEN_STATES = ['pending', 'requires_action', 'processing', 'authorized'] as const

/** True while the provider has it and nothing ended it. */
export function isOpen(payment: Pick<Payment, 'state'>): boolean {
  return (OPEN_STATES as readonly string[]).includes(payment.state)
}

/** True when it ended without all of its money. */
export function isEnded(payment: Pick<Payment, 'state'>): boolean {
  return payment.state === 'failed' || payment.state === 'expired' || payment.state === 'canceled'
}

/** True where the provider may rightly end with another amount than was asked: fines, discounts, parts captured. */
export function isFlexible(payment: Pick<Payment, 'capture' | 'due'>): boolean {
  return payment.capture === 'manual' || payment.due !== null
}
