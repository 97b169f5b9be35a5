import { LastroError } from '../../platform/errors/index.ts'
import { parseInput } from '../../platform/input.ts'
import type { JobHandler, Schedule } from '../../platform/jobs/index.ts'
import type { Page, WriteOptions } from '../../platform/storage/index.ts'
import { Money, type PaymentAction, type ProviderPayment } from '../../spec/index.ts'
import { actionOf } from './action.ts'
import { applyPaymentEvent, type PaymentEvent } from './apply-event.ts'
import { type ApproveInput, approvePayment } from './approve.ts'
import { askAbout } from './ask.ts'
import { type CancelInput, cancelPayment } from './cancel.ts'
import { type CaptureInput, capturePayment } from './capture.ts'
import { checkOptions } from './check-options.ts'
import { type CompleteInput, completePayment } from './complete.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { conversionOf } from './convert.ts'
import { type CreatePaymentIntent, checkedRoute, createPayment, existing } from './create.ts'
import { expirePaymentJob } from './expire.job.ts'
import { forgetPayer } from './forget-payer.ts'
import { giveBackJob } from './give-back.job.ts'
import { sweepIncompleteJob } from './incomplete.job.ts'
import { createSchema, querySchema } from './input.ts'
import { incompleteSchedule, sweepSchedule } from './jobs.ts'
import { operatePaymentJob } from './operate.job.ts'
import type { OperationId, PaymentOperation } from './operation.ts'
import type { Payment, PaymentId } from './payment.ts'
import { reconcilePaymentJob } from './reconcile.job.ts'
import { type RefundInput, refundPayment } from './refund.ts'
import { resolveOperationJob } from './resolve.job.ts'
import { type SettleInput, settlePayments } from './settle.ts'
import type { PaymentQuery } from './store.ts'
import { submitPaymentJob } from './submit.job.ts'
import { submitNow } from './submit-now.ts'
import { sweepPaymentsJob } from './sweep.job.ts'
import { verifyPayment } from './verify.ts'
import { type PaymentDetails, type PaymentView, toPaymentView } from './view.ts'
import type { WalletAnswer } from './wallet.ts'

export type { PaymentEvent } from './apply-event.ts'
export type { ApproveInput } from './approve.ts'
export type { CancelInput } from './cancel.ts'
export type { CaptureInput } from './capture.ts'
export type { CompleteInput } from './complete.ts'
export type {
  PaymentChange,
  PaymentDeps,
  PaymentListener,
  PaymentOptions,
  PaymentRail,
  PaymentWork,
} from './context.ts'
export type { CreatePaymentIntent } from './create.ts'
export {
  type OperationId,
  type OperationKind,
  type OperationState,
  operationMachine,
  type PaymentOperation,
} from './operation.ts'
export {
  type Conversion,
  type Payment,
  type PaymentId,
  type PaymentState,
  type PaymentTotals,
  paymentMachine,
  type StoredAction,
} from './payment.ts'
export type { RefundInput } from './refund.ts'
export type { RouteRule } from './route.ts'
export type { SettleInput } from './settle.ts'
export type {
  Dispute,
  KnownBy,
  PaymentQuery,
  PaymentStore,
  PaymentTx,
  Receipt as PaymentReceipt,
  RefOwner,
  Refund as PaymentRefund,
} from './store.ts'
export { type PaymentDetails, type PaymentView, toPaymentView } from './view.ts'
export type { WalletAnswer } from './wallet.ts'

/** Money in: create it once, and it is asked for once, whatever fails on the way. */
export interface Payments<T extends PaymentWork = PaymentWork> {
  /**
   * Creates a payment: row, jobs and event in one commit. A job asks the provider for it; `submit` does it now.
   * @throws LastroError `invalid_input`, `provider_missing`, `idempotency_key_reused`; with `payIn` also
   * `rate_unavailable`.
   */
  create(input: CreatePaymentIntent, options?: WriteOptions): Promise<Payment>
  /**
   * Asks the provider for a created payment now, as the job would; where that is under way already, waits up to five
   * seconds for its answer. @throws LastroError `not_found`.
   */
  submit(id: PaymentId): Promise<Payment>
  /** @throws LastroError `not_found`. */
  get(id: PaymentId, options?: WriteOptions): Promise<Payment>
  /** With its receipts, refunds and disputes. @throws LastroError `not_found`. */
  details(id: PaymentId, options?: WriteOptions): Promise<PaymentDetails>
  /** JSON-safe, with no secrets and no personal data. @throws LastroError `not_found`. */
  view(id: PaymentId, options?: WriteOptions): Promise<PaymentView>
  /** Newest first. @throws LastroError `invalid_input`. */
  list(query?: PaymentQuery, options?: WriteOptions): Promise<Page<Payment>>
  /**
   * What the payer must do next, or null. The secret for the payer's browser is asked for each time.
   * @throws LastroError `not_found`, `provider_missing`; ProviderError when the provider could not be asked.
   */
  action(id: PaymentId): Promise<PaymentAction | null>
  /**
   * Asks the provider now, and applies what it answers.
   * @throws LastroError `not_found`, `provider_missing`; ProviderError when it could not be asked.
   */
  verify(id: PaymentId): Promise<Payment>
  /** @throws LastroError `illegal_transition` while it is in doubt and once it is over, `provider_missing`. */
  cancel(input: CancelInput, options?: WriteOptions): Promise<Payment>
  /** @throws LastroError `invalid_input`, `illegal_transition` unless it is authorized, `provider_missing`. */
  capture(input: CaptureInput, options?: WriteOptions): Promise<PaymentOperation>
  /** @throws LastroError `invalid_input`, `illegal_transition`, `provider_missing`, `ledger_refused`. */
  refund(input: RefundInput, options?: WriteOptions): Promise<PaymentOperation>
  /** A refund, a capture or another thing asked of the provider. @throws LastroError `not_found`. */
  operation(id: OperationId, options?: WriteOptions): Promise<PaymentOperation>
  /** All that was asked of the provider for a payment, oldest first. */
  operations(id: PaymentId, options?: WriteOptions): Promise<readonly PaymentOperation[]>
  /** For wallets such as Pi. @throws LastroError `invalid_input`, `illegal_transition`; ProviderError. */
  approve(input: ApproveInput): Promise<WalletAnswer>
  /** For wallets such as Pi. Deliver only what is `paid`. @throws LastroError `invalid_input`; ProviderError. */
  complete(input: CompleteInput): Promise<WalletAnswer>
  /** Books that a provider delivered what it owed. @throws LastroError `invalid_input`, `ledger_refused`. */
  settle(
    input: SettleInput,
    options?: WriteOptions,
  ): Promise<{ readonly ref: string; readonly status: 'accepted' | 'exists' }>
  /** Takes the payer's data away. @throws LastroError `not_found`, `illegal_transition`. */
  forgetPayer(id: PaymentId, options?: WriteOptions): Promise<Payment>
  /** For other domains: the same as `create`, inside their transaction. */
  createIn(tx: T, input: CreatePaymentIntent): Promise<Payment>
  /** For other domains: the same as `refund`, inside their transaction. */
  refundIn(tx: T, input: RefundInput): Promise<PaymentOperation>
  /** Whether a payment could be made, with no network. @throws LastroError `invalid_input`, `provider_missing`. */
  check(input: CreatePaymentIntent): void
  /** For the inbox: asks the provider about one of our payments, by any id it told. Null: none of ours, or not there. */
  ask(about: { readonly provider: string; readonly ref: string }): Promise<ProviderPayment | null>
  /** For the inbox: what a webhook tells. */
  applyEvent(
    tx: T,
    news: { readonly provider: string; readonly event: PaymentEvent; readonly delivery: string },
  ): Promise<'applied' | 'unmatched'>
  readonly jobs: readonly JobHandler[]
  readonly schedules: readonly Schedule[]
}

/** Makes the payments domain. @throws LastroError `invalid_input` naming the option and the rule. */
export function createPayments<T extends PaymentWork>(deps: PaymentDeps<T>): Payments<T> {
  checkOptions(deps)
  const { storage } = deps
  const details = (id: PaymentId, options?: WriteOptions) =>
    storage.read(async (tx): Promise<PaymentDetails> => {
      const payment = await existing(tx, id)
      const { receipts, refunds, disputes } = tx.payments
      const [r, f, d] = [await receipts(id), await refunds(id), await disputes(id)]
      return { payment, receipts: r, refunds: f, disputes: d }
    }, options)
  const get = (id: PaymentId, options?: WriteOptions) => storage.read((tx) => existing(tx, id), options)
  return {
    create: async (input, options) => {
      const conversion = await conversionOf(deps, input, options)
      return storage.transaction((tx) => createPayment(deps, tx, { input, conversion }), options)
    },
    submit: (id) => submitNow(deps, id),
    get,
    details,
    view: async (id, options) => toPaymentView(await details(id, options)),
    list: async (query = {}, options) => {
      parseInput(querySchema, query)
      return storage.read((tx) => tx.payments.list(query), options)
    },
    action: (id) => actionOf(deps, id),
    verify: (id) => verifyPayment(deps, id),
    cancel: async (input, options) => storage.transaction((tx) => cancelPayment(deps, tx, input), options),
    capture: async (input, options) => storage.transaction((tx) => capturePayment(deps, tx, input), options),
    refund: async (input, options) => storage.transaction((tx) => refundPayment(deps, tx, input), options),
    operation: async (id, options) => {
      const operation = await storage.read((tx) => tx.payments.operation(id), options)
      if (operation === null) throw new LastroError('not_found', { kind: 'payment operation', id })
      return operation
    },
    operations: (id, options) => storage.read((tx) => tx.payments.operations(id), options),
    approve: async (input) => approvePayment(deps, input),
    complete: async (input) => completePayment(deps, input),
    settle: async (input, options) => storage.transaction((tx) => settlePayments(deps, tx, input), options),
    forgetPayer: async (id, options) => storage.transaction((tx) => forgetPayer(deps, tx, id), options),
    ...insideParts(deps),
  }
}

/** What other domains, the inbox and the worker use. */
function insideParts<T extends PaymentWork>(
  deps: PaymentDeps<T>,
): Pick<Payments<T>, 'createIn' | 'refundIn' | 'check' | 'ask' | 'applyEvent' | 'jobs' | 'schedules'> {
  const tells = Object.values(deps.rails).some(({ port }) => port.incomplete !== undefined)
  return {
    createIn: async (tx, input) => {
      const conversion = await conversionOf(deps, input, { tx: tx.host })
      return createPayment(deps, tx, { input, conversion })
    },
    refundIn: (tx, input) => refundPayment(deps, tx, input),
    check: (input) => {
      const { amount, payIn = amount.asset } = parseInput(createSchema, input)
      checkedRoute(deps, { ...input, amount: Money.of(amount.amount, payIn) })
    },
    ask: (about) => askAbout(deps, about),
    applyEvent: (tx, news) => applyPaymentEvent(deps, tx, news),
    jobs: [
      submitPaymentJob(deps),
      reconcilePaymentJob(deps),
      operatePaymentJob(deps),
      resolveOperationJob(deps),
      expirePaymentJob(deps),
      giveBackJob(deps),
      sweepPaymentsJob(deps),
      sweepIncompleteJob(deps),
    ],
    schedules: tells ? [sweepSchedule, incompleteSchedule] : [sweepSchedule],
  }
}
