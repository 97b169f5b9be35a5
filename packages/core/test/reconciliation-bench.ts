/** What the tests of reconciliation share: an engine over a fake provider that also tells its own books. */
import { createLastro, type ReconciliationOptions, type RunId } from '@lastro/core'
import { Money, ProviderError, type StatementEntry, type StatementSource } from '@lastro/core/spec'
import type { TestDatabase } from '@lastro/testing/storage'
import { expect } from 'vitest'
import { type Bank, createBank } from './bank.ts'
import { createPsp, type Psp } from './psp.ts'

export const HOUR = 3_600_000
const PAGE = 500

/** A provider's books: entries as they stand, told page by page. */
export interface Books extends StatementSource {
  readonly all: StatementEntry[]
  /** How many pages were asked for. */
  asked: number
  /** The next so many questions fail. */
  failures: number
}

export function createBooks(listedAfterMs = HOUR): Books {
  const books: Books = {
    specVersion: 1,
    listedAfterMs,
    all: [],
    asked: 0,
    failures: 0,
    async entries({ from, to, cursor = null }) {
      books.asked += 1
      if (books.failures > 0) {
        books.failures -= 1
        throw new ProviderError({ provider: 'psp', kind: 'unavailable', message: 'down' })
      }
      const start = cursor === null ? 0 : Number.parseInt(cursor, 10)
      const told = books.all.filter(({ occurredAt }) => occurredAt >= from && occurredAt < to)
      const next = start + PAGE
      return { items: told.slice(start, next), nextCursor: next < told.length ? `${next}` : null }
    },
  }
  return books
}

/** An engine whose provider `psp` takes payments, pays out and tells its books. */
export async function openReconciliation(
  db: TestDatabase,
  options: ReconciliationOptions = {},
  listedAfterMs = HOUR,
) {
  await db.truncate()
  const psp: Psp = createPsp('psp')
  const bank: Bank = createBank()
  const books = createBooks(listedAfterMs)
  const lastro = createLastro({
    storage: db.storage,
    clock: db.clock,
    providers: {
      psp: { id: 'psp', payments: psp.port, payouts: bank.port, webhooks: psp.webhooks, statements: books },
      bare: { id: 'bare', payments: psp.port },
    },
    rails: { failuresToOpen: 1_000_000 },
    reconciliation: options,
  })
  await lastro.migrate()
  const report = async (id: RunId) => {
    const run = await lastro.reconciliation.getRun(id)
    expect(run).toMatchObject({ state: 'completed', error: null })
    if (run.report === null) throw new Error('there is no report')
    return run.report
  }
  return {
    lastro,
    psp,
    bank,
    books,
    report,
    /** Compares the window up to now. */
    async reconcile(hours = 24) {
      const to = db.clock.now()
      const from = new Date(to.getTime() - hours * HOUR)
      const { id } = await lastro.reconciliation.run({ provider: 'psp', from, to })
      await lastro.tick({ budgetMs: 60_000 })
      return report(id)
    },
    async drifts() {
      const rows = await db.sql.query<{ class: string; subject: string; state: string }>(
        'select class, subject, state from lastro.reconciliation_drift order by class, subject',
      )
      return rows.map(({ class: name, subject, state }) => `${name} ${subject} ${state}`)
    },
    /** What the provider really holds, as its statement tells it. */
    tell(
      entry: Partial<StatementEntry> & Pick<StatementEntry, 'ref' | 'kind'> & { units: bigint },
    ): StatementEntry {
      const { units, ...rest } = entry
      const line: StatementEntry = {
        amount: Money.of(units, 'BRL/2'),
        state: 'settled',
        occurredAt: db.clock.now(),
        ...rest,
      }
      books.all.push(line)
      return line
    },
  }
}

export type ReconciliationBench = Awaited<ReturnType<typeof openReconciliation>>
