import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Sql } from '../src/index.ts'

/** What a process that was killed had been told, and what is in the books. */
export interface CrashFindings {
  readonly acknowledged: number
  /** Ids that were answered and are not there. */
  readonly lost: readonly string[]
  /** Ids that are there more than once. */
  readonly doubled: readonly string[]
}

/**
 * Starts a process that posts between accounts `a` and `b`, kills it once it has been told of `after` transfers and a
 * little later, and looks for what it was told.
 */
export async function crashWhilePosting(
  { sql, url }: { readonly sql: Sql; readonly url: string },
  { run, after, delayMs }: { readonly run: string; readonly after: number; readonly delayMs: number },
): Promise<CrashFindings> {
  const program = fileURLToPath(new URL('./ledger-crash-child.ts', import.meta.url))
  const args = ['--conditions=@lastro/source', program, url, run]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  let count = 0
  let isKilled = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    count += chunk.split('\n').length - 1
    if (count < after || isKilled) return
    isKilled = true
    setTimeout(() => child.kill('SIGKILL'), delayMs)
  })
  await once(child, 'close')
  const told = text.split('\n').slice(0, -1)
  // A statement that the killed process had sent may still be running.
  for (let left = 1; left > 0; ) {
    const running = `select count(*)::int as left from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like '%ledger_post%'`
    left = (await sql.query<{ left: number }>(running))[0]?.left ?? 0
  }
  const rows = await sql.query<{ id: string; times: number }>(
    `select id, count(*)::int as times from lastro.ledger_transfer where id like $1 || '.%' group by id`,
    [run],
  )
  const there = new Map(rows.map(({ id, times }) => [id, times]))
  return {
    acknowledged: told.length,
    lost: told.filter((id) => !there.has(id)),
    doubled: rows.flatMap(({ id, times }) => (times > 1 ? [id] : [])),
  }
}
