/**
 * Sells 22 POL and 10 USDC for reais by Pix, on a chain and a bank of this machine. The answer to the second Pix is
 * lost after the money left, and so is its webhook: watch it be found by asking instead of sent again.
 *
 * `npm run demo`, or `npm run demo -- --json` for one line of JSON at the end.
 */
import { Money, type Trade } from '@lastro/core'
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

const SALES: readonly { name: string; give: Money; pixKey: string; title: string; isUnlucky: boolean }[] = [
  {
    name: 'pol',
    give: Money.parse('22', 'POL.polygon/18'),
    pixKey: '52998224725',
    title: 'Sell 22 POL, and nothing goes wrong',
    isUnlucky: false,
  },
  {
    name: 'usdc',
    give: Money.parse('10', 'USDC.polygon/6'),
    pixKey: '+5531999998888',
    title: "Sell 10 USDC: Efí's answer is lost after the Pix was sent, and its webhook too",
    isUnlucky: true,
  },
]

try {
  const done: Trade[] = []
  const tasks = SALES.map((sale) => ({
    title: sale.title,
    task: async (_: unknown, task: { output: string; title: string }) => {
      if (sale.isUnlucky) {
        world.bank.faults.next('pix.send', 'drop_after_effect')
        world.bank.faults.next('webhook.deliver', 'lost_webhook')
      }
      const states: string[] = []
      const tell = (state: string) => {
        states.push(state)
        task.output = states.join(' → ')
      }
      done.push(await sell(world, { ...sale, tell }))
      task.title = `${sale.title}: ${states.join(' → ')}`
    },
  }))
  const renderer = isJson ? 'silent' : process.stdout.isTTY ? 'default' : 'simple'
  await new Listr(tasks, { renderer }).run()

  for (const { id } of done) print(`\n${timeline(await world.lastro.trades.explain(id))}`)
  print(`\n${await trialBalance(world)}`)
  const summary = await summarise(world, { trades: done, startedAt })
  const { pix, ledger } = summary
  print(`\nPix at the bank: ${world.bank.sent.length}, each sent once: ${pix.sentOnce ? 'yes' : 'NO'}.`)
  print(`Books balanced: ${ledger.balanced ? 'yes' : 'NO'}. Open holds: ${ledger.openHolds}.`)
  if (isJson) process.stdout.write(`${JSON.stringify(summary)}\n`)
  const isCompleted = done.length === SALES.length && done.every(({ state }) => state === 'completed')
  process.exitCode = isCompleted && pix.sentOnce && ledger.balanced && ledger.openHolds === 0 ? 0 : 1
} finally {
  await world.stop()
}
