import { LastroError } from '../../platform/errors/index.ts'
import type { Json } from '../../platform/events/index.ts'
import { type EventOf, move } from '../../platform/machine/index.ts'
import type { TradeDeps, TradeWork } from './context.ts'
import { type Trade, type TradeId, tradeMachine } from './trade.ts'

/** What a step changes beside the state. */
export type TradeChanges = Partial<
  Pick<
    Trade,
    | 'receive'
    | 'payoutProvider'
    | 'destination'
    | 'refundAddress'
    | 'depositAddress'
    | 'depositId'
    | 'deposited'
    | 'mismatch'
    | 'payoutId'
    | 'payoutCount'
    | 'refundId'
    | 'refundCount'
  >
>

/** One step of a trade: state and event in one commit. */
export async function step<T extends TradeWork>(
  deps: Pick<TradeDeps<T>, 'clock'>,
  tx: T,
  change: {
    readonly trade: Trade
    readonly event: EventOf<typeof tradeMachine>
    readonly set?: TradeChanges
    readonly facts?: { readonly [key: string]: Json }
  },
): Promise<Trade> {
  const { trade, event, set = {}, facts = {} } = change
  const at = deps.clock.now()
  const moved: Trade = {
    ...trade,
    ...set,
    state: move(tradeMachine, trade, event),
    updatedAt: at,
    version: trade.version + 1,
  }
  await tx.trades.update(moved)
  await note(deps, tx, { trade: moved, what: moved.state, facts: { from: trade.state, by: event, ...facts } })
  return moved
}

/** A line in the trade's history that changes no state. */
export async function note<T extends TradeWork>(
  deps: Pick<TradeDeps<T>, 'clock'>,
  tx: T,
  line: { readonly trade: Trade; readonly what: string; readonly facts?: { readonly [key: string]: Json } },
): Promise<void> {
  const { trade, what, facts = {} } = line
  await tx.events.append({
    type: `trade.${what}`,
    subject: trade.id,
    correlation: trade.id,
    data: facts,
    at: deps.clock.now(),
  })
}

/** The trade, its row held. @throws LastroError `not_found`. */
export async function lockTrade(tx: TradeWork, id: TradeId): Promise<Trade> {
  const trade = await tx.trades.lock(id)
  if (trade === null) throw new LastroError('not_found', { kind: 'trade', id })
  return trade
}
