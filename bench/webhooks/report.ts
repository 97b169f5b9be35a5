/** Ratios, the line for programs, and the report for people. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/tree.ts'
import type { AppliedRun } from './applied.ts'
import { BODY_BYTES } from './deliveries.ts'
import type { IntakeRun } from './intake.ts'
import type { VerifyFigures } from './verify.ts'

/** Everything that a run measured. */
export interface Figures {
  readonly at: Date
  readonly seconds: number
  readonly machine: Readonly<Record<string, string | number>>
  readonly verify: VerifyFigures
  readonly runs: Readonly<Record<string, IntakeRun>>
  readonly applied: readonly AppliedRun[]
}

/** What each ratio should be, and in words. */
const GOALS = {
  verify_vs_bare_hmac_1k: [
    0.8,
    "signature alone, against Node's fastest HMAC of the same bytes with a cached key",
  ],
  verify_vs_stripe: [1.5, "our Stripe source, which parses the body, against `stripe`'s constructEvent"],
  verify_vs_standardwebhooks: [3, 'our Standard Webhooks source and JSON.parse, against `standardwebhooks`'],
  verify_vs_svix: [3, 'the same, against `svix`'],
  intake_vs_one_per_commit: [
    5,
    'the inbox at its best, against the same statements for one delivery a commit',
  ],
} as const

/** Stricter yardsticks, without a goal: they say where the limits are. */
const CONTEXT = {
  verify_vs_two_hashes_1k:
    'signature alone, against the fastest HMAC that two one-shot hashes make, which is ours',
  intake_vs_lean_statement: 'the inbox, against delivery and job in one prepared statement, one a commit',
  intake_vs_bare_insert: 'the inbox, against the bytes alone in a table with one index, one a commit',
  intake_vs_bare_insert_in_series: 'the inbox, against the same on one connection',
} as const

type Ratios = Record<keyof typeof GOALS, number>
type Context = Record<keyof typeof CONTEXT, number>

const rounded = <T extends Record<string, number>>(ratios: T): T =>
  Object.fromEntries(Object.entries(ratios).map(([name, value]) => [name, Number(value.toFixed(2))])) as T

/** The rate of the best of those whose name begins so. */
function best(rates: Iterable<readonly [string, { readonly perSecond: number }]>, start: string): number {
  const found = [...rates].filter(([name]) => name.startsWith(start)).map(([, { perSecond }]) => perSecond)
  return Math.max(...found)
}

function ratiosOf({ verify, runs }: Figures): { readonly goals: Ratios; readonly context: Context } {
  const signature = (name: string) => verify.signature.get(name)?.perSecond ?? Number.NaN
  const whole = (name: string) => verify.whole.get(name)?.perSecond ?? Number.NaN
  const against = (start: string) =>
    Math.min(
      signature('lastro_standard_signature') / best(verify.signature, `${start}_standard`),
      signature('lastro_stripe_signature') / best(verify.signature, `${start}_stripe`),
    )
  const intake = (start: string) => best(Object.entries(runs), start)
  return {
    goals: rounded({
      verify_vs_bare_hmac_1k: against('hmac'),
      verify_vs_stripe: whole('lastro_stripe') / whole('stripe'),
      verify_vs_standardwebhooks: whole('lastro_standard') / whole('standardwebhooks'),
      verify_vs_svix: whole('lastro_standard') / whole('svix'),
      intake_vs_one_per_commit: intake('inbox') / intake('same'),
    }),
    context: rounded({
      verify_vs_two_hashes_1k: against('two_hashes'),
      intake_vs_lean_statement: intake('inbox') / intake('lean'),
      intake_vs_bare_insert: intake('inbox') / intake('bare'),
      intake_vs_bare_insert_in_series: intake('inbox') / (runs.bare_1?.perSecond ?? Number.NaN),
    }),
  }
}

function resultsOf({ verify, runs, applied }: Figures) {
  const rates = (group: string, map: VerifyFigures['whole']) =>
    [...map.values()].map(({ name, perSecond }) => ({ group, name, perSecond: Math.round(perSecond) }))
  return [
    ...rates('signature', verify.signature),
    ...rates('verify_and_parse', verify.whole),
    ...rates('source', verify.sources),
    ...Object.entries(runs).map(([name, run]) => ({ group: 'intake', name, ...rounded({ ...run }) })),
    ...applied.map((run) => ({ group: 'applied', ...rounded({ ...run }) })),
  ]
}

/** Says what was found; a whole run is written down too. */
export function report(
  figures: Figures,
  { json, quick }: { readonly json: boolean; readonly quick: boolean },
): void {
  const { goals, context } = ratiosOf(figures)
  const results = [...resultsOf(figures), { group: 'context', ...context }]
  const line = { bench: 'webhooks', ratios: goals, results }
  const text = reportText(figures, { goals, context })
  if (!quick) {
    const folder = join(root, 'bench/results')
    mkdirSync(folder, { recursive: true })
    const name = join(folder, `webhooks-${figures.at.toISOString().slice(0, 10)}`)
    const { at, seconds, machine } = figures
    writeFileSync(`${name}.json`, `${JSON.stringify({ at, seconds, machine, ...line }, null, 2)}\n`)
    writeFileSync(`${name}.md`, text)
  }
  console.log(json ? JSON.stringify(line) : text)
}

const count = (value: number) => Math.round(value).toLocaleString('en-US')

const rateRows = (map: VerifyFigures['whole']): string =>
  [...map.values()]
    .map(({ name, perSecond }) => `| ${name} | ${count(perSecond)} | ${(1e6 / perSecond).toFixed(2)} |`)
    .join('\n')

const intakeRows = (runs: Figures['runs']): string =>
  Object.entries(runs)
    .map(
      ([name, { perSecond, p50Ms, p99Ms, batch }]) =>
        `| ${name} | ${count(perSecond)} | ${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)} | ${batch.toFixed(0)} |`,
    )
    .join('\n')

const appliedRows = (applied: Figures['applied']): string =>
  applied
    .map(
      ({ deliveries, arrivalsPerSecond, appliedPerSecond, p50Ms, p99Ms }) =>
        `| ${count(deliveries)} | ${arrivalsPerSecond === 0 ? 'at once' : count(arrivalsPerSecond)} | ` +
        `${count(appliedPerSecond)} | ${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} |`,
    )
    .join('\n')

function reportText(
  figures: Figures,
  { goals, context }: { readonly goals: Ratios; readonly context: Context },
) {
  const { at, seconds, machine, verify, runs, applied } = figures
  const goalRows = Object.entries(GOALS).map(([name, [goal, words]]) => {
    const value = goals[name as keyof Ratios]
    return `| ${words} | ${value.toFixed(2)} | >= ${goal} | ${value >= goal ? 'yes' : '**no**'} |`
  })
  const contextRows = Object.entries(CONTEXT).map(
    ([name, words]) => `| ${words} | ${context[name as keyof Context].toFixed(2)} | | |`,
  )
  const named = Object.entries(machine).map(([name, value]) => `${name}: ${value}`)
  return `# Webhooks benchmark, ${at.toISOString()}

${named.join(', ')}. The run took ${seconds} s. Bodies of ${count(BODY_BYTES)} bytes. Everything is measured in turns, in one
process, and the order turns too; figures are medians of the rounds.

| Ratio | Measured | Goal | Met |
|---|--:|--:|---|
${goalRows.join('\n')}
${contextRows.join('\n')}

## Verification

Signature alone: the header read, the time checked, the MAC of the signed bytes taken and compared in constant time, by
\`standardVerifier\` of the kit and by what the Stripe source calls. The ratio is the smaller of the two, each against
the fastest of \`createHmac\` with a \`KeyObject\` in four encodings over the very bytes that are signed. \`two_hashes\`
is the HMAC that the kit makes of two one-shot hashes, alone.

| | a second | µs |
|---|--:|--:|
${rateRows(verify.signature)}

From bytes to a parsed body; ours is \`verify\` awaited, and then JSON.parse where the verdict
brings no parsed body.

| | a second | µs |
|---|--:|--:|
${rateRows(verify.whole)}

\`verify\` of every source, with the smaller deliveries of its tests.

| | a second | µs |
|---|--:|--:|
${rateRows(verify.sources)}

## Intake

\`inbox\`: \`receive\`, as a host calls it, by so many callers: verified, deduplicated, stored, its job enqueued, answered
after the commit. \`same\`: the same verification and the same statements in a transaction for each delivery, on so many
connections. \`lean\`: the same verification, then delivery and job in one prepared statement written for one, which
commits by itself. \`bare\`: nothing verified, id and bytes in a table with one index, prepared. Each run is on a fresh
database, and each path is compared by its best.

| Path, callers or connections | deliveries/s | p50 / p99 ms | deliveries a commit |
|---|--:|--:|--:|
${intakeRows(runs)}

## From arrival to effect

One worker with its defaults in the same process; each delivery tells one change, which is written to the event log. From
the arrival of the bytes to the transaction that applied them.

| Deliveries | arrivals/s | applied/s | p50 / p99 ms |
|--:|--:|--:|--:|
${appliedRows(applied)}
`
}
