import type { Case, CreateWorld, World } from './case.ts'

/** What became of one case. */
export interface CaseResult {
  readonly id: string
  readonly rule: string
  /** Null when the rule holds, else what was expected and what was found. */
  readonly error: Error | null
}

/**
 * Runs one case in a world of its own.
 * @throws Error when the rule is broken: it begins with the rule's id and sentence, and its cause is what was found.
 */
export async function runCase<W extends World>(entry: Case<W>, createWorld: CreateWorld<W>): Promise<void> {
  const world = await createWorld()
  try {
    await entry.run(world)
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${entry.id}: ${entry.rule}\n${found}`, { cause })
  } finally {
    await world.close?.()
  }
}

/** Runs cases one after another, and tells of each what became of it. Needs no test runner. */
export async function runCases<W extends World>(
  cases: readonly Case<W>[],
  createWorld: CreateWorld<W>,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for (const entry of cases) {
    const error = await runCase(entry, createWorld).then(
      () => null,
      (thrown: unknown) => (thrown instanceof Error ? thrown : new Error(String(thrown))),
    )
    results.push({ id: entry.id, rule: entry.rule, error })
  }
  return results
}

/** The part of a test runner that is needed: `it` of vitest, `test` of node:test, of Jest, of Bun … */
export type RegisterTest = (name: string, test: () => Promise<void>) => unknown

/**
 * Makes one test of each case, named by its id and sentence. There is no way to leave one out: an adapter keeps every
 * rule of a port, or it does not fill the port.
 *
 * @example
 * import { describe, it } from 'vitest'
 * describe('acme payouts', () => registerCases(it, { cases: payoutCases, createWorld }))
 */
export function registerCases<W extends World>(
  test: RegisterTest,
  suite: { readonly cases: readonly Case<W>[]; readonly createWorld: CreateWorld<W> },
): void {
  for (const entry of suite.cases) {
    test(`${entry.id}: ${entry.rule}`, () => runCase(entry, suite.createWorld))
  }
}
