/** One sale, from the quote to the last event. */
import type { Money, Trade } from '@lastro/core'
import type { World } from './world.ts'

const DEADLINE_MS = 60_000

/** Sells crypto for reais; tells each state on the way. */
export async function sell(
  world: World,
  sale: { name: string; give: Money; pixKey: string; tell: (line: string) => void },
): Promise<Trade> {
  const { lastro } = world
  const quote = await lastro.quotes.create({
    chain: 'polygon',
    give: sale.give,
    idempotencyKey: `${sale.name}:quote`,
  })
  const { id } = await lastro.trades.create({
    quoteId: quote.id,
    payout: { provider: 'efi', destination: { kind: 'pix_key', key: sale.pixKey } },
    idempotencyKey: `${sale.name}:trade`,
  })
  let told = ''
  let isPaid = false
  const started = performance.now()
  for (;;) {
    const trade = await lastro.trades.get(id)
    if (trade.state !== told) sale.tell(trade.state)
    told = trade.state
    if (trade.depositAddress !== null && !isPaid) {
      isPaid = true
      await world.pay({ to: trade.depositAddress, amount: trade.give })
    }
    if (trade.state === 'confirming' || trade.state === 'awaiting_deposit') await world.mine()
    if (trade.state === 'completed') return trade
    if (performance.now() - started > DEADLINE_MS) throw new Error(`${sale.name}: still ${trade.state}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
