import { type LedgerTransfer, transfersOfCause } from '../../books/ledger/index.ts'
import { LastroError } from '../../platform/errors/index.ts'
import type { Json, LoggedEvent } from '../../platform/events/index.ts'
import { Money } from '../../spec/index.ts'
import type { TradeWork } from './context.ts'
import type { Trade, TradeId } from './trade.ts'

/** One line of a trade's timeline. */
export interface TimelineEntry {
  readonly at: Date
  /** `transition` of a trade, payout, deposit or transfer; `call` to a provider; `webhook` from one; ledger `posting`. */
  readonly kind: 'transition' | 'call' | 'webhook' | 'posting'
  /** What happened: an event type such as `trade.funded`, or the kind of a ledger transfer. */
  readonly what: string
  /** The id of the thing it happened to. */
  readonly subject: string
  readonly facts: { readonly [key: string]: Json }
}

/** A trade and everything that happened to it, oldest first. */
export interface Explanation {
  readonly trade: Trade
  readonly timeline: readonly TimelineEntry[]
}

/** How many events of one trade are read at most: far more than any trade has. */
const EVENT_LIMIT = 1_000

/** Collects the whole history of a trade. @throws LastroError `not_found`. */
export async function explain(tx: TradeWork, id: TradeId): Promise<Explanation> {
  const trade = await tx.trades.get(id)
  if (trade === null) throw new LastroError('not_found', { kind: 'trade', id })
  const { items: events } = await tx.events.ofCorrelation({ correlation: id, limit: EVENT_LIMIT })
  const causes = new Set<string>([id, ...events.map((event) => event.subject)])
  const postings: LedgerTransfer[] = []
  for (const cause of causes) postings.push(...(await transfersOfCause(tx, cause)))
  const entries = [...events.map(fromEvent), ...postings.map(fromPosting)]
  // A stable sort: entries of one instant keep the order in which they were written, events before postings.
  return { trade, timeline: entries.sort((left, right) => left.at.getTime() - right.at.getTime()) }
}

function fromEvent(event: LoggedEvent): TimelineEntry {
  const kind = event.type.startsWith('webhook.') ? 'webhook' : 'call' in event.data ? 'call' : 'transition'
  return { at: event.at, kind, what: event.type, subject: event.subject, facts: event.data }
}

function fromPosting(transfer: LedgerTransfer): TimelineEntry {
  return {
    at: transfer.bookedAt,
    kind: 'posting',
    what: transfer.kind,
    subject: transfer.id,
    facts: {
      debit: transfer.debit.account,
      credit: transfer.credit.account,
      amount: Money.toJson(transfer.amount),
    },
  }
}
