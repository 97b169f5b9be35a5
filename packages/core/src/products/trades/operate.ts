import { z } from 'zod'
import { once } from '../../platform/idempotency/index.ts'
import { boundedText, idempotencyKeySchema, parseInput, refuse } from '../../platform/input.ts'
import { type CreatePayout, destinationSchema } from '../../rails/payouts/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { checkRefundAddress } from './create-trade.ts'
import { fund, pay } from './fund.ts'
import { requoteTrade } from './jobs.ts'
import { priceGive } from './quote.ts'
import { refund } from './refund.ts'
import { lockTrade, note } from './step.ts'
import type { Trade, TradeId } from './trade.ts'

/** Sends the deposit back, to the trade's refund address or to the one given now. */
export interface RefundTrade {
  readonly id: TradeId
  readonly refundAddress?: string
  readonly idempotencyKey: string
}

/** Tries the payout of a trade again, as a new intent: the one before has ended without money moving, or came back. */
export interface RetryPayout {
  readonly id: TradeId
  readonly destination?: CreatePayout['destination']
  readonly provider?: string
  readonly idempotencyKey: string
}

/** Accepts a deposit that is not what was quoted: for what came at the quoted rate, or at the rate of now. */
export interface AcceptMismatch {
  readonly id: TradeId
  readonly as: 'prorate' | 'requote'
  readonly idempotencyKey: string
}

const id = z.custom<TradeId>((value) => typeof value === 'string' && value.startsWith('trd_'), {
  error: 'must be the id of a trade',
})
const idempotencyKey = idempotencyKeySchema
const text = boundedText(128)
const refundSchema = z.strictObject({ id, idempotencyKey, refundAddress: text.optional() })
const retrySchema = z.strictObject({
  id,
  idempotencyKey,
  destination: destinationSchema.optional(),
  provider: text.optional(),
})
const acceptSchema = z.strictObject({
  id,
  idempotencyKey,
  as: z.enum(['prorate', 'requote'], { error: 'must be prorate or requote' }),
})

interface Operation<I extends { readonly id: TradeId; readonly idempotencyKey: string }> {
  readonly name: string
  readonly schema: z.ZodType
  act<T extends TradeWork>(
    deps: TradeDeps<T>,
    tx: T,
    about: { readonly trade: Trade; readonly input: I },
  ): Promise<Trade>
}

/** Runs an operator's write once for its key: an answer that was lost may be asked for again. */
async function operate<
  T extends TradeWork,
  I extends { readonly id: TradeId; readonly idempotencyKey: string },
>(
  deps: TradeDeps<T>,
  tx: T,
  { operation, input }: { readonly operation: Operation<I>; readonly input: I },
): Promise<Trade> {
  parseInput(operation.schema, input)
  const { idempotencyKey: key, ...body } = input
  return once(tx, { operation: operation.name, key, body, at: deps.clock.now() }, async () =>
    operation.act(deps, tx, { trade: await lockTrade(tx, input.id), input }),
  )
}

const refundOperation: Operation<RefundTrade> = {
  name: 'trades.refund',
  schema: refundSchema,
  async act(deps, tx, { trade, input }) {
    const given = checkRefundAddress(deps.chains[trade.chain], input.refundAddress)
    const refundAddress = given ?? trade.refundAddress
    if (refundAddress === null) refuse('refundAddress', 'is required: the trade has none')
    return refund(deps, tx, { trade: { ...trade, refundAddress }, why: 'asked for by an operator' })
  },
}

const retryOperation: Operation<RetryPayout> = {
  name: 'trades.retryPayout',
  schema: retrySchema,
  async act(deps, tx, { trade, input }) {
    const destination = input.destination ?? trade.destination
    const payoutProvider = input.provider ?? trade.payoutProvider
    deps.payouts.check({ provider: payoutProvider, amount: trade.receive, destination })
    return pay(deps, tx, { ...trade, destination, payoutProvider })
  },
}

const acceptOperation: Operation<AcceptMismatch> = {
  name: 'trades.accept',
  schema: acceptSchema,
  async act(deps, tx, { trade, input }) {
    if (trade.deposited === null || trade.state !== 'mismatched')
      refuse('id', `is a trade in state ${trade.state}, not mismatched`)
    if (trade.mismatch === 'wrong_asset')
      refuse('as', 'cannot be used: another asset came, so the trade can only be refunded')
    if (input.as === 'requote') {
      await tx.jobs.enqueue(requoteTrade, { tradeId: trade.id })
      await note(deps, tx, { trade, what: 'requote_asked' })
      return trade
    }
    const quote = await tx.trades.getQuote(trade.quoteId)
    if (quote === null) throw new Error(`trade ${trade.id} has no quote ${trade.quoteId}`)
    const price = priceGive(trade.deposited, { rate: quote.rate, fees: quote })
    if (price.receive.amount <= 0n) refuse('as', 'cannot be used: nothing would be left to receive')
    return fund(deps, tx, { trade, price, why: 'accepted by an operator at the quoted rate' })
  },
}

/** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`, `idempotency_key_reused`. */
export const refundTrade = <T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  input: RefundTrade,
): Promise<Trade> => operate(deps, tx, { operation: refundOperation, input })

/** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`, `provider_missing`, `idempotency_key_reused`. */
export const retryPayout = <T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  input: RetryPayout,
): Promise<Trade> => operate(deps, tx, { operation: retryOperation, input })

/** @throws LastroError `not_found`, `illegal_transition`, `invalid_input`, `idempotency_key_reused`. */
export const acceptMismatch = <T extends TradeWork>(
  deps: TradeDeps<T>,
  tx: T,
  input: AcceptMismatch,
): Promise<Trade> => operate(deps, tx, { operation: acceptOperation, input })
