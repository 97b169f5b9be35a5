import type { Clock } from '@lastro/core/spec'
import type { HostTx, LastroStorage, LastroTx } from '@lastro/core/storage'
import { afterwards, type Connection, type Executor, MIGRATION_TIMEOUTS } from './executors/executor.ts'
import { hostTx, joinHost, readInHost } from './hosts/host.ts'
import { checkMigrated, migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { type EnqueuerParts, jobEnqueuer } from './queue/enqueuer.ts'
import { checkJobs, installJobs } from './queue/install.ts'
import { jobQueue } from './queue/queue.ts'
import { endFollowedTime, followClock, isMoved } from './queue/sql-time.ts'
import { jobStatements } from './queue/statements.ts'
import { createWakes, type Listen } from './queue/wakes.ts'
import type { Sql } from './sql.ts'
import { beginEraIfRestored } from './stores/events.ts'
import { lastroTx } from './tx.ts'

/** What differs between databases. */
export interface StorageParts {
  readonly executor: Executor
  readonly schema: string
  readonly jobsSchema: string
  readonly rename: (text: string) => string
  readonly clock: Clock
  /** The channel that enqueueing tells and `listen` hears; null: polling and wakes of this process only. */
  readonly channel: string | null
  readonly listen: Listen | null
  /** Gives back what the storage took when it was made. */
  readonly release: () => void
}

/** A storage over an executor. */
export function createStorage(parts: StorageParts): LastroStorage {
  const { executor, schema, jobsSchema, clock } = parts
  const now = () => clock.now()
  const wakes = createWakes(parts.listen)
  const jobs = {
    statements: jobStatements(jobsSchema),
    now,
    prepared: new Set<string>(),
    channel: parts.channel,
  }
  const time = followedTime(parts)
  const units = unitsOfWork(parts, { jobs, wake: wakes.wake })
  return {
    ...units,
    queue: jobQueue({
      ...jobs,
      sql: executor.autocommit,
      ready: time.follow,
      onWake: wakes.onWake,
      wake: wakes.wake,
    }),
    migrate: async () => {
      const result = await migrate(executor, { schema, migrations: MIGRATIONS, now })
      await executor.transaction((sql) => beginEraIfRestored(sql, now()), MIGRATION_TIMEOUTS)
      await installJobs(executor, jobsSchema)
      if (!isMoved(clock)) await endFollowedTime(executor.autocommit, jobsSchema)
      await time.follow()
      return result
    },
    check: async () => {
      await checkMigrated(executor.autocommit, MIGRATIONS)
      await checkJobs(executor.autocommit, jobsSchema)
      await time.follow()
    },
    close: async () => {
      wakes.close()
      await time.end()
      parts.release()
    },
  }
}

type SharedParts = Omit<EnqueuerParts, 'onEnqueued' | 'onCreated' | 'prepared'> & {
  readonly prepared: Set<string>
}

function unitsOfWork(
  { executor, rename }: StorageParts,
  { jobs, wake }: { readonly jobs: SharedParts; readonly wake: () => void },
): Pick<LastroStorage, 'transaction' | 'read'> {
  type Told = Pick<EnqueuerParts, 'onEnqueued' | 'onCreated'>
  const over = (sql: Sql, host: HostTx, told: Told): LastroTx =>
    lastroTx(sql, { host, jobs: jobEnqueuer(sql, { ...jobs, ...told }) })
  const know = (name: string) => void jobs.prepared.add(name)
  // Statements that each commit by themselves hold nothing, so all reads outside share one.
  const alone = over(executor.autocommit, hostOf(executor.autocommit), { onEnqueued: wake, onCreated: know })
  // Nobody tells whether a host's transaction commits.
  const inHost = (host: HostTx) =>
    over({ query: (text, values = []) => host.query(rename(text), values) as never }, host, {
      onEnqueued: wake,
      onCreated: () => {},
    })
  return {
    transaction: async (work, { tx } = {}) => {
      if (tx !== undefined) return executor.inside(() => joinHost(tx, (host) => work(inHost(host))))
      let hasEnqueued = false
      let created: string[] = []
      const told: Told = {
        onEnqueued: () => {
          hasEnqueued = true
        },
        onCreated: (name) => void created.push(name),
      }
      const result = await executor.transaction((sql) => {
        created = []
        return work(over(sql, hostOf(sql), told))
      })
      for (const name of created) know(name)
      if (hasEnqueued) afterwards(wake)
      return result
    },
    read: async (work, { tx } = {}) => {
      if (tx !== undefined) return executor.inside(() => readInHost(tx, (host) => work(inHost(host))))
      return executor.outside(() => work(alone))
    },
  }
}

/** Our own transaction as a host's: for statements of the host in callbacks, and for units inside units. */
function hostOf(sql: Connection): HostTx {
  return hostTx({ key: sql, query: (text, parameters) => sql.query(text, parameters as never) })
}

/** Keeps SQL time on a clock that a test moves. Does nothing for any other clock. */
function followedTime({ executor, jobsSchema, clock }: StorageParts) {
  let following: Promise<() => void> | null = null
  const follow = async () => {
    if (!isMoved(clock)) return
    following ??= followClock(executor.autocommit, { jobsSchema, clock })
    await following
  }
  const end = async () => {
    const stop = await following
    stop?.()
    following = null
  }
  return { follow, end }
}
