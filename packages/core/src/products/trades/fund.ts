import { book, type NewTransfer, openAccounts, transfersOfCause } from '../../books/ledger/index.ts'
import { depositsAccount } from '../../rails/onchain/index.ts'
import { type AssetId, Money } from '../../spec/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import type { Price } from './quote.ts'
import { step } from './step.ts'
import type { Trade } from './trade.ts'

/** Where value changes its asset: our position, above zero in what we bought and below it in what we paid. */
export const exchangeAccount = (asset: AssetId) => `exchange:${asset}`
/** What we owe customers until their payout is paid. */
export const payableAccount = (asset: AssetId) => `payable:trades:${asset}`
/** Our margin. */
export const spreadAccount = (asset: AssetId) => `revenue:spread:${asset}`
/** What customers pay towards network costs. */
export const networkFeeAccount = (asset: AssetId) => `revenue:network_fee:${asset}`

/**
 * Sells the deposit in the books and creates the payout, in the transaction that confirmed it: the crypto leaves
 * clearing for the exchange account, the gross amount in money leaves the exchange account for the customer, the
 * spread and the network fee.
 */
export async function fund<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  sale: { readonly trade: Trade; readonly price: Price; readonly why: string },
): Promise<Trade> {
  const { price, why } = sale
  const at = deps.clock.now()
  const give = price.give.asset
  const receive = price.receive.asset
  await openAccounts(tx, {
    at,
    accounts: [
      { id: exchangeAccount(give), asset: give, normalSide: 'credit', constraint: 'none' },
      { id: exchangeAccount(receive), asset: receive, normalSide: 'credit', constraint: 'none' },
      { id: payableAccount(receive), asset: receive, normalSide: 'credit', constraint: 'no_overdraft' },
      { id: spreadAccount(receive), asset: receive, normalSide: 'credit', constraint: 'none' },
      { id: networkFeeAccount(receive), asset: receive, normalSide: 'credit', constraint: 'none' },
    ],
  })
  await book(tx, { at, transfers: saleTransfers(sale.trade, price) })
  const funded = await step(deps, tx, {
    trade: sale.trade,
    event: 'fund',
    set: { receive: price.receive },
    facts: {
      why,
      give: Money.toJson(price.give),
      gross: Money.toJson(price.gross),
      spread: Money.toJson(price.spread),
      networkFee: Money.toJson(price.networkFee),
      receive: Money.toJson(price.receive),
    },
  })
  return pay(deps, tx, funded)
}

/** Creates the payout of a trade whose money is payable. Each call is a new intent: the first, or an operator's. */
export async function pay<T extends TradeWork>(deps: TradeDeps<T>, tx: T, trade: Trade): Promise<Trade> {
  const count = trade.payoutCount + 1
  const payout = await deps.payouts.createIn(tx, {
    provider: trade.payoutProvider,
    amount: trade.receive,
    destination: trade.destination,
    source: payableAccount(trade.receive.asset),
    correlation: trade.id,
    idempotencyKey: `${trade.id}:payout:${count}`,
  })
  return step(deps, tx, {
    trade,
    event: 'pay',
    set: { payoutId: payout.id, payoutCount: count },
    facts: { payout: payout.id },
  })
}

/** The transfers of a sale. The fee legs are left out where they are nothing. */
function saleTransfers(trade: Trade, price: Price): readonly NewTransfer[] {
  const give = price.give.asset
  const receive = price.receive.asset
  const legs = [
    {
      name: 'give',
      debit: depositsAccount(trade.chain, give),
      credit: exchangeAccount(give),
      amount: price.give,
    },
    {
      name: 'receive',
      debit: exchangeAccount(receive),
      credit: payableAccount(receive),
      amount: price.receive,
    },
    { name: 'spread', debit: exchangeAccount(receive), credit: spreadAccount(receive), amount: price.spread },
    {
      name: 'network_fee',
      debit: exchangeAccount(receive),
      credit: networkFeeAccount(receive),
      amount: price.networkFee,
    },
  ]
  return legs
    .filter((leg) => leg.amount.amount > 0n)
    .map(({ name, ...leg }) => ({
      id: `${salePrefix(trade)}${name}`,
      kind: 'posted',
      ...leg,
      cause: trade.id,
    }))
}

/** A trade that was refunded in vain may be sold again: the sales of a trade are counted by its refunds. */
function salePrefix(trade: Pick<Trade, 'id' | 'refundCount'>): string {
  return `${trade.id}:sale:${trade.refundCount}:`
}

/** Takes a sale out of the books again, by the opposite transfers: the crypto is back in clearing. */
export async function unwind<T extends TradeWork>(deps: TradeDeps<T>, tx: T, trade: Trade): Promise<void> {
  const booked = await transfersOfCause(tx, trade.id)
  const transfers = booked
    .filter((transfer) => transfer.id.startsWith(salePrefix(trade)) && !transfer.id.endsWith(':unwind'))
    .map(
      (transfer): NewTransfer => ({
        id: `${transfer.id}:unwind`,
        kind: 'posted',
        debit: transfer.credit.account,
        credit: transfer.debit.account,
        amount: transfer.amount,
        cause: trade.id,
        memo: 'unwound: the payout failed and the crypto goes back',
      }),
    )
  await book(tx, { at: deps.clock.now(), transfers })
}
