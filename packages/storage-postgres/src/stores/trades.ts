import { LastroError, type Quote, type Trade, type TradeStore } from '@lastro/core/storage'
import { toBigint, toDate } from '../codecs.ts'
import type { Sql, SqlParameter } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

type Asset = Trade['give']['asset']

interface QuoteRow {
  id: Quote['id']
  chain: string
  give_amount: string
  give_asset: Asset
  receive_asset: Asset
  gross: string
  spread: string
  network_fee: string
  receive_amount: string
  spread_bps: number
  network_fee_bps: number
  rate_numerator: string
  rate_denominator: string
  rate_source: string
  rate_observed_at: Date | string
  created_at: Date | string
  expires_at: Date | string
  trade_id: string | null
}

interface TradeRow {
  id: Trade['id']
  quote_id: Trade['quoteId']
  state: Trade['state']
  chain: string
  give_amount: string
  give_asset: Asset
  receive_amount: string
  receive_asset: Asset
  payout_provider: string
  destination: string
  refund_address: string | null
  reference: string | null
  deposit_address: string | null
  deposit_id: string | null
  deposited_amount: string | null
  deposited_asset: Asset | null
  mismatch: Trade['mismatch']
  payout_id: string | null
  payout_count: number
  refund_id: string | null
  refund_count: number
  created_at: Date | string
  updated_at: Date | string
  expires_at: Date | string
  version: number
}

const QUOTE = `id, chain, give_amount::text as give_amount, give_asset, receive_asset, gross::text as gross,
  spread::text as spread, network_fee::text as network_fee, receive_amount::text as receive_amount, spread_bps,
  network_fee_bps, rate_numerator::text as rate_numerator, rate_denominator::text as rate_denominator, rate_source,
  rate_observed_at, created_at, expires_at, trade_id`

const TRADE = `id, quote_id, state, chain, give_amount::text as give_amount, give_asset,
  receive_amount::text as receive_amount, receive_asset, payout_provider, destination::text as destination,
  refund_address, reference, deposit_address, deposit_id, deposited_amount::text as deposited_amount, deposited_asset, mismatch, payout_id,
  payout_count, refund_id, refund_count, created_at, updated_at, expires_at, version`

/** The statements of quotes and trades. */
export const TRADE_SQL = {
  insertQuote: `insert into lastro.quote
    (id, chain, give_amount, give_asset, receive_asset, gross, spread, network_fee, receive_amount, spread_bps,
     network_fee_bps, rate_numerator, rate_denominator, rate_source, rate_observed_at, created_at, expires_at, trade_id)
    values ($1, $2, $3::text::numeric, $4, $5, $6::text::numeric, $7::text::numeric, $8::text::numeric,
     $9::text::numeric, $10, $11, $12::text::numeric, $13::text::numeric, $14, $15::text::timestamptz,
     $16::text::timestamptz, $17::text::timestamptz, null)`,
  getQuote: `select ${QUOTE} from lastro.quote where id = $1`,
  lockQuote: `select ${QUOTE} from lastro.quote where id = $1 for update`,
  useQuote: `update lastro.quote set trade_id = $2 where id = $1 and trade_id is null returning id`,
  insert: `insert into lastro.trade
    (id, quote_id, state, chain, give_amount, give_asset, receive_amount, receive_asset, payout_provider, destination,
     refund_address, reference, deposit_address, deposit_id, deposited_amount, deposited_asset, mismatch, payout_id,
     payout_count, refund_id, refund_count, created_at, updated_at, expires_at, version)
    values ($1, $2, $3, $4, $5::text::numeric, $6, $7::text::numeric, $8, $9, $10::text::jsonb, $11, $12, $13, $14,
     $15::text::numeric, $16, $17, $18, $19, $20, $21, $22::text::timestamptz, $23::text::timestamptz,
     $24::text::timestamptz, $25)`,
  get: `select ${TRADE} from lastro.trade where id = $1`,
  lock: `select ${TRADE} from lastro.trade where id = $1 for update`,
  update: `update lastro.trade set state = $2, receive_amount = $3::text::numeric, destination = $4::text::jsonb,
    refund_address = $5, deposit_address = $6, deposit_id = $7, deposited_amount = $8::text::numeric,
    deposited_asset = $9, mismatch = $10, payout_id = $11, payout_count = $12, refund_id = $13, refund_count = $14,
    updated_at = $15::text::timestamptz, payout_provider = $16, version = $17
    where id = $1 and version = $17 - 1 returning id`,
  list: `select ${TRADE} from lastro.trade
    where ($1::text is null or state = $1) and ($2::text is null or reference = $2) and ($3::text is null or id < $3)
    order by id desc limit $4`,
} as const

/** Quotes and trades in PostgreSQL. */
export function tradeStore(sql: Sql): TradeStore {
  const quote = async (text: string, id: string) => {
    const [row] = await sql.query<QuoteRow>(text, [id])
    return row === undefined ? null : toQuote(row)
  }
  const trade = async (text: string, id: string) => {
    const [row] = await sql.query<TradeRow>(text, [id])
    return row === undefined ? null : toTrade(row)
  }
  return {
    async insertQuote(row) {
      await sql.query(TRADE_SQL.insertQuote, quoteParameters(row))
    },
    getQuote: (id) => quote(TRADE_SQL.getQuote, id),
    lockQuote: (id) => quote(TRADE_SQL.lockQuote, id),
    async useQuote({ id, tradeId }) {
      const rows = await sql.query(TRADE_SQL.useQuote, [id, tradeId])
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'quote', id })
    },
    async insert(row) {
      await sql.query(TRADE_SQL.insert, insertParameters(row))
    },
    get: (id) => trade(TRADE_SQL.get, id),
    lock: (id) => trade(TRADE_SQL.lock, id),
    async update(row) {
      const rows = await sql.query(TRADE_SQL.update, updateParameters(row))
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'trade', id: row.id })
    },
    async list(query) {
      const { limit, after } = pageRequest(query)
      const rows = await sql.query<TradeRow>(TRADE_SQL.list, [
        query.state ?? null,
        query.reference ?? null,
        after,
        limit + 1,
      ])
      return pageOf(rows.map(toTrade), { limit, keyOf: (row) => row.id })
    },
  }
}

function quoteParameters(quote: Quote): readonly SqlParameter[] {
  return [
    quote.id,
    quote.chain,
    quote.give.amount.toString(),
    quote.give.asset,
    quote.receive.asset,
    quote.gross.amount.toString(),
    quote.spread.amount.toString(),
    quote.networkFee.amount.toString(),
    quote.receive.amount.toString(),
    quote.spreadBps,
    quote.networkFeeBps,
    quote.rate.numerator.toString(),
    quote.rate.denominator.toString(),
    quote.rateSource,
    quote.rateObservedAt.toISOString(),
    quote.createdAt.toISOString(),
    quote.expiresAt.toISOString(),
  ]
}

function insertParameters(trade: Trade): readonly SqlParameter[] {
  return [
    trade.id,
    trade.quoteId,
    trade.state,
    trade.chain,
    trade.give.amount.toString(),
    trade.give.asset,
    trade.receive.amount.toString(),
    trade.receive.asset,
    trade.payoutProvider,
    JSON.stringify(trade.destination),
    trade.refundAddress,
    trade.reference,
    trade.depositAddress,
    trade.depositId,
    trade.deposited?.amount.toString() ?? null,
    trade.deposited?.asset ?? null,
    trade.mismatch,
    trade.payoutId,
    trade.payoutCount,
    trade.refundId,
    trade.refundCount,
    trade.createdAt.toISOString(),
    trade.updatedAt.toISOString(),
    trade.expiresAt.toISOString(),
    trade.version,
  ]
}

function updateParameters(trade: Trade): readonly SqlParameter[] {
  return [
    trade.id,
    trade.state,
    trade.receive.amount.toString(),
    JSON.stringify(trade.destination),
    trade.refundAddress,
    trade.depositAddress,
    trade.depositId,
    trade.deposited?.amount.toString() ?? null,
    trade.deposited?.asset ?? null,
    trade.mismatch,
    trade.payoutId,
    trade.payoutCount,
    trade.refundId,
    trade.refundCount,
    trade.updatedAt.toISOString(),
    trade.payoutProvider,
    trade.version,
  ]
}

function toQuote(row: QuoteRow): Quote {
  const money = (amount: string) => ({ amount: toBigint(amount), asset: row.receive_asset })
  return {
    id: row.id,
    chain: row.chain,
    give: { amount: toBigint(row.give_amount), asset: row.give_asset },
    receive: money(row.receive_amount),
    gross: money(row.gross),
    spread: money(row.spread),
    networkFee: money(row.network_fee),
    spreadBps: row.spread_bps,
    networkFeeBps: row.network_fee_bps,
    rate: {
      base: row.give_asset,
      quote: row.receive_asset,
      numerator: toBigint(row.rate_numerator),
      denominator: toBigint(row.rate_denominator),
    },
    rateSource: row.rate_source,
    rateObservedAt: toDate(row.rate_observed_at),
    createdAt: toDate(row.created_at),
    expiresAt: toDate(row.expires_at),
    tradeId: row.trade_id,
  }
}

function toTrade(row: TradeRow): Trade {
  const { deposited_amount: depositedAmount, deposited_asset: depositedAsset } = row
  return {
    id: row.id,
    quoteId: row.quote_id,
    state: row.state,
    chain: row.chain,
    give: { amount: toBigint(row.give_amount), asset: row.give_asset },
    receive: { amount: toBigint(row.receive_amount), asset: row.receive_asset },
    payoutProvider: row.payout_provider,
    destination: JSON.parse(row.destination),
    refundAddress: row.refund_address,
    reference: row.reference,
    depositAddress: row.deposit_address,
    depositId: row.deposit_id,
    deposited:
      depositedAmount === null || depositedAsset === null
        ? null
        : { amount: toBigint(depositedAmount), asset: depositedAsset },
    mismatch: row.mismatch,
    payoutId: row.payout_id,
    payoutCount: row.payout_count,
    refundId: row.refund_id,
    refundCount: row.refund_count,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    expiresAt: toDate(row.expires_at),
    version: row.version,
  }
}
