import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { once } from '../../platform/idempotency/index.ts'
import { boundedText, idempotencyKeySchema, parseInput, refuse } from '../../platform/input.ts'
import { destinationSchema } from '../../rails/payouts/index.ts'
import type { ChainProvider, Destination } from '../../spec/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { assignAddress, expireTrade } from './jobs.ts'
import type { Quote, QuoteId } from './quote.ts'
import { note, step } from './step.ts'
import type { Trade, TradeId } from './trade.ts'

const schema = z.strictObject({
  quoteId: z.custom<QuoteId>((value) => typeof value === 'string' && value.startsWith('quo_'), {
    error: 'must be the id of a quote',
  }),
  payout: z.strictObject({ provider: boundedText(64), destination: destinationSchema }),
  refundAddress: boundedText(128).optional(),
  reference: boundedText(128).optional(),
  idempotencyKey: idempotencyKeySchema,
})

/** What a trade is made of. */
export interface CreateTrade {
  readonly quoteId: QuoteId
  /** Who pays the money out, and where to. */
  readonly payout: { readonly provider: string; readonly destination: Destination }
  /** Where the crypto goes back to if the sale cannot be done. Without it, such a trade waits for you to give one. */
  readonly refundAddress?: string
  /** Your own name for it. */
  readonly reference?: string
  readonly idempotencyKey: string
}

/**
 * Accepts a quote inside the caller's transaction: the trade, its deposit address, its expiry.
 * @throws LastroError `invalid_input`, `not_found`, `quote_expired`, `quote_used`, `idempotency_key_reused`.
 */
export function createTrade<T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  input: CreateTrade,
): Promise<Trade> {
  const { idempotencyKey: key, ...body } = parseInput(schema, input)
  const at = deps.clock.now()
  return once(tx, { operation: 'trades.create', key, body, at }, async () => {
    const quote = await usableQuote(tx, { id: input.quoteId, at })
    deps.payouts.check({ ...input.payout, amount: quote.receive }, { at: 'payout.' })
    const refundAddress = checkRefundAddress(deps.chains[quote.chain], input.refundAddress)
    const id: TradeId = deps.ids.next('trd')
    await tx.trades.useQuote({ id: quote.id, tradeId: id })
    const trade: Trade = {
      id,
      quoteId: quote.id,
      state: 'quoted',
      chain: quote.chain,
      give: quote.give,
      receive: quote.receive,
      payoutProvider: input.payout.provider,
      destination: input.payout.destination,
      refundAddress,
      reference: input.reference ?? null,
      depositAddress: null,
      depositId: null,
      deposited: null,
      mismatch: null,
      payoutId: null,
      payoutCount: 0,
      refundId: null,
      refundCount: 0,
      createdAt: at,
      updatedAt: at,
      expiresAt: quote.expiresAt,
      version: 1,
    }
    await tx.trades.insert(trade)
    await note(deps, tx, { trade, what: 'quoted', facts: { quote: quote.id, rateSource: quote.rateSource } })
    await tx.jobs.enqueue(expireTrade, { tradeId: id }, { runAt: trade.expiresAt })
    const assigned = await assign(deps, tx, trade)
    if (assigned.state === 'quoted') await tx.jobs.enqueue(assignAddress, { tradeId: id })
    return assigned
  })
}

/** Gives the trade a free deposit address, or leaves it as it is when there is none. */
export async function assign<T extends TradeWork>(deps: TradeDeps<T>, tx: T, trade: Trade): Promise<Trade> {
  const free = await deps.onchain.takeAddress(tx, { provider: trade.chain, owner: trade.id })
  if (free === null) return trade
  return step(deps, tx, {
    trade,
    event: 'assign',
    set: { depositAddress: free.address },
    facts: { depositAddress: free.address },
  })
}

async function usableQuote(tx: TradeWork, wanted: { id: QuoteId; at: Date }): Promise<Quote> {
  const quote = await tx.trades.lockQuote(wanted.id)
  if (quote === null) throw new LastroError('not_found', { kind: 'quote', id: wanted.id })
  if (quote.tradeId !== null)
    throw new LastroError('quote_used', { quoteId: quote.id, tradeId: quote.tradeId })
  if (quote.expiresAt.getTime() <= wanted.at.getTime()) {
    throw new LastroError('quote_expired', { quoteId: quote.id, expiredAt: quote.expiresAt.toISOString() })
  }
  return quote
}

/** The address in its normal form. @throws LastroError `invalid_input` naming the rule, never the value. */
export function checkRefundAddress(
  chain: ChainProvider | undefined,
  address: string | undefined,
): string | null {
  if (address === undefined) return null
  const parsed = chain?.parseAddress(address)
  if (parsed?.ok === true) return parsed.address
  return refuse(
    'refundAddress',
    `is no address that can be paid: ${parsed?.ok === false ? parsed.rule : 'chain is not configured'}`,
  )
}
