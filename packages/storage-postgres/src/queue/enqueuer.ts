import type { JobDefinition, JobEnqueuer } from '@lastro/core/storage'
import { uuidv7 } from 'uuidv7'
import { toArray } from '../codecs.ts'
import type { Sql } from '../sql.ts'
import type { JobStatements } from './statements.ts'

/** A worker renews its claims far more often; a process that stops frees its jobs after this. */
const HEARTBEAT_SECONDS = 20

/** How much longer than the attempt its claim lasts. */
const GRACE_SECONDS = 30

/** What enqueueing shares with the queue it fills. */
export interface EnqueuerParts {
  readonly statements: JobStatements
  readonly now: () => Date
  /** Names that are known to be in the database. */
  readonly prepared: ReadonlySet<string>
  /** Told of a name that is there once this transaction commits. */
  readonly onCreated: (name: string) => void
  /** Told to listeners when the transaction commits; null where nobody listens. */
  readonly channel: string | null
  /** Called when a job that may run now was enqueued. */
  readonly onEnqueued: () => void
}

/** Enqueues inside the transaction of `sql`, ours or the host's. */
export function jobEnqueuer(sql: Sql, parts: EnqueuerParts): JobEnqueuer {
  const { statements, now, prepared, channel, onEnqueued } = parts
  const ready = async (name: string) => {
    if (prepared.has(name)) return
    await sql.query(statements.createQueue, [name])
    parts.onCreated(name)
  }
  return {
    enqueue: async (job, input, { runAt, dedupeKey } = {}) => {
      const { name, retry, timeoutMs } = job
      const at = now()
      await ready(name)
      const limits = [Math.ceil(timeoutMs / 1000) + GRACE_SECONDS, HEARTBEAT_SECONDS, retry.attempts - 1]
      // The id sorts by the time of making, so jobs of one lane and one instant keep their order.
      const facts = [uuidv7(), name, JSON.stringify(input), at.toISOString(), runAt?.toISOString() ?? null]
      const row = [...facts, laneOf(job, input), ...limits]
      if (dedupeKey === undefined) await sql.query(statements.enqueue, row)
      else await sql.query(statements.enqueueOnce, [...row, dedupeKey])
      if (runAt !== undefined && runAt > at) return
      if (channel !== null) await sql.query(statements.notify, [channel])
      onEnqueued()
    },
    enqueueMany: async (job, inputs) => {
      if (inputs.length === 0) return
      const { name, retry, timeoutMs } = job
      await ready(name)
      await sql.query(statements.enqueueMany, [
        name,
        now().toISOString(),
        Math.ceil(timeoutMs / 1000) + GRACE_SECONDS,
        HEARTBEAT_SECONDS,
        retry.attempts - 1,
        toArray(inputs.map(() => uuidv7())),
        toArray(inputs.map((input) => JSON.stringify(input))),
        toArray(inputs.map((input) => laneOf(job, input))),
      ])
      if (channel !== null) await sql.query(statements.notify, [channel])
      onEnqueued()
    },
  }
}

function laneOf<I extends object>(job: JobDefinition<I>, input: I): string | null {
  return job.lane(input)
}
