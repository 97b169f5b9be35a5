import type { StatementEntry, StatementSource } from '@lastro/core/spec'
import { type Case, check, checkThrows, shown, type World } from './case.ts'

/** Drives the provider's own books, so that a case can let money move and see what is told of it. */
export interface StatementWorld extends World {
  readonly source: StatementSource
  /** Money moves at this moment. Answers the ref under which the provider tells it. */
  move(at: Date): Promise<string> | string
  /** A moment at which movements may be, with a day free before and after. */
  readonly start: Date
  /** Nobody can be asked, until `mend`. `server_error`: the provider answers with one. */
  fault(kind: 'unreachable' | 'server_error'): void
  mend(): void
}

const MINUTE = 60_000
const PAGES = 1_000

const after = (date: Date, ms: number): Date => new Date(date.getTime() + ms)

async function readAll(
  { source }: StatementWorld,
  window: { readonly from: Date; readonly to: Date },
): Promise<readonly StatementEntry[]> {
  const items: StatementEntry[] = []
  let cursor: string | null = null
  for (let page = 0; page < PAGES; page++) {
    const answer = await source.entries({ ...window, cursor })
    items.push(...answer.items)
    cursor = answer.nextCursor
    if (cursor === null) return items
  }
  throw new Error(`The list does not end within ${PAGES} pages.`)
}

async function moved(world: StatementWorld, count: number): Promise<readonly string[]> {
  const refs: string[] = []
  for (let index = 0; index < count; index++) refs.push(await world.move(after(world.start, index * MINUTE)))
  return refs
}

const complete: Case<StatementWorld> = {
  id: 'statement/complete',
  rule: 'what moved within the window is told, on some page, once.',
  async run(world) {
    const refs = await moved(world, 250)
    const told = await readAll(world, { from: world.start, to: after(world.start, 250 * MINUTE) })
    const found = told.map(({ ref }) => ref).sort()
    check(
      found.length === refs.length && [...refs].sort().every((ref, index) => ref === found[index]),
      `${refs.length} movements, and ${found.length} lines tell ${new Set(found).size} of them.`,
    )
  },
}

const window: Case<StatementWorld> = {
  id: 'statement/window',
  rule: 'nothing outside the window is told.',
  async run(world) {
    const refs = await moved(world, 4)
    const told = await readAll(world, {
      from: after(world.start, MINUTE),
      to: after(world.start, 3 * MINUTE),
    })
    const found = told.map(({ ref }) => ref).sort()
    const wanted = refs.slice(1, 3).sort()
    check(shown(found) === shown(wanted), `Expected ${shown(wanted)}, got ${shown(found)}.`)
  },
}

const down: Case<StatementWorld> = {
  id: 'statement/down_throws',
  rule: 'trouble throws `ProviderError`; it is never an empty page.',
  async run(world) {
    await moved(world, 1)
    for (const kind of ['unreachable', 'server_error'] as const) {
      world.fault(kind)
      const to = after(world.start, MINUTE)
      await checkThrows(`entries, ${kind}`, () => world.source.entries({ from: world.start, to }))
      world.mend()
    }
  },
}

/** The rules of `StatementSource`. */
export const statementCases: readonly Case<StatementWorld>[] = [complete, window, down]
