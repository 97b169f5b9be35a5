// Measures the inbox: verification beside a bare HMAC and beside the senders' own packages, durable intake beside one
// delivery a commit, and the time until a delivery is applied. In one run, in turns, on a server with default durability.
//   npm run bench -- webhooks [--json] [--quick] [--rounds N]
import { startPostgres } from '@lastro/testing/postgres'
import { machine } from './ledger/server.ts'
import { type AppliedRun, measureApplied } from './webhooks/applied.ts'
import {
  barePath,
  drive,
  type IntakeRun,
  inboxPath,
  leanPath,
  makeDeliveries,
  type Path,
  samePath,
} from './webhooks/intake.ts'
import { type Figures, report } from './webhooks/report.ts'
import { makeTemplate, withCopy } from './webhooks/server.ts'
import { measureVerify } from './webhooks/verify.ts'

interface Configuration {
  readonly path: (url: string) => Path
  readonly callers: number
}

const onConnections = (path: (url: string, connections: number) => Path, connections: number) => ({
  path: (url: string) => path(url, connections),
  callers: connections,
})
const inbox = (callers: number): Configuration => ({ path: inboxPath, callers })

/** By name: whose name begins alike is compared by its best. */
const CONFIGURATIONS: Readonly<Record<string, Configuration>> = {
  inbox_1: inbox(1),
  inbox_64: inbox(64),
  inbox_256: inbox(256),
  inbox_1024: inbox(1_024),
  same_1: onConnections(samePath, 1),
  same_4: onConnections(samePath, 4),
  same_8: onConnections(samePath, 8),
  same_16: onConnections(samePath, 16),
  lean_1: onConnections(leanPath, 1),
  lean_4: onConnections(leanPath, 4),
  lean_8: onConnections(leanPath, 8),
  lean_16: onConnections(leanPath, 16),
  bare_1: onConnections(barePath, 1),
  bare_8: onConnections(barePath, 8),
  bare_16: onConnections(barePath, 16),
}
const QUICK = ['inbox_256', 'same_8', 'lean_8', 'bare_8']

const args = process.argv.slice(2)
const options = { json: args.includes('--json'), quick: args.includes('--quick') }
const rounds = options.quick ? 1 : Number(args.includes('--rounds') ? args[args.indexOf('--rounds') + 1] : 3)
const ms = options.quick ? 600 : 2_000
const say = (text: string) => process.stderr.write(`${text}\n`)
const started = performance.now()

const verify = await measureVerify(options.quick ? { rounds: 3, ms: 40 } : { rounds: 9, ms: 120 })
say(`verification after ${Math.round((performance.now() - started) / 1_000)} s`)
const server = await startPostgres()
try {
  await makeTemplate(server.url)
  const runs = await measureIntake()
  const applied = await measureTimes()
  const figures: Figures = {
    at: new Date(),
    seconds: Math.round((performance.now() - started) / 1_000),
    machine: await machine(server.url),
    verify,
    runs,
    applied,
  }
  report(figures, options)
} finally {
  await server.stop()
}

/** Every configuration in every round, in turning order; of each figure the median. */
async function measureIntake(): Promise<Readonly<Record<string, IntakeRun>>> {
  const names = options.quick ? QUICK : Object.keys(CONFIGURATIONS)
  const samples: Record<string, IntakeRun[]> = {}
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed())
      samples[name] = [...(samples[name] ?? []), await once(name)]
    say(`round ${round + 1} of ${rounds} after ${Math.round((performance.now() - started) / 1_000)} s`)
  }
  return Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, middle(list)]))
}

async function once(name: string): Promise<IntakeRun> {
  const configuration = CONFIGURATIONS[name]
  if (configuration === undefined) throw new Error(`There is no ${name}.`)
  const { path, callers } = configuration
  // Signed anew: a delivery is taken for five minutes only.
  const deliveries = makeDeliveries(name.startsWith('inbox') ? 100_000 : 50_000)
  let made = 0
  const next = () => deliveries[made++]
  const run = await withCopy(server.url, async (url) => {
    const open = path(url)
    await drive(open, { next, callers, ms: ms / 4 })
    const result = await drive(open, { next, callers, ms })
    await open.close()
    return result
  })
  say(
    `${name.padEnd(11)} ${run.perSecond.toFixed(0).padStart(6)}/s  p50 ${run.p50Ms.toFixed(2)}  ` +
      `p99 ${run.p99Ms.toFixed(2)} ms  batch ${run.batch.toFixed(0)}`,
  )
  return run
}

async function measureTimes(): Promise<readonly AppliedRun[]> {
  const loads = options.quick
    ? [{ count: 100, perSecond: 200 }]
    : [
        { count: 500, perSecond: 100 },
        { count: 1_000, perSecond: 250 },
        { count: 2_000, perSecond: 0 },
      ]
  const runs: AppliedRun[] = []
  for (const load of loads) runs.push(await withCopy(server.url, (url) => measureApplied(url, load)))
  return runs
}

function middle(list: readonly IntakeRun[]): IntakeRun {
  const of = (pick: (run: IntakeRun) => number) =>
    list.map(pick).sort((left, right) => left - right)[Math.floor(list.length / 2)] ?? Number.NaN
  return {
    perSecond: of((run) => run.perSecond),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    batch: of((run) => run.batch),
  }
}
