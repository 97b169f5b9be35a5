/**
 * A plan of faults for a fake provider: which operation goes wrong next, and how.
 *
 * The plan knows nothing of providers. A fake asks it `take(operation)` once per call and does what it is told.
 */
import { randomInt } from 'node:crypto'

/** A fault as data: its kind, and what that kind lets you set. */
export interface FaultSpec {
  readonly kind: string
}

/** For each operation of a fake, the faults it understands. */
export type FaultTable = { readonly [operation: string]: FaultSpec }

/** The kinds that need nothing else said: these may be asked for by name alone. */
export type PlainKind<F extends FaultSpec> = F extends FaultSpec
  ? { readonly kind: F['kind'] } extends F
    ? F['kind']
    : never
  : never

/** A fault, or the bare name of one that has nothing that must be set. */
export type FaultInput<F extends FaultSpec> = F | PlainKind<F>

/** How often each fault strikes: a share of the calls between 0 and 1, per operation. */
export type FaultRates<T extends FaultTable> = {
  readonly [O in keyof T]?: { readonly [K in PlainKind<T[O]>]?: number }
}

/** One fault that was injected. */
export interface InjectedFault<T extends FaultTable = FaultTable> {
  /** Counts from 1 in the order of injection. */
  readonly number: number
  readonly operation: keyof T & string
  readonly fault: T[keyof T]
  /** What asked for it: a one-shot, a standing order, or chance. */
  readonly source: 'next' | 'always' | 'random'
  /** What the call was about, such as a payment id; null when the fake did not say. */
  readonly subject: string | null
}

/** Faults on request, by standing order or by chance, with a log of what was injected. */
export interface FaultPlan<T extends FaultTable = FaultTable> {
  /** The next call of this operation goes wrong once. Asked for several times, they strike one after another. */
  next<O extends keyof T & string>(operation: O, fault: FaultInput<T[O]>): void
  /** Every call of this operation goes wrong until `clear()`. One-shots still come first. */
  always<O extends keyof T & string>(operation: O, fault: FaultInput<T[O]>): void
  /**
   * Calls go wrong by chance. Each operation draws from its own generator, so the same seed and the same calls of
   * one operation give the same faults however the operations interleave. Without a seed one is picked; print it.
   * @throws RangeError when a rate is outside 0 to 1, or the rates of one operation sum to more than 1.
   */
  random(options: { readonly seed?: number; readonly rates: FaultRates<T> }): { readonly seed: number }
  /** Takes back whatever was asked for and has not struck yet. The log stays. */
  clear(): void
  /** One-shots that have not struck yet: a test that ends with some left did not test what it meant to. */
  readonly pending: number
  /** What was injected, in order. */
  readonly log: readonly InjectedFault<T>[]
  /** The seed of `random`, or null while nothing is left to chance. */
  readonly seed: number | null
  /** The seed and what was injected, on one line: for the message of a failing test. */
  describe(): string
  /** For the author of a fake: what goes wrong with this call, or null. */
  take<O extends keyof T & string>(operation: O, subject?: string | null): T[O] | null
}

interface Chance {
  readonly draw: () => number
  readonly rates: readonly (readonly [kind: string, rate: number])[]
}

interface Plan {
  readonly shots: Map<string, FaultSpec[]>
  readonly standing: Map<string, FaultSpec>
  readonly chances: Map<string, Chance>
  readonly log: InjectedFault[]
  seed: number | null
}

/**
 * An empty plan of faults.
 *
 * @example
 * const faults = createFaultPlan<{ 'payout.send': { kind: 'drop' } | { kind: 'slow'; delayMs?: number } }>()
 * faults.next('payout.send', 'drop')
 * faults.take('payout.send') // { kind: 'drop' }, and null from then on
 */
export function createFaultPlan<T extends FaultTable>(): FaultPlan<T> {
  const plan: Plan = { shots: new Map(), standing: new Map(), chances: new Map(), log: [], seed: null }
  return {
    next: (operation, fault) => {
      plan.shots.set(operation, [...(plan.shots.get(operation) ?? []), toSpec(fault)])
    },
    always: (operation, fault) => {
      plan.standing.set(operation, toSpec(fault))
    },
    random: ({ seed = randomInt(2 ** 31), rates }) => leaveToChance(plan, { seed, rates }),
    clear: () => {
      plan.shots.clear()
      plan.standing.clear()
      plan.chances.clear()
      plan.seed = null
    },
    get pending() {
      return [...plan.shots.values()].reduce((sum, shots) => sum + shots.length, 0)
    },
    get log() {
      return [...plan.log] as unknown as readonly InjectedFault<T>[]
    },
    get seed() {
      return plan.seed
    },
    describe: () => describe(plan),
    take: (operation, subject = null) => take(plan, { operation, subject }) as T[typeof operation] | null,
  }
}

/**
 * A generator of numbers from 0 up to 1 that depends on nothing but its seed (mulberry32).
 * For tests only: its numbers are easy to foresee.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function toSpec(fault: FaultSpec | string): FaultSpec {
  return typeof fault === 'string' ? { kind: fault } : fault
}

function leaveToChance(
  plan: Plan,
  { seed, rates }: { readonly seed: number; readonly rates: object },
): { readonly seed: number } {
  const chances = Object.entries(rates).map(([operation, byKind]) => {
    const pairs = Object.entries((byKind ?? {}) as Record<string, number>)
    const sum = pairs.reduce((total, [, rate]) => total + rate, 0)
    const wrong = pairs.find(([, rate]) => !(rate >= 0 && rate <= 1))
    if (wrong) throw new RangeError(`The rate of ${wrong[0]} for ${operation} must be from 0 to 1.`)
    // A few shares such as 0.1 do not add up exactly.
    if (sum > 1 + 1e-9) throw new RangeError(`The rates for ${operation} must sum to 1 at most.`)
    return [operation, { draw: seededRandom(seed ^ hash(operation)), rates: pairs }] as const
  })
  plan.chances.clear()
  for (const [operation, chance] of chances) plan.chances.set(operation, chance)
  plan.seed = seed
  return { seed }
}

function take(
  plan: Plan,
  { operation, subject }: { operation: string; subject: string | null },
): FaultSpec | null {
  // Chance is asked on every call, so that a one-shot does not shift the faults drawn after it.
  const drawn = draw(plan.chances.get(operation))
  const shot = plan.shots.get(operation)?.shift()
  const standing = plan.standing.get(operation)
  const fault = shot ?? standing ?? drawn
  if (fault === null) return null
  const source = shot ? 'next' : standing ? 'always' : 'random'
  plan.log.push({ number: plan.log.length + 1, operation, fault, source, subject })
  return fault
}

function draw(chance: Chance | undefined): FaultSpec | null {
  if (!chance) return null
  let left = chance.draw()
  for (const [kind, rate] of chance.rates) {
    if (left < rate) return { kind }
    left -= rate
  }
  return null
}

function describe(plan: Plan): string {
  const counts = new Map<string, number>()
  for (const { operation, fault } of plan.log) {
    const name = `${operation} ${fault.kind}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const faults = [...counts].map(([name, count]) => `${name} x${count}`).join(', ')
  return `${plan.seed === null ? 'no seed' : `seed ${plan.seed}`}: ${faults === '' ? 'no faults' : faults}`
}

/** FNV-1a: gives each operation its own stream of numbers. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193)
  return value >>> 0
}
