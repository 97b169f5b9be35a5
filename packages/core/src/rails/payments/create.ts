import { LastroError } from '../../platform/errors/index.ts'
import { once } from '../../platform/idempotency/index.ts'
import { parseInput, refuse } from '../../platform/input.ts'
import { type AssetId, type DueTerms, Money, type Payer, type PaymentMethod } from '../../spec/index.ts'
import { type PaymentDeps, type PaymentRail, type PaymentWork, railOf, settingsOf } from './context.ts'
import { convertedAmount } from './convert.ts'
import { createSchema } from './input.ts'
import { expirePayment, submitPayment } from './jobs.ts'
import type { Conversion, Payment, PaymentId } from './payment.ts'
import { defaultCreditAccount } from './postings.ts'
import { routeOf } from './route.ts'

/** What a payment is made of. */
export interface CreatePaymentIntent {
  /** The name the host gave a provider that fills the payments port. Default: the route decides. */
  readonly provider?: string
  readonly amount: Money
  /**
   * The asset that the payer pays in, where it is not the amount's: Pi for a price in reais. The amount is converted at
   * the rate of now, rounded up, and both are kept with the payment.
   */
  readonly payIn?: AssetId
  readonly method: PaymentMethod
  /** Shown to the payer, 140 characters at most. */
  readonly description?: string
  /** What the method needs of the payer, and no more. */
  readonly payer?: Payer
  /** From then on it cannot be paid. Money that comes all the same is booked, and told as late. */
  readonly expiresAt?: Date
  /** For `pix_due`, and only there. */
  readonly due?: DueTerms
  /** `manual`: the money is only authorized, and `capture` takes it. Default `automatic`. */
  readonly capture?: 'automatic' | 'manual'
  readonly returnUrl?: string
  readonly cancelUrl?: string
  /** Your own name of what is paid, such as an order number. */
  readonly reference?: string
  /** Your own words: no secrets, no personal data. */
  readonly metadata?: Readonly<Record<string, string>>
  /** The ledger account that receipts are credited to. Default `clearing:payments:<asset>`. */
  readonly creditAccount?: string
  /** The intent that wants it, for the timeline. Default: the payment itself. */
  readonly correlation?: string
  /** The name of this intent: the same for every attempt of yours to create it. */
  readonly idempotencyKey: string
}

/** Creates a payment inside the caller's transaction: the row, the jobs and the event. */
export async function createPayment<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  {
    input: wanted,
    conversion,
  }: { readonly input: CreatePaymentIntent; readonly conversion: Conversion | null },
): Promise<Payment> {
  // The key stands for what the host wanted: the same intent at another rate is the same intent.
  const { idempotencyKey: key, ...body } = parseInput(createSchema, wanted)
  const input = conversion === null ? wanted : { ...wanted, amount: convertedAmount(conversion) }
  const at = deps.clock.now()
  const request = { operation: 'payments.create', key, body, at }
  // Only the id is kept with the key: a stored answer would keep the payer's data for ever.
  const { id } = await once(tx, request, async () => {
    if (input.expiresAt !== undefined && input.expiresAt <= at) refuse('expiresAt', 'must be in the future')
    const route = checkedRoute(deps, input)
    const payment = newPayment(deps, { input, route, conversion })
    if (input.creditAccount !== undefined) await checkCreditAccount(tx, payment)
    await tx.payments.insert(payment)
    await tx.jobs.enqueue(submitPayment, { paymentId: payment.id })
    if (payment.expiresAt !== null) {
      const runAt = new Date(payment.expiresAt.getTime() + settingsOf(deps).expiryGraceMs)
      await tx.jobs.enqueue(expirePayment, { paymentId: payment.id }, { runAt })
    }
    await tx.events.append({
      type: 'payment.created',
      subject: payment.id,
      correlation: payment.correlation,
      data: {
        provider: payment.provider,
        method: payment.method,
        amount: Money.toJson(payment.amount),
        price: Money.toJson(conversion?.price ?? payment.amount),
        reference: payment.reference,
      },
      at,
    })
    return { id: payment.id }
  })
  return existing(tx, id)
}

/** @throws LastroError `not_found`. */
export async function existing(tx: PaymentWork, id: PaymentId): Promise<Payment> {
  const payment = await tx.payments.get(id)
  if (payment === null) throw new LastroError('not_found', { kind: 'payment', id })
  return payment
}

async function checkCreditAccount(tx: PaymentWork, { creditAccount, amount }: Payment): Promise<void> {
  const account = await tx.ledger.getAccount(creditAccount)
  if (account === null) refuse('creditAccount', 'is no ledger account')
  if (account.asset !== amount.asset)
    refuse('creditAccount', `is in ${account.asset}, and the amount in ${amount.asset}`)
}

function newPayment(
  deps: Pick<PaymentDeps, 'ids' | 'clock'>,
  {
    input,
    route,
    conversion,
  }: {
    readonly input: CreatePaymentIntent
    readonly route: readonly string[]
    readonly conversion: Conversion | null
  },
): Payment {
  const { amount } = input
  const id = deps.ids.next('pay')
  const at = deps.clock.now()
  const zero = Money.zero(amount.asset)
  return {
    id,
    provider: route[0] ?? '',
    route,
    refusedBy: [],
    state: 'created',
    amount,
    conversion,
    method: input.method,
    capture: input.capture ?? 'automatic',
    description: input.description ?? null,
    payer: input.payer ?? null,
    due: input.due ?? null,
    returnUrl: input.returnUrl ?? null,
    cancelUrl: input.cancelUrl ?? null,
    expiresAt: input.expiresAt ?? null,
    reference: input.reference ?? null,
    metadata: input.metadata ?? {},
    creditAccount: input.creditAccount ?? defaultCreditAccount(amount.asset),
    correlation: input.correlation ?? id,
    providerRef: null,
    action: null,
    told: [],
    endedHere: null,
    authorized: zero,
    received: zero,
    fees: zero,
    refunding: zero,
    refunded: zero,
    disputed: zero,
    attempts: 0,
    reason: null,
    detail: null,
    contradiction: null,
    createdAt: at,
    updatedAt: at,
    submittedAt: null,
    askAt: null,
    version: 1,
  }
}

/**
 * The providers that may take a payment, each checked, in their order.
 * @throws LastroError `provider_missing`, `invalid_input`.
 */
export function checkedRoute(
  deps: Pick<PaymentDeps, 'rails' | 'options'>,
  input: CreatePaymentIntent,
): readonly string[] {
  if (input.provider !== undefined) {
    const refusal = refusalOf(deps, { provider: input.provider, input })
    if (refusal !== null) refuse(refusal.field, refusal.rule)
    return [input.provider]
  }
  const { routes } = settingsOf(deps)
  const names =
    routes.length === 0
      ? Object.keys(deps.rails)
      : (routeOf(routes, { ...input, metadata: input.metadata ?? {} }) ?? [])
  if (names.length === 0) refuse('provider', 'is required: no rule of `payments.routes` matches this payment')
  const refusals = names.map((provider) => refusalOf(deps, { provider, input }))
  const able = names.filter((_, index) => refusals[index] === null)
  const [first] = refusals
  if (able.length === 0 && first !== null && first !== undefined) refuse(first.field, first.rule)
  return able
}

function refusalOf(
  deps: Pick<PaymentDeps, 'rails'>,
  { provider, input }: { readonly provider: string; readonly input: CreatePaymentIntent },
): { readonly field: string; readonly rule: string } | null {
  const found: PaymentRail | undefined = railOf(deps, provider)
  if (found === undefined) throw new LastroError('provider_missing', { provider, port: 'payments' })
  const { port } = found
  const { amount, method } = input
  if (!port.assets.includes(amount.asset))
    return {
      field: 'amount.asset',
      rule: `${provider} does not take ${amount.asset}, only ${port.assets.join(', ')}`,
    }
  if (!port.methods.includes(method))
    return { field: 'method', rule: `${provider} does not take ${method}, only ${port.methods.join(', ')}` }
  if (input.capture === 'manual' && port.capture === undefined)
    return { field: 'capture', rule: `${provider} takes money at once: only automatic` }
  return port.check?.({ ...input, idempotencyKey: 'pay_00000000000000000000000000' }) ?? null
}
