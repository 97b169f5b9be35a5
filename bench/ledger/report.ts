/** Ratios, the line for programs, and the report for people. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/tree.ts'
import type { EmbeddedResult } from './embedded.ts'
import type { GrowthPoint } from './growth.ts'
import type { Configuration, RunResult } from './runs.ts'

/** Everything that a full run measured. */
export interface Figures {
  readonly at: Date
  readonly seconds: number
  readonly machine: Readonly<Record<string, string | number>>
  readonly yardstick: string
  /** Transactions a second, by clients. */
  readonly pgbench: Readonly<Record<string, number>>
  readonly peer: { readonly uniform: number; readonly hot: number } | null
  readonly configurations: Readonly<Record<string, Configuration>>
  readonly runs: Readonly<Record<string, RunResult>>
  readonly growth: { readonly small: GrowthPoint; readonly big: GrowthPoint; readonly fillSeconds: number }
  readonly embedded: { readonly results: readonly EmbeddedResult[]; readonly breaches: readonly string[] }
}

/** What each ratio should be, and in words. */
const GOALS = {
  hot_vs_pgbench_simple: ['>=', 6, 'hot account, 1,024 callers, against the best of pgbench'],
  uniform_vs_pgbench_simple: ['>=', 5, 'uniform, 1,024 callers, against the same'],
  hot_vs_one_per_commit: ['>=', 12, 'hot, against one a commit, 64 callers on 16 connections'],
  uniform_vs_one_per_commit: ['>=', 2.5, 'uniform, against the same'],
  hot_vs_peer: ['>=', 30, 'hot, against the best of pgledger'],
  uniform_vs_peer: ['>=', 12, 'uniform, against the same'],
  lone_latency_vs_one_per_commit: ['<=', 1.4, 'latency of a lone call, against one a commit'],
  two_processes_vs_one: ['>=', 1, 'two processes against one, uniform and hot together'],
  growth: ['<=', 1.3, 'the dearest of posting, balance and statement page, big ledger against small'],
  p99_vs_p50_at_64: ['<=', 3, 'p99 against p50 with 64 callers, the worse of uniform and hot'],
} as const

type Ratios = Record<keyof typeof GOALS, number | null>

const rounded = (value: number | null) => (value === null ? null : Number(value.toFixed(2)))

/** The ratios of a full run. */
export function ratiosOf({ pgbench, peer, runs, growth }: Figures): Ratios {
  const speed = (name: string) => runs[name]?.perSecond ?? Number.NaN
  const best = Math.max(...Object.values(pgbench))
  const tail = (name: string) => (runs[name]?.p99Ms ?? Number.NaN) / (runs[name]?.p50Ms ?? Number.NaN)
  const { small, big } = growth
  return {
    hot_vs_pgbench_simple: speed('group_1024_hot') / best,
    uniform_vs_pgbench_simple: speed('group_1024_uniform') / best,
    hot_vs_one_per_commit: speed('group_1024_hot') / speed('single_64_hot'),
    uniform_vs_one_per_commit: speed('group_1024_uniform') / speed('single_64_uniform'),
    hot_vs_peer: peer === null ? null : speed('group_1024_hot') / peer.hot,
    uniform_vs_peer: peer === null ? null : speed('group_1024_uniform') / peer.uniform,
    lone_latency_vs_one_per_commit:
      (runs.group_1_uniform?.p50Ms ?? Number.NaN) / (runs.single_1_uniform?.p50Ms ?? Number.NaN),
    two_processes_vs_one:
      (speed('group_2x512_uniform') + speed('group_2x512_hot')) /
      (speed('group_1024_uniform') + speed('group_1024_hot')),
    growth: Math.max(
      small.perSecond / big.perSecond,
      big.balanceMs / small.balanceMs,
      big.statementMs / small.statementMs,
    ),
    p99_vs_p50_at_64: Math.max(tail('group_64_uniform'), tail('group_64_hot')),
  }
}

function resultsOf(figures: Figures) {
  return Object.entries(figures.runs).map(([name, { breaches: _, ...run }]) => ({
    name,
    ...figures.configurations[name],
    ...run,
  }))
}

/** Says what a quick run found. */
export function quickReport(
  results: readonly (RunResult & { readonly name: string })[],
  { json }: { readonly json: boolean },
): void {
  const breaches = results.flatMap((result) => result.breaches)
  const invariants = { ok: breaches.length === 0, breaches }
  const ratios = Object.fromEntries(Object.keys(GOALS).map((name) => [name, null]))
  if (json) console.log(JSON.stringify({ bench: 'ledger', ratios, invariants, results }))
  else console.log(invariants.ok ? 'The books are right.' : breaches.join('\n'))
}

/** Writes `bench/results/ledger-<date>-postgres-<major>.{json,md}` and prints the report, or one line of JSON. */
export function writeReport(figures: Figures, { json }: { readonly json: boolean }): void {
  const raw = ratiosOf(figures)
  const ratios = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, rounded(value)]))
  const { growth, embedded } = figures
  const breaches = [
    ...Object.values(figures.runs).flatMap((run) => run.breaches),
    ...growth.small.breaches,
    ...growth.big.breaches,
    ...embedded.breaches,
  ]
  const invariants = { ok: breaches.length === 0, breaches }
  const line = { bench: 'ledger', ratios, invariants, results: resultsOf(figures) }
  const { machine, yardstick, pgbench, peer, seconds } = figures
  const whole = {
    ...line,
    at: figures.at,
    seconds,
    machine,
    yardstick,
    pgbench,
    peer,
    growth,
    embedded: embedded.results,
  }
  const folder = join(root, 'bench/results')
  const major = String(machine.postgres).split('.')[0]
  const name = join(folder, `ledger-${figures.at.toISOString().slice(0, 10)}-postgres-${major}`)
  const text = reportText(figures, { raw, ok: invariants.ok })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${name}.json`, `${JSON.stringify(whole, null, 2)}\n`)
  writeFileSync(`${name}.md`, text)
  console.log(json ? JSON.stringify(line) : text)
}

function reportText(figures: Figures, { raw, ok }: { readonly raw: Ratios; readonly ok: boolean }): string {
  const { machine, yardstick, pgbench, peer, runs, growth, embedded, seconds } = figures
  const whole = (value: number) => Math.round(value).toLocaleString('en-US')
  const goals = Object.entries(GOALS).map(([name, [sign, goal, words]]) => {
    const value = raw[name as keyof Ratios]
    const met =
      value === null ? 'not run' : (sign === '>=' ? value >= goal : value <= goal) ? 'yes' : '**no**'
    return `| ${words} | ${value === null ? '-' : value.toFixed(2)} | ${sign} ${goal} | ${met} |`
  })
  const rows = Object.entries(runs).map(
    ([name, run]) =>
      `| ${name} | ${whole(run.perSecond)} | ${run.p50Ms.toFixed(2)} / ${run.p99Ms.toFixed(2)} | ` +
      `${run.meanBatch.toFixed(0)} (${run.largestBatch}) | ${run.walBytes} |`,
  )
  const sizes = [growth.small, growth.big].map(
    (point) =>
      `| ${whole(point.entries)} | ${whole(point.perSecond)} | ${point.balanceMs.toFixed(3)} | ${point.statementMs.toFixed(3)} |`,
  )
  const pglite = embedded.results.map(
    (run) =>
      `| ${run.path}, ${run.accounts} | ${run.concurrency} | ${whole(run.count / run.seconds)} | ` +
      `${run.p50Ms.toFixed(2)} / ${run.p99Ms.toFixed(2)} |`,
  )
  return `# Ledger benchmark, ${figures.at.toISOString()}

${Object.entries(machine)
  .map(([name, value]) => `${name}: ${value}`)
  .join(
    ', ',
  )}. The run took ${seconds} s. Medians of three, interleaved, each on a fresh database of 1,000 accounts.
The invariants ${ok ? 'hold after every run: sums are zero, balances equal transfers, every id is there exactly once' : '**were broken**'}.

| Ratio | Measured | Goal | Met |
|---|--:|--:|---|
${goals.join('\n')}

${yardstick}: ${Object.entries(pgbench)
    .map(([clients, tps]) => `${clients} clients ${whole(tps)}/s`)
    .join(', ')}.
${peer === null ? '' : `pgledger, best of 1, 8 and 32 connections: uniform ${whole(peer.uniform)}/s, hot ${whole(peer.hot)}/s.\n`}
| Path, callers, accounts | transfers/s | p50 / p99 ms | batch, mean (largest) | WAL bytes each |
|---|--:|--:|--:|--:|
${rows.join('\n')}

\`group\` is \`ledger.post\`, as a host calls it. \`single\` is the same statement for one transfer, each its own commit.

| Entries | posting, transfers/s | balance, ms | statement page of 10, ms |
|--:|--:|--:|--:|
${sizes.join('\n')}

PGlite, in one process and without a flush to disk:

| Path, accounts | callers | transfers/s | p50 / p99 ms |
|---|--:|--:|--:|
${pglite.join('\n')}
`
}
