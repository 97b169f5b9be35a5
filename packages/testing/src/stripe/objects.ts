/** Stripe's objects with every field that endive's types require, and nothing in them. */
import type { StripeCharge, StripeDispute, StripeIntent, StripeRefund, StripeTransaction } from './records.ts'

const NO_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }

type Given<T, K extends keyof T> = Pick<T, K>

/** An intent that waits for a way to pay. */
export const blankIntent = (
  given: Given<
    StripeIntent,
    'id' | 'created' | 'amount' | 'currency' | 'client_secret' | 'metadata' | 'capture_method'
  >,
): StripeIntent => ({
  object: 'payment_intent',
  allowed_payment_method_types: null,
  amount_capturable: 0,
  amount_details: { tip: {} },
  amount_received: 0,
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: null,
  canceled_at: null,
  cancellation_reason: null,
  confirmation_method: 'automatic',
  customer: null,
  customer_account: null,
  description: null,
  excluded_payment_method_types: null,
  last_payment_error: null,
  latest_charge: null,
  livemode: false,
  managed_payments: null,
  next_action: null,
  on_behalf_of: null,
  payment_method: null,
  payment_method_configuration_details: null,
  payment_method_options: {},
  payment_method_types: ['card'],
  payment_record: null,
  processing: null,
  receipt_email: null,
  review: null,
  setup_future_usage: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  status: 'requires_payment_method',
  transfer_data: null,
  transfer_group: null,
  ...given,
})

/** A charge that took nothing yet. */
export const blankCharge = (
  given: Given<StripeCharge, 'id' | 'created' | 'amount' | 'currency' | 'payment_intent' | 'metadata'>,
): StripeCharge => ({
  object: 'charge',
  amount_captured: 0,
  amount_refunded: 0,
  application: null,
  application_fee: null,
  application_fee_amount: null,
  balance_transaction: null,
  billing_details: { address: NO_ADDRESS, email: null, name: null, phone: null, tax_id: null },
  calculated_statement_descriptor: 'FAKE',
  captured: false,
  customer: null,
  description: null,
  disputed: false,
  failure_balance_transaction: null,
  failure_code: null,
  failure_message: null,
  fraud_details: {},
  livemode: false,
  on_behalf_of: null,
  outcome: null,
  paid: false,
  payment_method: null,
  payment_method_details: null,
  receipt_email: null,
  receipt_number: null,
  receipt_url: null,
  refunded: false,
  review: null,
  shipping: null,
  source: null,
  source_transfer: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  status: 'pending',
  transfer_data: null,
  transfer_group: null,
  ...given,
})

/** A refund. */
export const blankRefund = (
  given: Given<
    StripeRefund,
    'id' | 'created' | 'amount' | 'currency' | 'charge' | 'payment_intent' | 'metadata' | 'status'
  >,
): StripeRefund => ({
  object: 'refund',
  balance_transaction: null,
  customer: null,
  customer_account: null,
  destination_details: {
    card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
    type: 'card',
  },
  payment_method: null,
  reason: null,
  receipt_number: null,
  source_transfer_reversal: null,
  transfer_reversal: null,
  ...given,
})

const EVIDENCE = [
  ...['access_activity_log', 'billing_address', 'cancellation_policy', 'cancellation_policy_disclosure'],
  ...['cancellation_rebuttal', 'customer_communication', 'customer_email_address', 'customer_name'],
  ...[
    'customer_purchase_ip',
    'customer_signature',
    'duplicate_charge_documentation',
    'duplicate_charge_explanation',
  ],
  ...['duplicate_charge_id', 'product_description', 'receipt', 'refund_policy', 'refund_policy_disclosure'],
  ...[
    'refund_refusal_explanation',
    'service_date',
    'service_documentation',
    'shipping_address',
    'shipping_carrier',
  ],
  ...[
    'shipping_date',
    'shipping_documentation',
    'shipping_tracking_number',
    'uncategorized_file',
    'uncategorized_text',
  ],
]

/** A dispute to which nobody has answered. */
export const blankDispute = (
  given: Given<
    StripeDispute,
    'id' | 'created' | 'amount' | 'currency' | 'charge' | 'payment_intent' | 'status'
  > & {
    readonly reason: string
    readonly due_by: number
  },
): StripeDispute => {
  const { due_by, ...rest } = given
  return {
    object: 'dispute',
    balance_transactions: [],
    enhanced_eligibility_types: [],
    evidence: { ...Object.fromEntries(EVIDENCE.map((name) => [name, null])), enhanced_evidence: {} },
    evidence_details: {
      due_by,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'manual',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: given.status.startsWith('warning_'),
    livemode: false,
    metadata: {},
    payment_method_details: {
      card: { brand: 'visa', case_type: 'chargeback', network: 'visa', network_reason_code: '10.4' },
      type: 'card',
    },
    ...rest,
  }
}

/** A movement of the balance. */
export const blankTransaction = (
  given: Given<StripeTransaction, 'id' | 'created' | 'amount' | 'fee' | 'currency' | 'type' | 'source'>,
): StripeTransaction => ({
  object: 'balance_transaction',
  available_on: given.created + 2 * 86_400,
  balance_type: 'payments',
  description: null,
  exchange_rate: null,
  fee_details: [],
  net: given.amount - given.fee,
  reporting_category: given.type,
  status: 'pending',
  ...given,
})

/** A visa that was charged. */
export const CARD_DETAILS = {
  type: 'card',
  card: {
    amount_authorized: null,
    authorization_code: null,
    brand: 'visa',
    checks: null,
    country: 'US',
    electronic_commerce_indicator: null,
    exp_month: 8,
    exp_year: 2030,
    funding: 'credit',
    installments: null,
    last4: '4242',
    mandate: null,
    network: 'visa',
    network_transaction_id: null,
    regulated_status: null,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  },
} as const

/** What the network said of a charge. */
export const networkOutcome = (declineCode: string | null) => ({
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: declineCode === null ? 'approved_by_network' : 'declined_by_network',
  reason: declineCode,
  seller_message: null,
  type: declineCode === null ? 'authorized' : 'issuer_declined',
})
