import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { once } from '../../platform/idempotency/index.ts'
import {
  assetSchema,
  idempotencyKeySchema,
  parseInput,
  positiveMoneySchema,
  refuse,
} from '../../platform/input.ts'
import type { WriteOptions } from '../../platform/storage/index.ts'
import type { AssetId, Money } from '../../spec/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { type Price, priceGive, priceReceive, type Quote } from './quote.ts'

const SPREAD_BPS = 300
const NETWORK_FEE_BPS = 25
const QUOTE_MS = 900_000
const RECEIVE_ASSET: AssetId = 'BRL/2'

const chain = z.string({ error: 'is required: the name of a chain provider' }).min(1, 'must not be empty')
const schema = z.union(
  [
    z.strictObject({
      chain,
      give: positiveMoneySchema,
      receiveAsset: assetSchema.optional(),
      idempotencyKey: idempotencyKeySchema,
    }),
    z.strictObject({
      chain,
      receive: positiveMoneySchema,
      giveAsset: assetSchema,
      idempotencyKey: idempotencyKeySchema,
    }),
  ],
  {
    error:
      'must name what is given ({ give }) or what is received ({ receive, giveAsset }), as positive money',
  },
)

/** What to quote: from what the customer gives, or from what the customer wants to receive. */
export type CreateQuote = {
  /** The name of the chain provider where the crypto will arrive. */
  readonly chain: string
  readonly idempotencyKey: string
} & (
  | { readonly give: Money; readonly receiveAsset?: AssetId }
  | { readonly receive: Money; readonly giveAsset: AssetId }
)

/** The terms that quotes are made on, with defaults filled in. */
export function termsOf(deps: Pick<TradeDeps, 'options'>) {
  const {
    spreadBps = SPREAD_BPS,
    networkFeeBps = NETWORK_FEE_BPS,
    quoteMs = QUOTE_MS,
    receiveAsset = RECEIVE_ASSET,
  } = deps.options ?? {}
  return { fees: { spreadBps, networkFeeBps }, quoteMs, receiveAsset }
}

/**
 * Makes a quote. The rate is asked for before the transaction; with `{ tx }` the stored one is used.
 * @throws LastroError `invalid_input`, `provider_missing`, `rate_unavailable`, `idempotency_key_reused`.
 */
export async function createQuote<T extends TradeWork>(
  deps: TradeDeps<T>,
  input: CreateQuote,
  options: WriteOptions = {},
): Promise<Quote> {
  const { idempotencyKey: key, ...body } = parseInput(schema, pick(input))
  const terms = termsOf(deps)
  const giveAsset = 'give' in body ? body.give.asset : body.giveAsset
  const receiveAsset = 'give' in body ? (body.receiveAsset ?? terms.receiveAsset) : body.receive.asset
  checkChain(deps, { chain: body.chain, giveAsset })
  const told = await deps.rates.get({ base: giveAsset, quote: receiveAsset }, options)
  const price =
    'give' in body
      ? priceGive(body.give, { rate: told.rate, fees: terms.fees })
      : priceReceive(body.receive, { asset: giveAsset, rate: told.rate, fees: terms.fees })
  checkPrice(price, 'give' in body ? 'give.amount' : 'receive.amount')
  return deps.storage.transaction(async (tx) => {
    const at = deps.clock.now()
    return once(tx, { operation: 'quotes.create', key, body, at }, async () => {
      const quote: Quote = {
        id: deps.ids.next('quo'),
        chain: body.chain,
        ...price,
        ...terms.fees,
        rate: told.rate,
        rateSource: told.source,
        rateObservedAt: told.observedAt,
        createdAt: at,
        expiresAt: new Date(at.getTime() + terms.quoteMs),
        tradeId: null,
      }
      await tx.trades.insertQuote(quote)
      return quote
    })
  }, options)
}

/** Says which of the two forms was meant, so that the error names the field and not the union. */
function pick(input: CreateQuote): CreateQuote {
  if (typeof input !== 'object' || input === null) refuse('input', 'must be an object')
  if ('give' in input && 'receive' in input) refuse('receive', 'must not be given together with give')
  if ('give' in input) parseInput(positiveMoneySchema, input.give, { at: 'give' })
  if ('receive' in input) {
    parseInput(positiveMoneySchema, input.receive, { at: 'receive' })
    parseInput(assetSchema, input.giveAsset, { at: 'giveAsset' })
  }
  parseInput(chain, input.chain, { at: 'chain' })
  parseInput(idempotencyKeySchema, input.idempotencyKey, { at: 'idempotencyKey' })
  return input
}

function checkChain(deps: Pick<TradeDeps, 'chains'>, asked: { chain: string; giveAsset: AssetId }): void {
  const provider = Object.hasOwn(deps.chains, asked.chain) ? deps.chains[asked.chain] : undefined
  if (provider === undefined)
    throw new LastroError('provider_missing', { provider: asked.chain, port: 'chain' })
  if (!provider.assets.includes(asked.giveAsset)) {
    refuse(
      'give.asset',
      `${asked.chain} does not take ${asked.giveAsset}, only ${provider.assets.join(', ')}`,
    )
  }
}

function checkPrice(price: Price, field: string): void {
  if (price.receive.amount <= 0n) refuse(field, 'is too small: nothing would be left to receive')
}
