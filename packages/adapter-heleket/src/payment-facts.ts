import { Money, type ProviderEvent, type ProviderReceipt } from '@lastro/core/spec'
import type { PaymentAnswer } from './api.ts'
import type { AssetFinder } from './assets.ts'
import { amountText, moneyOf, occurred, shortText, unknownAsset, unrecognised } from './facts.ts'
import { type PaymentStatusRow, paymentStatus } from './statuses.ts'

/** An answer, and what it is the answer to. */
export interface Told<A> {
  readonly answer: A
  readonly topic: string
  readonly assetOf: AssetFinder
}

/** A status with what it means now, or the event that says that it is new. */
type Meaning =
  | {
      readonly kind: 'known'
      readonly row: PaymentStatusRow
      readonly status: string
      readonly isOpen: boolean
    }
  | { readonly kind: 'new'; readonly event: ProviderEvent }

function meaningOf({ answer, topic }: Told<PaymentAnswer>): Meaning {
  const told = answer.status ?? answer.payment_status
  const found = paymentStatus.find(told)
  if (found.kind === 'unseen') {
    const detail = `${found.field} is ${found.shown}, which is new.`
    return { kind: 'new', event: unrecognised({ topic, ref: answer.uuid, detail }) }
  }
  const row = found.value
  // "Paid, not final" is nothing to rely on: the word of the answer wins over the table.
  const isOpen = row.isFinal === true && answer.is_final === false
  return { kind: 'known', row, status: told ?? '', isOpen }
}

/** What came, in the asset that the payer sent. Null: nothing was told. */
type Received = { readonly kind: 'money'; readonly amount: Money | null } | { readonly kind: 'no_asset' }

function receivedOf({ answer, assetOf }: Told<PaymentAnswer>): Received {
  const coin = { currency: answer.payer_currency ?? answer.currency, network: answer.network }
  const asset = assetOf(coin)
  if (asset === null) return { kind: 'no_asset' }
  return { kind: 'money', amount: moneyOf(answer.payment_amount, { asset, field: 'payment.payment_amount' }) }
}

/**
 * What Heleket keeps, only where the amounts prove that it is of the same asset: what was paid without the fee is what is
 * credited. After a conversion they are of different assets.
 */
function feeOf({ commission, merchant_amount, convert }: PaymentAnswer, received: Money): Money | null {
  if (convert !== undefined && convert !== null) return null
  try {
    const { asset } = received
    const fee = moneyOf(commission, { asset, field: 'payment.commission' })
    const credited = moneyOf(merchant_amount, { asset, field: 'payment.merchant_amount' })
    if (fee === null || credited === null) return null
    return Money.equals(Money.add(fee, credited), received) ? fee : null
  } catch {
    // More places than the asset has: the amounts are of another one.
    return null
  }
}

/**
 * One receipt for the whole invoice, under its own id: `payment_amount` is all that came, also where it came in several
 * transactions, of which the answer names one. The receipt grows with it.
 */
function receiptsOf(answer: PaymentAnswer, received: Money | null): readonly ProviderReceipt[] {
  if (received === null || !Money.isPositive(received)) return []
  const fee = feeOf(answer, received)
  return [{ ref: answer.uuid, amount: received, ...(fee === null ? {} : { fee }) }]
}

const invoiceChanged = ({ answer }: Told<PaymentAnswer>, status: string): ProviderEvent => ({
  kind: 'changed',
  object: 'invoice',
  ref: answer.uuid,
  change: status,
  status,
  facts: { orderId: shortText(answer.order_id), txid: shortText(answer.txid) },
  ...occurred(answer.updated_at),
})

/**
 * An invoice in our words. What was asked is in the invoice's asset, what came in the payer's: they differ where the
 * invoice is in fiat. An asset that nobody told us makes it `unrecognised`, as a new status does.
 * @throws ProviderError `unexpected_answer` for an amount that is none.
 */
export function paymentEvents(told: Told<PaymentAnswer>): readonly ProviderEvent[] {
  const { answer, topic, assetOf } = told
  const meaning = meaningOf(told)
  if (meaning.kind === 'new') return [meaning.event]
  const { row, status, isOpen } = meaning
  const received = receivedOf(told)
  const hasArrived = row.hasArrived === true && !isOpen
  if (hasArrived && received.kind === 'no_asset') {
    const coin = { currency: answer.payer_currency ?? answer.currency, network: answer.network }
    return [unrecognised({ topic, ref: answer.uuid, detail: unknownAsset(coin) })]
  }
  const asset = assetOf(answer)
  const amount = asset === null ? null : moneyOf(answer.amount, { asset, field: 'payment.amount' })
  const receipts = hasArrived && received.kind === 'money' ? receiptsOf(answer, received.amount) : []
  const orderId = shortText(answer.order_id)
  const isTold = row.state !== null && !isOpen
  const detail = isOpen ? `${status}, not final yet` : status
  return [
    {
      kind: 'payment',
      providerRef: answer.uuid,
      ...(orderId === null ? {} : { idempotencyKey: orderId }),
      ...(isTold ? { state: row.state } : {}),
      ...(amount === null ? {} : { amount }),
      ...(receipts.length === 0 ? {} : { receipts }),
      ...(isTold && row.reason !== undefined ? { reason: row.reason } : {}),
      detail,
      ...occurred(answer.updated_at),
    },
    ...(row.isTold === true ? [invoiceChanged(told, status)] : []),
  ]
}

/**
 * A deposit on a static wallet. Amounts are decimal texts in `facts.asset`; `facts.state` is ours, null where it says
 * nothing that counts. The wallet stays open.
 */
export function depositEvents(told: Told<PaymentAnswer>): readonly ProviderEvent[] {
  const { answer, topic, assetOf } = told
  const meaning = meaningOf(told)
  if (meaning.kind === 'new') return [meaning.event]
  const { row, status, isOpen } = meaning
  const coin = { currency: answer.payer_currency ?? answer.currency, network: answer.network }
  const asset = assetOf(coin)
  if (asset === null) return [unrecognised({ topic, ref: answer.uuid, detail: unknownAsset(coin) })]
  const amount = moneyOf(answer.payment_amount, { asset, field: 'payment.payment_amount' })
  return [
    {
      kind: 'changed',
      object: 'wallet_deposit',
      ref: answer.uuid,
      change: status,
      status,
      facts: {
        state: isOpen ? null : row.state,
        asset,
        amount: amount === null ? null : Money.format(amount),
        merchantAmount: amountText(answer.merchant_amount),
        commission: amountText(answer.commission),
        orderId: shortText(answer.order_id),
        walletUuid: shortText(answer.wallet_address_uuid),
        address: shortText(answer.address),
        txid: shortText(answer.txid),
        isFinal: answer.is_final ?? null,
      },
      ...occurred(answer.updated_at),
    },
  ]
}
