import { type AssetId, type Id, Money, Rate } from '../../spec/index.ts'
import { divide } from '../../spec/money.ts'

/** `quo_01j9…` */
export type QuoteId = Id<'quo'>

/** An offer to exchange crypto for money, with an expiry. What the customer gets is `receive`, to the cent. */
export interface Quote {
  readonly id: QuoteId
  /** The chain provider's name: where the crypto must arrive. */
  readonly chain: string
  /** What the customer gives, exactly. */
  readonly give: Money
  /** What the customer receives: gross less spread less network fee. */
  readonly receive: Money
  readonly gross: Money
  readonly spread: Money
  readonly networkFee: Money
  readonly spreadBps: number
  readonly networkFeeBps: number
  readonly rate: Rate
  readonly rateSource: string
  readonly rateObservedAt: Date
  readonly createdAt: Date
  readonly expiresAt: Date
  /** The trade that used it; a quote is used once. */
  readonly tradeId: string | null
}

/** Our margin and the network's cost, in basis points of the gross amount. */
export interface Fees {
  readonly spreadBps: number
  readonly networkFeeBps: number
}

/** The amounts of a quote. */
export interface Price {
  readonly give: Money
  readonly gross: Money
  readonly spread: Money
  readonly networkFee: Money
  readonly receive: Money
}

/**
 * Prices what the customer gives. Gross is rounded `down`, spread and network fee `half_even`, and what the customer
 * receives is gross less both: the parts always sum to the whole.
 */
export function priceGive(give: Money, terms: { readonly rate: Rate; readonly fees: Fees }): Price {
  const gross = Rate.convert(give, terms.rate, 'down')
  const spread = Money.bps(gross, BigInt(terms.fees.spreadBps), 'half_even')
  const networkFee = Money.bps(gross, BigInt(terms.fees.networkFeeBps), 'half_even')
  return {
    give,
    gross,
    spread,
    networkFee,
    receive: Money.subtract(Money.subtract(gross, spread), networkFee),
  }
}

/**
 * Prices what the customer wants to receive: the least that must be given for it, rounded `up`. Where the asset given
 * is coarser than the money received, `receive` may be a little more than was asked, never less.
 */
export function priceReceive(
  receive: Money,
  terms: { readonly asset: AssetId; readonly rate: Rate; readonly fees: Fees },
): Price {
  const { asset, rate, fees } = terms
  const share = 10_000n - BigInt(fees.spreadBps) - BigInt(fees.networkFeeBps)
  const gross = { amount: divide(receive.amount * 10_000n, share, 'up'), asset: receive.asset }
  let give: Money = Rate.convert(gross, Rate.invert(rate), 'up')
  let price = priceGive(give, { rate, fees })
  // Three roundings lie between the two directions: at most a few units of the money received, so a few steps.
  const stepUp = Rate.convert(Money.of(1n, receive.asset), Rate.invert(rate), 'up')
  while (price.receive.amount < receive.amount) {
    give = { amount: give.amount + (stepUp.amount > 0n ? stepUp.amount : 1n), asset }
    price = priceGive(give, { rate, fees })
  }
  return price
}
