/** What the demo shows at the end. */
import { type Explanation, Money, type MoneyJson, type Trade } from '@lastro/core'
import type { World } from './world.ts'

/** One trade of the closing line. */
export interface TradeLine {
  readonly id: string
  readonly state: string
  readonly fiat: string
  readonly crypto: string
  /** How many times the provider was called to send the Pix. */
  readonly attempts: number
}

/** What `--json` prints on its last line. */
export interface Summary {
  readonly trades: readonly TradeLine[]
  readonly ledger: { readonly balanced: boolean; readonly openHolds: number }
  readonly pix: { readonly sentOnce: boolean }
  readonly elapsedMs: number
}

const show = (money: Money) => `${Money.format(money)} ${money.asset.split(/[./]/)[0]}`

/** Asks the engine and, as a witness that is not the engine, the bank. */
export async function summarise(
  world: World,
  run: { trades: readonly Trade[]; startedAt: number },
): Promise<Summary> {
  const { lastro, bank } = world
  const trades: TradeLine[] = []
  for (const trade of run.trades) {
    const [payout] = (await lastro.payouts.list({ correlation: trade.id })).items
    const { id, state } = trade
    trades.push({
      id,
      state,
      fiat: show(trade.receive),
      crypto: show(trade.give),
      attempts: payout?.attempts ?? 0,
    })
  }
  const rows = await lastro.ledger.trialBalance()
  const breaches = await lastro.ledger.verify()
  const isEven = rows.every((row) => row.debitsPosted.amount === row.creditsPosted.amount)
  // Every movement of the bank's own account is one Pix, and there is exactly one for each trade.
  const moved = bank.movements.filter((movement) => movement.amount < 0n)
  const paid = run.trades.map((trade) => trade.receive.amount).sort()
  const sentOnce =
    moved.length === paid.length &&
    moved
      .map((movement) => -movement.amount)
      .sort()
      .join() === paid.join()
  return {
    trades,
    ledger: { balanced: isEven && breaches.length === 0, openHolds: await countOpenHolds(world) },
    pix: { sentOnce },
    elapsedMs: Math.round(performance.now() - run.startedAt),
  }
}

/** Reads the whole journal: every hold must have been posted or voided. */
async function countOpenHolds({ lastro }: World): Promise<number> {
  let count = 0
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: Awaited<ReturnType<typeof lastro.ledger.transfers.list>> = await lastro.ledger.transfers.list(
      { cursor, limit: 200 },
    )
    count += page.items.filter((transfer) => transfer.holdState === 'open').length
    cursor = page.nextCursor
  }
  return count
}

/** A trade's timeline as text. */
export function timeline({ trade, timeline: entries }: Explanation): string {
  const lines = entries.map(({ at, kind, what, facts }) => {
    const shown = Object.entries(facts).flatMap(([name, value]) => {
      const text = isMoney(value)
        ? show(Money.fromJson(value))
        : typeof value === 'object'
          ? null
          : String(value)
      return text === null ? [] : [`${name}=${text}`]
    })
    const line = `${at.toISOString().slice(11, 23)}  ${kind.padEnd(10)}  ${what.padEnd(22)}  ${shown.join(' ')}`
    return `  ${line.slice(0, 160)}`
  })
  const head = `Trade ${trade.id}: ${show(trade.give)} for ${show(trade.receive)}, ${trade.state}`
  return [head, ...lines].join('\n')
}

function isMoney(value: unknown): value is MoneyJson {
  return typeof value === 'object' && value !== null && 'amount' in value && 'asset' in value
}

/** The trial balance as text: every account, then the sums by asset. */
export async function trialBalance(world: World): Promise<string> {
  const { items: accounts } = await world.lastro.ledger.accounts.list({ limit: 100 })
  const rows = await world.lastro.ledger.trialBalance()
  return [
    'Trial balance',
    ...accounts.map(
      ({ id, normalSide, balance }) =>
        `  ${id.padEnd(44)} ${normalSide.padEnd(6)} ${Money.format(balance.posted).padStart(26)}`,
    ),
    ...rows.map(
      (row) =>
        `  sum ${row.asset.padEnd(20)} debits ${Money.format(row.debitsPosted)} = credits ${Money.format(row.creditsPosted)}`,
    ),
  ].join('\n')
}
