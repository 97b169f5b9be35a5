import type { AssetId, Money } from '../money.ts'
import type { DeclineReason, Outcome } from '../outcome.ts'
import type { Secret } from '../secret.ts'

/**
 * How a payer pays. `pix`: a QR code payable at once; `pix_due`: one with a due date, fine and interest;
 * `checkout`: a page of the provider; `card`: an own form that finishes in the browser; `pi`: the Pi wallet.
 */
export type PaymentMethod = 'pix' | 'pix_due' | 'checkout' | 'card' | 'pi'

/** Who pays, as far as the host knows. A provider asks for what its method needs, and refuses by field. */
export interface Payer {
  readonly name?: string
  /** CPF or CNPJ, digits and letters only. */
  readonly document?: string
  readonly email?: string
  /** The provider's own id of the payer: Stripe customer, Pi user. */
  readonly providerRef?: string
}

/** Terms of a charge with a due date. Percentages are basis points; fixed amounts are money. */
export interface DueTerms {
  /** `2026-12-24`, in the provider's own time zone. */
  readonly dueDate: string
  /** Calendar days after the due date on which it can still be paid. */
  readonly payableDaysAfter?: number
  readonly fine?: Money | { readonly bps: number }
  readonly interest?:
    | { readonly perDay: Money }
    | { readonly bps: number; readonly per: 'day' | 'month' | 'year' }
  readonly discount?: readonly { readonly until: string; readonly amount: Money | { readonly bps: number } }[]
  readonly abatement?: Money | { readonly bps: number }
}

/** What the engine asks of a payment provider. */
export interface CreatePayment {
  /** The intent's own key: the same for every attempt, for ever. */
  readonly idempotencyKey: string
  readonly amount: Money
  readonly method: PaymentMethod
  /** Shown to the payer, 140 characters at most. */
  readonly description?: string
  readonly payer?: Payer
  readonly expiresAt?: Date
  readonly due?: DueTerms
  /** `manual`: the money is only authorized, and `capture` takes it. Default `automatic`. */
  readonly capture?: 'automatic' | 'manual'
  /** Where a page of the provider sends the payer afterwards. */
  readonly returnUrl?: string
  readonly cancelUrl?: string
  /** Ends the wait, not the payment: an aborted call is `unknown`. */
  readonly signal?: AbortSignal
}

/** What the payer must do next. */
export type PaymentAction =
  | { readonly kind: 'show_pix'; readonly brCode: string; readonly location?: string }
  | { readonly kind: 'redirect'; readonly url: string }
  /** The provider's script in the browser finishes it. The secret is for the payer's browser and is never stored. */
  | { readonly kind: 'confirm_in_browser'; readonly clientSecret: Secret }
  /** The provider's script in the browser creates the payment with exactly these facts, then tells its id. */
  | { readonly kind: 'create_in_browser'; readonly facts: Readonly<Record<string, string>> }

/**
 * Where a payment stands at the provider. Refunds and disputes do not change it: they are lists of their own.
 * `authorized`: held, not yet taken. `paid`: all that was asked, or all that was captured, has arrived.
 */
export type ProviderPaymentState =
  | 'pending'
  | 'requires_action'
  | 'processing'
  | 'authorized'
  | 'paid'
  | 'failed'
  | 'canceled'
  | 'expired'

/** Money that arrived for a payment: one Pix, one captured charge. A payment may have several. */
export interface ProviderReceipt {
  /** The provider's own id: Pix end-to-end id, Stripe charge, chain transaction. Unique at the provider. */
  readonly ref: string
  /** What the payer paid, before fees. */
  readonly amount: Money
  /** What the provider keeps of it, where it tells. */
  readonly fee?: Money
  readonly receivedAt?: Date
}

/** A payment given back, in part or whole. */
export interface ProviderRefund {
  readonly ref: string
  /** Our key where the provider repeats it. */
  readonly idempotencyKey?: string
  readonly receiptRef?: string
  /** `failed` may come after `succeeded`: a bank gave the money back to us. */
  readonly state: 'pending' | 'succeeded' | 'failed'
  readonly amount: Money
  readonly detail?: string
}

/**
 * Somebody contests a payment. `warned`: a risk signal, no money moves. `inquiry`: a question, no money moves.
 * `blocked`: money is held back meanwhile (Pix MED).
 */
export interface ProviderDispute {
  readonly ref: string
  readonly receiptRef?: string
  readonly state:
    | 'warned'
    | 'inquiry'
    | 'needs_response'
    | 'under_review'
    | 'blocked'
    | 'won'
    | 'lost'
    | 'closed'
  readonly amount: Money
  /** What the provider has taken or holds back for it now. Zero when it gave all back. Absent: not told. */
  readonly withdrawn?: Money
  /** What it costs beyond that, told with `withdrawn` or not at all: absent beside it is nothing, as after a refund of it. */
  readonly fee?: Money
  readonly reason?: string
  /** Until when evidence may be given. */
  readonly respondBy?: Date
}

/**
 * What a provider tells of one payment, wholly (an answer) or in part (an event). A list holds what is told now; what
 * it leaves out is not gone. Folding facts in any order, any number of times, ends in the same payment.
 */
export interface PaymentFacts {
  /** The provider's own id: Stripe payment intent or checkout, Pix txid, Pi payment. */
  readonly providerRef?: string
  /** Our `idempotencyKey`, where the provider repeats it. */
  readonly idempotencyKey?: string
  /** The provider's own id of who pays, where it tells: compared with the intent's payer before a wallet's approval. */
  readonly payerRef?: string
  readonly state?: ProviderPaymentState
  /** What was asked. Compared with the intent, never believed. */
  readonly amount?: Money
  readonly authorized?: Money
  readonly receipts?: readonly ProviderReceipt[]
  readonly refunds?: readonly ProviderRefund[]
  readonly disputes?: readonly ProviderDispute[]
  readonly reason?: DeclineReason
  readonly detail?: string
}

/** A payment as the provider tells it now, whole. */
export interface ProviderPayment extends PaymentFacts {
  readonly providerRef: string
  readonly state: ProviderPaymentState
  readonly amount: Money
  readonly receipts: readonly ProviderReceipt[]
  readonly refunds: readonly ProviderRefund[]
  readonly disputes: readonly ProviderDispute[]
  readonly action?: PaymentAction
}

/** Which payment: our key, and the provider's id once it is known. */
export interface PaymentRef {
  readonly idempotencyKey: string
  readonly providerRef?: string
  /** When the last attempt to create it began: where a provider finds keys only by listing, it says where to look. */
  readonly attemptedAt?: Date
  readonly signal?: AbortSignal
}

/** What the engine asks when money goes back. */
export interface RefundPayment {
  /** The refund's own key: the same for every attempt. */
  readonly idempotencyKey: string
  readonly payment: { readonly idempotencyKey: string; readonly providerRef: string }
  /** Which receipt is given back, and how much of it. */
  readonly receiptRef: string
  readonly amount: Money
  readonly reason?: string
  /** Where it goes, on rails where a refund is a new payment to the payer (Pi). */
  readonly payer?: Payer
  readonly signal?: AbortSignal
}

/**
 * Takes money in.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `payment/idempotent`: one key makes at most one payment, however often it is created.
 * - `payment/lost_reply_is_unknown`: a reply lost after sending is `unknown`, never `declined` or `not_sent`.
 * - `payment/unsent_is_not_sent`: a request that never left is `not_sent`.
 * - `payment/server_error_is_unknown`: a 5xx answer is `unknown`, whatever its body says.
 * - `payment/refusal_is_declined`: a final refusal is `declined`, with its reason.
 * - `payment/duplicate_is_not_refused`: "this key exists" is `accepted` or `unknown`, never `declined`.
 * - `payment/found_after_lost_reply`: after a lost reply, `find` tells the payment that was really made.
 * - `payment/absent_is_null`: `find` answers `null` for a key the provider never saw, and only then.
 * - `payment/find_throws_when_down`: `find` throws when it could not ask; trouble is not absence.
 * - `payment/amount_exact`: the provider is asked for exactly the amount given, and an answer's amount is read exactly.
 * - `payment/receipts_told`: money that arrived is told by `find`, each arrival once, under one ref.
 * - `payment/refund_idempotent`: one refund key gives money back at most once.
 * - `payment/refund_lost_reply_is_unknown`: a refund's reply lost after sending is `unknown`.
 * - `payment/refund_found`: `findRefund` tells what became of a refund, and throws when it could not ask.
 * - `payment/canceled_is_final`: what was canceled cannot be paid any more.
 */
export interface PaymentProvider {
  readonly specVersion: 1
  readonly assets: readonly AssetId[]
  readonly methods: readonly PaymentMethod[]
  /** How long after creating a `null` from `find` proves absence. Before that the engine keeps asking. */
  readonly conclusiveAfterMs: number
  create(request: CreatePayment): Promise<Outcome<ProviderPayment>>
  /** @throws ProviderError when the provider could not be asked. */
  find(payment: PaymentRef): Promise<ProviderPayment | null>
  /** Takes all or a part of what was authorized. The key names the capture. */
  capture?(request: {
    readonly idempotencyKey: string
    readonly payment: { readonly idempotencyKey: string; readonly providerRef: string }
    readonly amount: Money
    readonly isFinal: boolean
    readonly signal?: AbortSignal
  }): Promise<Outcome<ProviderPayment>>
  /** Ends a payment that nobody paid yet. `declined` where it was paid meanwhile. */
  cancel?(payment: PaymentRef & { readonly providerRef: string }): Promise<Outcome<ProviderPayment>>
  /**
   * Says yes to a payment that the payer's wallet made, after comparing it with what was asked (Pi). To say it again
   * changes nothing: in doubt it is said again at once, because a wallet does not wait for long.
   */
  approve?(
    payment: PaymentRef & { readonly providerRef: string; readonly amount: Money; readonly payer?: Payer },
  ): Promise<Outcome<ProviderPayment>>
  /**
   * Ends a payment that the payer signed: `proof` is what the wallet told, such as a transaction id (Pi). What is signed
   * and not completed is told as `authorized`: found incomplete, it is completed without a proof.
   */
  complete?(
    payment: PaymentRef & { readonly providerRef: string; readonly amount: Money; readonly proof?: string },
  ): Promise<Outcome<ProviderPayment>>
  refund?(request: RefundPayment): Promise<Outcome<ProviderRefund>>
  /** Null: the provider never saw this refund. @throws ProviderError when the provider could not be asked. */
  findRefund?(
    request: Pick<RefundPayment, 'idempotencyKey' | 'payment' | 'receiptRef' | 'signal'> & {
      readonly providerRef?: string
    },
  ): Promise<ProviderRefund | null>
  /**
   * Payments that are open at the provider and that nobody may know of here (Pi's incomplete payments).
   * @throws ProviderError when the provider could not be asked.
   */
  incomplete?(options?: { readonly signal?: AbortSignal }): Promise<readonly ProviderPayment[]>
  /** Checks a request's form, with no network. Null when it is fine, else the field and the rule it breaks. */
  check?(request: CreatePayment): { readonly field: string; readonly rule: string } | null
}
