import { LastroError } from '../../platform/errors/index.ts'
import { type ReconciliationDeps, type ReconciliationWork, statementsOf } from './context.ts'
import type { Step } from './phases.ts'
import type { ReconciliationRun } from './run.ts'

/** The most pages of one reading: a cursor that goes in a circle ends. */
const MAX_PAGES = 100_000
/** Lines written by one statement. */
const CHUNK = 1_000

/**
 * Reads the next page of a statement, outside any transaction. Answers the write that stores it: lines, and the place
 * where reading continues, in one commit. Reading a page again changes nothing.
 * @throws ProviderError when the provider could not be asked; LastroError `provider_missing`.
 */
export async function readPage<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  run: ReconciliationRun,
  signal: AbortSignal,
): Promise<(tx: T, locked: ReconciliationRun) => Promise<Step>> {
  const { provider, readFrom: from, readTo: to, place: cursor } = run
  const found = statementsOf(deps, provider)
  if (found === undefined) throw new LastroError('provider_missing', { provider, port: 'statements' })
  const beganAt = cursor === null ? deps.clock.now() : run.beganAt
  const page = await found.rail.read('statements.entries', () =>
    found.port.entries({ from, to, cursor, signal }),
  )
  const pages = run.progress.pages + 1
  if (pages > MAX_PAGES) throw new Error(`the statement of ${provider} does not end`)
  return async (tx, locked) => {
    const at = deps.clock.now()
    for (let start = 0; start < page.items.length; start += CHUNK)
      await tx.reconciliation.saveLines({
        provider,
        run: run.id,
        entries: page.items.slice(start, start + CHUNK),
        at,
      })
    if (page.nextCursor === null)
      await tx.reconciliation.markGone({ provider, run: run.id, from, to, before: beganAt, at })
    return { place: page.nextCursor, beganAt, progress: { ...locked.progress, pages } }
  }
}
