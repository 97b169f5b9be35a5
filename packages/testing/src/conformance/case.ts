import { isProviderError } from '@lastro/core/spec'

/** What stands behind an adapter while one case runs. Each port has its own, which extends this. */
export interface World {
  /** Lets go of servers, files and timers. Called once, whatever became of the case. */
  close?(): Promise<void>
}

/**
 * Makes a fresh world, in which nothing has happened yet. Called once for each case, so that no case can lean on
 * another and their order does not matter.
 */
export type CreateWorld<W extends World> = () => Promise<W> | W

/** One rule of a port, as data: bound to no test runner. */
export interface Case<W extends World> {
  /** As in the port's documentation: `payout/idempotent`. */
  readonly id: string
  /** The sentence behind it, as in the port's documentation. */
  readonly rule: string
  /** @throws Error that says what was expected and what was found. */
  run(world: W): Promise<void>
}

/**
 * For what a rule demands. Narrows the condition's types for what follows.
 * @throws Error with the message unless the condition holds.
 */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/**
 * For calls that must say that they could not ask.
 * @throws Error unless the call throws a `ProviderError`.
 */
export async function checkThrows(what: string, call: () => Promise<unknown>): Promise<void> {
  const found = await call().then(
    (value) => `answered ${shown(value)}`,
    (error: unknown) => (isProviderError(error) ? null : `threw ${shown(error)}`),
  )
  check(found === null, `${what}: expected a ProviderError, but it ${found}.`)
}

/** A value in a message: bigints as they are, and nothing very long. */
export function shown(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`.slice(0, 300)
  const text = JSON.stringify(value, (_key, entry) => (typeof entry === 'bigint' ? `${entry}n` : entry))
  return (text ?? String(value)).slice(0, 300)
}
