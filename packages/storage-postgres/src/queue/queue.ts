import {
  type ClaimedJob,
  createBatcher,
  type DeadJob,
  type JobQueue,
  type QueueDepth,
} from '@lastro/core/storage'
import { uuidv7 } from 'uuidv7'
import { toArray, toDate } from '../codecs.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Sql } from '../sql.ts'
import { pageOf, pageRequest } from '../stores/page.ts'
import type { JobStatements } from './statements.ts'

interface ClaimedRow {
  readonly id: string
  readonly name: string
  readonly input: string
  readonly attempt: number
}

interface DeadRow {
  readonly id: string
  readonly name: string
  readonly input: string
  readonly attempts: number
  readonly error: string
  readonly died_at: Date | string
  readonly place: string
}

/** What the queue is made of. */
export interface QueueParts {
  readonly sql: Sql
  readonly statements: JobStatements
  readonly now: () => Date
  /** Filled by `prepare`, read by enqueueing. */
  readonly prepared: Set<string>
  /** Makes SQL time follow the clock before the first job is looked for. */
  readonly ready: () => Promise<void>
  readonly onWake: (wake: () => void) => () => void
  readonly wake: () => void
}

const UNIQUE_VIOLATION = '23505'
/** Jobs that ended at the same time are settled by one statement. Nothing is refused: who waits here has claims already. */
const COMPLETIONS = { items: 256, weight: 256, waitingItems: 1_000_000, waitingWeight: 1_000_000 }

/** The job queue, on statements that each commit by themselves. */
export function jobQueue(parts: QueueParts): JobQueue {
  const { sql, statements } = parts
  const settle = async (text: string, job: ClaimedJob, more: readonly (string | null)[] = []) =>
    (await sql.query(text, [job.name, job.id, job.attempt, ...more])).length > 0
  const completions = createBatcher<ClaimedJob, boolean>({
    send: (jobs) => complete(parts, jobs),
    limits: COMPLETIONS,
    weigh: () => 1,
  })
  return {
    prepare: async (definitions) => {
      await parts.ready()
      const known = await sql.query<{ name: string }>(statements.listQueues)
      for (const { name } of known) parts.prepared.add(name)
      for (const { name } of definitions) {
        if (!parts.prepared.has(name)) await sql.query(statements.createQueue, [name])
        parts.prepared.add(name)
      }
    },
    claim: (query) => claim(parts, query),
    touch: async (job) => {
      await settle(statements.touch, job)
    },
    complete: (job) => completions.add(job),
    fail: (job, { error, retryAt }) => settle(statements.fail, job, [error, retryAt?.toISOString() ?? null]),
    recover: async () => {
      await parts.ready()
      const freed = await sql.query(statements.recover)
      if (freed.length > 0) parts.wake()
    },
    deadJobs: (query = {}) => deadJobs(parts, query),
    replay: async ({ name, id }) => {
      if (!isUuid(id)) return false
      const dead = await sql.query(statements.replay, [name, id, uuidv7(), parts.now().toISOString()])
      if (dead.length > 0) parts.wake()
      return dead.length > 0
    },
    depth: () => sql.query<QueueDepth>(statements.depth),
    onWake: parts.onWake,
  }
}

/** Answers for each job whether its claim still held. */
async function complete(
  { sql, statements }: QueueParts,
  jobs: readonly ClaimedJob[],
): Promise<readonly boolean[]> {
  const rows = await sql.query<{ id: string }>(statements.complete, [
    toArray(jobs.map(({ name }) => name)),
    toArray(jobs.map(({ id }) => id)),
    toArray(jobs.map(({ attempt }) => String(attempt))),
  ])
  const ended = new Set(rows.map(({ id }) => id))
  return jobs.map(({ id }) => ended.has(id))
}

async function claim(
  { sql, statements }: QueueParts,
  { names, limit }: { readonly names: readonly string[]; readonly limit: number },
): Promise<readonly ClaimedJob[]> {
  try {
    const rows = await sql.query<ClaimedRow>(statements.claim, [toArray(names), limit])
    return rows.map(({ id, name, input, attempt }) => ({ id, name, input: JSON.parse(input), attempt }))
  } catch (error) {
    // Another process took a job of the same lane in the same moment: it is theirs, and we look again.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === UNIQUE_VIOLATION)
      return []
    throw error
  }
}

async function deadJobs(
  { sql, statements }: QueueParts,
  query: Parameters<JobQueue['deadJobs']>[0] & object,
) {
  const { limit, after } = pageRequest(query)
  const [place = null, id = null] = decodeCursor(after, 2)
  const rows = await sql.query<DeadRow>(statements.listDead, [query.name ?? null, place, id, limit + 1])
  const page = pageOf(rows, { limit, keyOf: (row) => encodeCursor(row.place, row.id) })
  return { items: page.items.map(toDeadJob), nextCursor: page.nextCursor }
}

function toDeadJob({ id, name, input, attempts, error, died_at }: DeadRow): DeadJob {
  return { id, name, input: JSON.parse(input), attempts, error, diedAt: toDate(died_at) }
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
