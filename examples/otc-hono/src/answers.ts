/** What callers see. Amounts are texts of smallest units. */
import { Money, type Quote, type Trade } from '@lastro/core'
import type { Order } from './orders.ts'

export const showQuote = ({ id, give, receive, gross, spread, networkFee, expiresAt }: Quote) => ({
  id,
  give: Money.toJson(give),
  receive: Money.toJson(receive),
  gross: Money.toJson(gross),
  spread: Money.toJson(spread),
  networkFee: Money.toJson(networkFee),
  expiresAt,
})

/** Where `depositAddress` is null, it is being made: read the trade again. */
export const showTrade = ({ trade, order }: { trade: Trade; order: Order }) => ({
  id: trade.id,
  state: trade.state,
  order: { id: order.id, status: order.status, paidAt: order.paid_at },
  give: Money.toJson(trade.give),
  receive: Money.toJson(trade.receive),
  depositAddress: trade.depositAddress,
  deposited: trade.deposited && Money.toJson(trade.deposited),
  mismatch: trade.mismatch,
  expiresAt: trade.expiresAt,
})
