import type { AssetId, Clock, Provider, RateSource } from '@lastro/core/spec'
import { ProviderError } from '@lastro/core/spec'
import { httpRates } from './http-rates.ts'

/** An exchange whose public ticker is known here. */
export type Exchange = 'binance' | 'okx'

/** What `tickerRates` needs to know. */
export interface TickerOptions {
  readonly exchange: Exchange
  /** The exchange's symbol of each pair: `{ 'PI/7': { 'USDT/6': 'PI-USDT' } }`. */
  readonly pairs: Readonly<Record<AssetId, Readonly<Record<AssetId, string>>>>
  /** `bid` is what somebody pays now, `ask` what somebody wants. Default: `bid`, since what a customer gives is sold. */
  readonly side?: 'bid' | 'ask'
  readonly baseUrl?: string
  readonly clock: Clock
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
}

interface TickerRow {
  readonly baseUrl: string
  readonly path: string
  readonly at: { readonly bid: string; readonly ask: string; readonly time: string | null }
}

/**
 * Public tickers, no key needed. Sources: Binance Spot REST API, `GET /api/v3/ticker/bookTicker`, which tells no time;
 * OKX API v5, `GET /api/v5/market/ticker`, whose `ts` is in milliseconds.
 */
const EXCHANGES: Readonly<Record<Exchange, TickerRow>> = {
  binance: {
    baseUrl: 'https://api.binance.com',
    path: '/api/v3/ticker/bookTicker?symbol={symbol}',
    at: { bid: 'bidPrice', ask: 'askPrice', time: null },
  },
  okx: {
    baseUrl: 'https://www.okx.com',
    path: '/api/v5/market/ticker?instId={symbol}',
    at: { bid: 'data.0.bidPx', ask: 'data.0.askPx', time: 'data.0.ts' },
  },
}

/**
 * The best bid or ask of an exchange's order book now. Its provider id is the exchange's name.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function tickerRates(options: TickerOptions): Provider<{ readonly rates: RateSource }> {
  const { exchange, pairs, side = 'bid', clock, fetch } = options
  const row = Object.hasOwn(EXCHANGES, exchange) ? EXCHANGES[exchange] : undefined
  if (row === undefined) {
    const message = `options.exchange must be one of ${Object.keys(EXCHANGES).join(', ')}.`
    throw new ProviderError({ provider: 'ticker', kind: 'misconfigured', message })
  }
  return httpRates({
    id: exchange,
    clock,
    pairs,
    url: `${options.baseUrl ?? row.baseUrl}${row.path}`,
    path: row.at[side],
    ...(row.at.time === null ? {} : { observedAtPath: row.at.time, observedAtFormat: 'milliseconds' }),
    ...(fetch === undefined ? {} : { fetch }),
  })
}
