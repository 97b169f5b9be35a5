/**
 * Sells 22 POL and 10 USDC for reais by Pix, on a chain and a bank of this machine. The answer to the second Pix is
 * lost after the money left: watch it be found instead of sent again.
 *
 * `npm run demo`, or `npm run demo -- --json` for one line of JSON at the end.
 */
import { Money } from '@lastro/core'
import { Listr } from 'listr2'
import { summarise, timeline, trialBalance } from './report.ts'
import { sell } from './sell.ts'
import { startWorld } from './world.ts'

const isJson = process.argv.includes('--json')
const startedAt = performance.now()
const print = (text: string) => (isJson ? process.stderr : process.stdout).write(`${text}\n`)

const world = await startWorld()
const started = Math.round(performance.now() - startedAt)
print(`Database, chain and bank are up (${started} ms). One worker runs.\n`)

const SALES = [
  {
    name: 'pol',
    give: Money.parse('22', 'POL.polygon/18'),
    pixKey: '52998224725',
    title: 'Sell 22 POL, nothing goes wrong',
    fault: null,
  },
  {
    name: 'usdc',
    give: Money.parse('10', 'USDC.polygon/6'),
    pixKey: '+5531999998888',
    title: "Sell 10 USDC, and Efí's answer is lost after the Pix was sent",
    fault: 'drop_after_effect',
  },
] as const

try {
  const tasks = SALES.map((sale) => ({
    title: sale.title,
    task: async (
      trades: { done: Awaited<ReturnType<typeof sell>>[] },
      task: { title: string; output: string },
    ) => {
      if (sale.fault !== null) world.bank.faults.next('pix.send', sale.fault)
      const states: string[] = []
      const tell = (state: string) => {
        states.push(state)
        task.output = states.join(' → ')
      }
      trades.done.push(await sell(world, { ...sale, tell }))
      task.title = `${sale.title}: ${states.join(' → ')}`
    },
  }))
  const renderer = process.stdout.isTTY && !isJson ? 'default' : isJson ? 'silent' : 'simple'
  const { done } = await new Listr(tasks, { ctx: { done: [] }, renderer }).run()

  for (const trade of done) print(`\n${timeline(await world.lastro.trades.explain(trade.id))}`)
  print(`\n${await trialBalance(world)}`)
  const summary = await summarise(world, { trades: done, startedAt })
  print(
    `\nPix at the bank: ${world.bank.sent.length}, each sent once: ${summary.pix.sentOnce ? 'yes' : 'NO'}. Books balanced: ${summary.ledger.balanced ? 'yes' : 'NO'}. Open holds: ${summary.ledger.openHolds}.`,
  )
  if (isJson) process.stdout.write(`${JSON.stringify(summary)}\n`)
  const isFine =
    summary.pix.sentOnce &&
    summary.ledger.balanced &&
    summary.ledger.openHolds === 0 &&
    done.length === SALES.length
  process.exitCode = isFine ? 0 : 1
} finally {
  await world.stop()
}
