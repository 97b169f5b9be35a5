// Measures the ledger's write path beside pgbench, beside itself without group commit and, where its SQL is given,
// beside pgledger: in one run, interleaved, on a server with default durability.
//   npm run bench -- ledger [--json] [--peer-sql FILE] [--growth ENTRIES] [--repeats N] [--quick] [--postgres FOLDER]
// It starts the server that the distribution installed, where there is one, else the one from npm, which is compiled for
// size. `--postgres npm` takes that one, `--postgres FOLDER` any other.
//   npm run bench -- ledger --only group_1024_hot,single_64_hot    these alone, without a report
import { startPostgres } from '@lastro/testing/postgres'
import { measureEmbedded } from './ledger/embedded.ts'
import { measureGrowth, median } from './ledger/growth.ts'
import { installedServer } from './ledger/installed.ts'
import { installPeer } from './ledger/peer.ts'
import { yardstick } from './ledger/pgbench.ts'
import { type Figures, quickReport, writeReport } from './ledger/report.ts'
import { type Configuration, type RunResult, runOnce } from './ledger/runs.ts'
import { machine, makeTemplate } from './ledger/server.ts'

const CONFIGURATIONS: Readonly<Record<string, Configuration>> = {
  single_1_uniform: { path: 'single', processes: 1, concurrency: 1, accounts: 'uniform' },
  single_64_uniform: { path: 'single', processes: 1, concurrency: 64, accounts: 'uniform' },
  single_64_hot: { path: 'single', processes: 1, concurrency: 64, accounts: 'hot' },
  group_1_uniform: { path: 'group', processes: 1, concurrency: 1, accounts: 'uniform' },
  group_64_uniform: { path: 'group', processes: 1, concurrency: 64, accounts: 'uniform' },
  group_64_hot: { path: 'group', processes: 1, concurrency: 64, accounts: 'hot' },
  group_1024_uniform: { path: 'group', processes: 1, concurrency: 1024, accounts: 'uniform' },
  group_1024_hot: { path: 'group', processes: 1, concurrency: 1024, accounts: 'hot' },
  group_2x512_uniform: { path: 'group', processes: 2, concurrency: 1024, accounts: 'uniform' },
  group_2x512_hot: { path: 'group', processes: 2, concurrency: 1024, accounts: 'hot' },
}
const QUICK = ['single_64_hot', 'group_64_uniform', 'group_1024_hot', 'group_2x512_uniform']

const args = process.argv.slice(2)
const valueAfter = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined)
const options = {
  json: args.includes('--json'),
  quick: args.includes('--quick'),
  peerSql: valueAfter('--peer-sql'),
  entries: Number(valueAfter('--growth') ?? 1_000_000),
  repeats: Number(valueAfter('--repeats') ?? 3),
  only: valueAfter('--only')?.split(','),
  postgres: valueAfter('--postgres') ?? installedServer() ?? 'npm',
}
const say = (text: string) => process.stderr.write(`${text}\n`)

const server = await startPostgres(
  options.postgres === 'npm'
    ? {}
    : { binaries: { initdb: `${options.postgres}/initdb`, postgres: `${options.postgres}/postgres` } },
)
try {
  await makeTemplate(server.url)
  const runs = options.quick || options.only ? await quick() : await full()
  process.exitCode = runs.every(({ breaches }) => breaches.length === 0) ? 0 : 1
} finally {
  await server.stop()
}

/** A sample with the invariants and no comparison. */
async function quick(): Promise<readonly { readonly breaches: readonly string[] }[]> {
  const results: (RunResult & { readonly name: string })[] = []
  for (const name of options.only ?? QUICK)
    results.push({ name, ...(await once(name, options.only ? 3_000 : 1_000)) })
  quickReport(results, options)
  return results
}

async function full(): Promise<readonly { readonly breaches: readonly string[] }[]> {
  const started = performance.now()
  const yard = yardstick(server.url)
  await yard.prepare()
  const peer = options.peerSql === undefined ? null : await installPeer(server.url, options.peerSql)
  const samples: Record<string, RunResult[]> = {}
  const pgbench: Record<number, number[]> = { 1: [], 8: [], 32: [] }
  const peers = { uniform: [] as number[], hot: [] as number[] }
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    for (const clients of [1, 8, 32]) pgbench[clients]?.push(await yard.run(clients, 3))
    for (const name of Object.keys(CONFIGURATIONS)) {
      const result = await once(name, 3_000)
      samples[name] = [...(samples[name] ?? []), result]
    }
    for (const accounts of ['uniform', 'hot'] as const)
      if (peer) peers[accounts].push(await bestOf(peer, accounts))
    say(
      `round ${repeat + 1} of ${options.repeats} after ${Math.round((performance.now() - started) / 1000)} s`,
    )
  }
  const growth = await measureGrowth(server.url, {
    entries: options.entries,
    repeats: options.repeats,
    ms: 2_000,
    verifyAll: options.entries <= 10_000_000,
  })
  const embedded = await measureEmbedded(1_500)
  const figures: Figures = {
    at: new Date(),
    seconds: Math.round((performance.now() - started) / 1000),
    machine: await machine(server.url),
    yardstick: yard.name,
    pgbench: Object.fromEntries(Object.entries(pgbench).map(([clients, list]) => [clients, median(list)])),
    peer: peer ? { uniform: median(peers.uniform), hot: median(peers.hot) } : null,
    runs: Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, middle(list)])),
    configurations: CONFIGURATIONS,
    growth,
    embedded,
  }
  writeReport(figures, options)
  return [...Object.values(samples).flat(), growth.small, growth.big, embedded]
}

async function once(name: string, ms: number): Promise<RunResult> {
  const configuration = CONFIGURATIONS[name]
  if (configuration === undefined)
    throw new Error(`There is no ${name}: ${Object.keys(CONFIGURATIONS).join(', ')}`)
  const result = await runOnce(server.url, { configuration, ms, warmMs: 1_000 })
  const { perSecond, p50Ms, p99Ms, meanBatch, walBytes, breaches } = result
  say(
    `${name.padEnd(20)} ${perSecond.toFixed(0).padStart(7)}/s  p50 ${p50Ms.toFixed(2)}  p99 ${p99Ms.toFixed(2)} ms  ` +
      `batch ${meanBatch.toFixed(0)}  wal ${walBytes}  ${breaches.length === 0 ? 'ok' : breaches.join('; ')}`,
  )
  return result
}

async function bestOf(
  peer: Awaited<ReturnType<typeof installPeer>>,
  accounts: 'uniform' | 'hot',
): Promise<number> {
  const found: number[] = []
  for (const connections of [1, 8, 32]) found.push(await peer({ connections, accounts, ms: 2_000 }))
  return Math.max(...found)
}

/** Medians of each figure; a breach of any run stays. */
function middle(list: readonly RunResult[]): RunResult {
  const of = (pick: (result: RunResult) => number) => median(list.map(pick))
  return {
    perSecond: of((result) => result.perSecond),
    p50Ms: of((result) => result.p50Ms),
    p99Ms: of((result) => result.p99Ms),
    walBytes: of((result) => result.walBytes),
    meanBatch: of((result) => result.meanBatch),
    largestBatch: Math.max(...list.map((result) => result.largestBatch)),
    breaches: list.flatMap((result) => result.breaches),
  }
}
