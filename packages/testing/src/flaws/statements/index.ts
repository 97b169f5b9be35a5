import { Money, ProviderError, type StatementEntry } from '@lastro/core/spec'
import type { CreateWorld, StatementWorld } from '../../conformance/index.ts'
import type { Flaw } from '../flaw.ts'

/** The decisions of a statement adapter, one by one. */
interface StatementParts {
  /** The movements of a window, in order. */
  within(
    all: readonly StatementEntry[],
    window: { readonly from: Date; readonly to: Date },
  ): readonly StatementEntry[]
  /** Where the next page starts, and null at the end. */
  next(place: { readonly from: number; readonly total: number }): number | null
  /** @throws ProviderError, unless broken. */
  onTrouble(): readonly StatementEntry[]
}

type Replace = (correct: StatementParts) => Partial<StatementParts>

const PAGE = 100

const correctParts: StatementParts = {
  within: (all, { from, to }) => all.filter(({ occurredAt }) => occurredAt >= from && occurredAt < to),
  next: ({ from, total }) => (from + PAGE < total ? from + PAGE : null),
  onTrouble() {
    throw new ProviderError({ provider: 'reference', kind: 'unavailable', message: 'no statement came.' })
  },
}

function createWorld(replace: Replace = () => ({})): StatementWorld {
  const parts = { ...correctParts, ...replace(correctParts) }
  const all: StatementEntry[] = []
  let isDown = false
  return {
    source: {
      specVersion: 1,
      listedAfterMs: 0,
      async entries({ from, to, cursor }) {
        if (isDown) return { items: parts.onTrouble(), nextCursor: null }
        const start = Number.parseInt(cursor ?? '0', 10)
        const found = parts.within(all, { from, to })
        const next = parts.next({ from: start, total: found.length })
        return { items: found.slice(start, start + PAGE), nextCursor: next === null ? null : `${next}` }
      },
    },
    start: new Date(Date.UTC(2026, 2, 2)),
    move(occurredAt) {
      const ref = `mov_${all.length + 1}`
      all.push({ ref, kind: 'receipt', amount: Money.of(100n, 'BRL/2'), state: 'settled', occurredAt })
      return ref
    },
    fault() {
      isDown = true
    },
    mend() {
      isDown = false
    },
  }
}

/** A correct statement adapter. */
export const statementReference: CreateWorld<StatementWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<StatementWorld> => ({
  id: `statement/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

/** Ways to break a statement adapter, at least one for each rule. */
export const statementFlaws: readonly Flaw<StatementWorld>[] = [
  flaw('complete', 'reads the first page only', { replace: () => ({ next: () => null }) }),
  flaw('complete', 'tells the last line of a page again on the next', {
    replace: () => ({ next: ({ from, total }) => (from + PAGE < total ? from + PAGE - 1 : null) }),
  }),
  flaw('window', 'takes the end of the window for a part of it', {
    replace: () => ({
      within: (all, { from, to }) => all.filter(({ occurredAt }) => occurredAt >= from && occurredAt <= to),
    }),
  }),
  flaw('down_throws', 'takes trouble for a day without movements', {
    replace: () => ({ onTrouble: () => [] }),
  }),
]
