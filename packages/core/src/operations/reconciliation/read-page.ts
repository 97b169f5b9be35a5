import { LastroError } from '../../platform/errors/index.ts'
import { ProviderError, type StatementEntry } from '../../spec/index.ts'
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
  checkEntries(provider, page.items)
  const pages = run.progress.pages + 1
  if (page.nextCursor !== null && page.nextCursor === cursor)
    throw nonsense(provider, 'the statement answers the same cursor that it was asked with.')
  if (pages > MAX_PAGES) throw nonsense(provider, `the statement does not end after ${MAX_PAGES} pages.`)
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

function nonsense(provider: string, message: string): ProviderError {
  return new ProviderError({ provider, kind: 'unexpected_answer', message })
}

/** What an entry must be, by field: what is wrong is refused here, and not found later as a difference. */
const RULES: Readonly<Record<string, (entry: StatementEntry) => string | null>> = {
  ref: ({ ref }) => (ref === '' ? 'is empty' : null),
  occurredAt: ({ occurredAt }) => (Number.isNaN(occurredAt.getTime()) ? 'is no time' : null),
  fee: ({ fee, amount }) =>
    fee !== undefined && fee.asset !== amount.asset
      ? `is in ${fee.asset}, and its amount in ${amount.asset}: tell it as an entry of its own`
      : null,
}

/** @throws ProviderError `unexpected_answer` naming the entry, the field and the rule. */
function checkEntries(provider: string, entries: readonly StatementEntry[]): void {
  for (const [index, entry] of entries.entries())
    for (const [field, rule] of Object.entries(RULES)) {
      const trouble = rule(entry)
      if (trouble !== null) throw nonsense(provider, `entry ${index}: ${field} ${trouble}.`)
    }
}
