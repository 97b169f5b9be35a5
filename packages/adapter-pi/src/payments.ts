import {
  accepted,
  type CreatePayment,
  declined,
  Money,
  type Outcome,
  type PaymentProvider,
  type ProviderPayment,
} from '@lastro/core/spec'
import { checkAmount } from './amounts.ts'
import { approve } from './approve.ts'
import { cancel } from './cancel.ts'
import { complete } from './complete.ts'
import { isPaymentId } from './delivery.ts'
import { readIncomplete } from './incomplete.ts'
import type { Settings } from './options.ts'
import { checkKey, isUid } from './payouts.ts'
import { findRefund, refund } from './refunds.ts'
import type { Teller } from './tell.ts'
import type { Wallet } from './wallet.ts'

type Optional = 'approve' | 'complete' | 'cancel' | 'incomplete' | 'check'

/** What the payments of this adapter can do without the app's wallet. */
export type PiPayments = Omit<PaymentProvider, Optional | 'refund' | 'findRefund' | 'capture'> &
  Required<Pick<PaymentProvider, Optional>>

/** What they can do with it: money goes back by a payment from the app's wallet. */
export type PiPaymentsWithRefunds = PiPayments & Required<Pick<PaymentProvider, 'refund' | 'findRefund'>>

const MAX_TEXT = 140

/** The rule that a request breaks, by its field, in the order of the fields; or null. */
function check(
  request: CreatePayment,
  settings: Settings,
): { readonly field: string; readonly rule: string } | null {
  const { idempotencyKey, amount, method, description, payer, due, capture } = request
  const rules: readonly (readonly [field: string, rule: string | null])[] = [
    ['idempotencyKey', checkKey(idempotencyKey)],
    ['amount', checkAmount(amount, settings.facts.asset)],
    ['method', method === 'pi' ? null : 'must be pi'],
    [
      'description',
      description === undefined || (description !== '' && [...description].length <= MAX_TEXT)
        ? null
        : `must have 1 to ${MAX_TEXT} characters`,
    ],
    [
      'payer.providerRef',
      payer?.providerRef === undefined || isUid(payer.providerRef)
        ? null
        : "must be Pi's id of the user (uid)",
    ],
    ['due', due === undefined ? null : 'is not known to Pi: leave it out'],
    ['capture', capture === 'manual' ? 'must be automatic: Pi holds no money back' : null],
  ]
  const broken = rules.find(([, rule]) => rule !== null)
  return broken === undefined ? null : { field: broken[0], rule: broken[1] ?? '' }
}

/**
 * The wallet in the payer's browser creates the payment, with exactly these facts: `amount` is a decimal text to be passed
 * as a number, `metadata` the text of a JSON object. Until it tells Pi's id, our key stands in its place.
 */
function create(request: CreatePayment, settings: Settings): Outcome<ProviderPayment> {
  const broken = check(request, settings)
  if (broken !== null) {
    const reason = broken.field === 'amount' ? 'invalid_amount' : 'refused'
    return declined(reason, `${broken.field} ${broken.rule}.`)
  }
  const { idempotencyKey, amount, description } = request
  return accepted({
    providerRef: idempotencyKey,
    idempotencyKey,
    state: 'requires_action',
    amount,
    receipts: [],
    refunds: [],
    disputes: [],
    action: {
      kind: 'create_in_browser',
      facts: {
        amount: Money.format(amount),
        memo: description ?? settings.memo,
        metadata: JSON.stringify({ lastro: idempotencyKey }),
      },
    },
  })
}

/** Payments from users. Pi cannot be asked for a payment by our key: only what the browser told can be found. */
export function createPayments(given: { readonly settings: Settings; readonly teller: Teller }): PiPayments {
  const { settings, teller } = given
  return {
    specVersion: 1,
    assets: [settings.facts.asset],
    methods: ['pi'],
    conclusiveAfterMs: settings.conclusiveAfterMs,
    create: async (request) => create(request, settings),
    async find({ providerRef, signal }) {
      if (!isPaymentId(providerRef)) return null
      const payment = await teller.client.payment(providerRef, signal)
      return payment === null ? null : teller.incoming(payment, signal)
    },
    approve: (request) => approve(given, request),
    complete: (request) => complete(given, request),
    cancel: (request) => cancel(given, request),
    incomplete: (options) => readIncomplete(given, options),
    check: (request) => check(request, settings),
  }
}

/** The same, with refunds from the app's wallet. */
export function withRefunds(
  payments: PiPayments,
  context: { readonly wallet: Wallet; readonly teller: Teller },
): PiPaymentsWithRefunds {
  return {
    ...payments,
    incomplete: (options) => readIncomplete({ ...context, settings: context.wallet.settings }, options),
    refund: (request) => refund(context, request),
    findRefund: (question) => findRefund(context.wallet, question),
  }
}
