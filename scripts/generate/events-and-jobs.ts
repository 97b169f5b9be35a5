import { createLastro, NETWORKS } from '../../packages/core/src/index.ts'
import type { JobDefinition, Schedule } from '../../packages/core/src/platform/jobs/index.ts'
import { createOnchain } from '../../packages/core/src/rails/onchain/index.ts'
import { readAppends, type Written } from './event-types.ts'
import { code, type GeneratedPage, page, table } from './markdown.ts'
import { compile, coreFilesWith, exportsOf } from './sources.ts'

interface Job {
  readonly definition: JobDefinition
  readonly doc: string
}

const PROVIDER = '<provider>'

/** A chain provider and a signer that nothing is asked of: with them, every domain is wired. */
const PROVIDERS = { provider: { chain: { network: NETWORKS.polygon, assets: [] }, signer: {} } } as const

function isJob(value: unknown): value is JobDefinition {
  return typeof value === 'object' && value !== null && 'retry' in value && 'lane' in value
}

function isSchedule(value: unknown): value is Schedule {
  return typeof value === 'object' && value !== null && 'everyMs' in value && 'job' in value
}

/** The jobs that the engine runs, each with the comment at its definition. */
async function readJobs(): Promise<Job[]> {
  const docs = new Map<unknown, string>()
  for (const path of coreFilesWith('defineJob')) {
    for (const { value, doc } of await exportsOf(path)) if (isJob(value)) docs.set(value, doc)
  }
  const jobs = (await wiredJobs()).map((definition) => {
    const doc = docs.get(definition)
    if (doc === undefined) throw new Error(`The definition of job ${definition.name} was not found.`)
    return { definition, doc }
  })
  return jobs.sort((left, right) => left.definition.name.localeCompare(right.definition.name))
}

/** What a wired engine makes its queue ready for. */
async function wiredJobs(): Promise<readonly JobDefinition[]> {
  let prepared: readonly JobDefinition[] = []
  const queue = {
    prepare: async (definitions: readonly JobDefinition[]) => {
      prepared = definitions
    },
  }
  const storage = { migrate: async () => ({ from: 0, to: 0 }), queue }
  await createLastro({ storage: storage as never, providers: PROVIDERS as never }).migrate()
  return prepared
}

/** Those that are constants, and those that a chain provider brings along. */
async function readSchedules(): Promise<readonly Schedule[]> {
  const schedules: Schedule[] = []
  for (const path of coreFilesWith('everyMs')) {
    for (const { value } of await exportsOf(path)) if (isSchedule(value)) schedules.push(value)
  }
  const onchain = createOnchain({
    chains: { provider: PROVIDERS.provider.chain },
    signer: PROVIDERS.provider.signer,
  } as never)
  return [...schedules, ...onchain.schedules]
}

/** 1,000 ms is 1 s, and so on, where it comes out even. */
function duration(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`
}

/** `({ provider }) => provider` is `provider`; a function that answers null is no lane. */
function laneOf({ lane }: JobDefinition): string {
  const body = String(lane)
    .replace(/^[\s\S]*?=>\s*/, '')
    .trim()
  return body === 'null' ? '' : code(body.replace(/['`]/g, '').replace(/\$\{(\w+)\}/g, '<$1>'))
}

function jobRow({ definition, doc }: Job): string[] {
  const { attempts, baseMs, maxMs } = definition.retry
  const retry = `${attempts} attempts, ${duration(baseMs)} doubling to ${duration(maxMs)}`
  return [code(definition.name), doc, retry, duration(definition.timeoutMs), laneOf(definition)]
}

function writtenRows(written: Written): string[][] {
  return [...written].map(([text, by]) => [code(text), [...by].sort().map(code).join(', ')])
}

async function render(): Promise<string> {
  const program = compile(['packages/core/src/index.ts'])
  const events = readAppends(program, { store: 'events', property: 'type' })
  const audit = readAppends(program, { store: 'audit', property: 'action' })
  const schedules = (await readSchedules()).map(({ name, everyMs, job }) => [
    code(name.replace(/:provider$/, `:${PROVIDER}`)),
    duration(everyMs),
    code(job.name),
  ])
  return page(
    'Events and jobs',
    'Written by the engine itself, and read here from its sources; paths are below `packages/core/src/`.',
    '## Events',
    'The log of facts, each written in the transaction that makes it true: `lastro.events.read` and `lastro.events.follow`.',
    table(['Type', 'Written by'], writtenRows(events)),
    '## Jobs',
    'Durable work. A job whose last attempt fails is dead: `lastro.jobs.dead` lists it with its error, and `lastro.jobs.replay` runs it again. Jobs of one name in one lane run one at a time.',
    table(['Name', 'Does', 'Retry', 'One attempt', 'Lane'], (await readJobs()).map(jobRow)),
    '## Schedules',
    `A row in the database decides which process enqueues each slot. Those of \`${PROVIDER}\` exist once for each chain provider, by its name; with no signer, only the watch. Their times are defaults of \`onchain\`.`,
    table(['Schedule', 'Every', 'Job'], schedules),
    '## Audit actions',
    'What people must answer for, or look at. The database refuses to change or delete a row.',
    table(['Action', 'Written by'], writtenRows(audit)),
  )
}

/** Event types, jobs, schedules and audit actions. */
export const eventsAndJobs: GeneratedPage = { path: 'docs/reference/events-and-jobs.md', render }
