import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Connection,
  DEFAULT_TIMEOUTS,
  type Executor,
  insideOf,
  outsideOf,
  type Timeouts,
} from './executor.ts'

/** The part of `pg`'s client that we use. */
export interface PgClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>
}

/** The part of a client from `pg`'s pool that we use. */
export interface PgPoolClient extends PgClient {
  release(error?: Error | boolean): void
  on(event: string, listener: (...facts: unknown[]) => void): unknown
  removeListener(event: string, listener: (...facts: unknown[]) => void): unknown
}

/** The part of `pg`'s pool that we use. */
export interface PgPool extends PgClient {
  connect(): Promise<PgPoolClient>
}

/** How a transaction that lost a race is run again. */
export interface RetryRule {
  /** Runs in all. */
  readonly attempts: number
  /** Longest wait before the second run, in milliseconds; doubles with every further one. */
  readonly baseMs: number
}

/** What a pool's transactions are run with. */
export interface PgExecutorOptions {
  readonly rename: (text: string) => string
  readonly timeouts?: Timeouts
  readonly retry?: RetryRule
}

/** The whole unit may run again after these: nothing of it was kept. */
const LOST_RACE: Readonly<Record<string, 'always' | 'before_commit'>> = {
  '40001': 'always', // serialization_failure
  '40P01': 'always', // deadlock_detected
  '55P03': 'before_commit', // lock_not_available: lock_timeout
  '57P01': 'before_commit', // admin_shutdown: after COMMIT was sent, it may have been kept
}

/** How transactions are run again unless told otherwise. */
export const DEFAULT_RETRY: RetryRule = { attempts: 4, baseMs: 20 }
const ignore = () => {}

/** Statements on one `pg` client, or each on any connection of a `pg` pool. */
export function pgConnection(client: PgClient, rename: (text: string) => string): Connection {
  return {
    query: async (text, parameters = []) => (await client.query(rename(text), [...parameters])).rows as never,
    script: async (text) => {
      await client.query(rename(text))
    },
  }
}

/** Transactions on a `pg` pool, at read committed whatever the database's default is. */
export function pgExecutor(pool: PgPool, options: PgExecutorOptions): Executor {
  const { rename, retry = DEFAULT_RETRY } = options
  const run = async <R>(work: (sql: Connection) => Promise<R>, timeouts: Timeouts): Promise<R> => {
    for (let attempt = 1; ; attempt++) {
      const result = await attemptOnce(pool, {
        begin: beginWith(timeouts),
        work: (client) => work(pgConnection(client, rename)),
      })
      if ('value' in result) return result.value
      if (!result.mayRetry || attempt >= retry.attempts) throw result.error
      await sleep(randomInt(1, retry.baseMs * 2 ** (attempt - 1) + 1))
    }
  }
  return {
    transaction: (work, timeouts = options.timeouts ?? DEFAULT_TIMEOUTS) =>
      outsideOf(pool, () => insideOf(pool, () => run(work, timeouts))),
    autocommit: pgConnection(pool, rename),
    inside: (work) => insideOf(pool, work),
    outside: (work) => outsideOf(pool, work),
  }
}

function beginWith({ lockMs, statementMs, idleInTransactionMs }: Timeouts): string {
  return [
    'begin isolation level read committed',
    `set local lock_timeout = ${Math.trunc(lockMs)}`,
    `set local statement_timeout = ${Math.trunc(statementMs)}`,
    `set local idle_in_transaction_session_timeout = ${Math.trunc(idleInTransactionMs)}`,
  ].join('; ')
}

type Attempt<R> = { readonly value: R } | { readonly error: unknown; readonly mayRetry: boolean }

async function attemptOnce<R>(
  pool: PgPool,
  unit: { readonly begin: string; readonly work: (client: PgClient) => Promise<R> },
): Promise<Attempt<R>> {
  const client = await pool.connect()
  // A pool takes its own listener off a client it hands out, and an 'error' nobody hears ends the process.
  client.on('error', ignore)
  let isCommitting = false
  let broken: Error | undefined
  try {
    await client.query(unit.begin)
    const value = await unit.work(client)
    isCommitting = true
    await commit(client)
    return { value }
  } catch (error) {
    broken = await rollback(client)
    const when = LOST_RACE[codeOf(error)]
    return { error, mayRetry: when === 'always' || (when === 'before_commit' && !isCommitting) }
  } finally {
    client.removeListener('error', ignore)
    client.release(broken)
  }
}

/** COMMIT of a transaction that failed inside answers ROLLBACK without an error: work that swallowed one must not look kept. */
async function commit(client: PgClient): Promise<void> {
  const { command } = (await client.query('commit')) as { command?: string }
  if (command === 'ROLLBACK') {
    throw new Error(
      'The transaction was rolled back: one of its statements failed and the error was swallowed.',
    )
  }
}

/** A connection that cannot even roll back is not given to anybody else. */
async function rollback(client: PgClient): Promise<Error | undefined> {
  try {
    await client.query('rollback')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
