import { z } from 'zod'
import { parseInput, refuse } from '../../platform/input.ts'
import type { StatementSource } from '../../spec/index.ts'
import { CLASS_NAMES, type DriftClass } from './drift.ts'

/** Whether repairs wait for a person's yes, or are made as soon as the difference is found. */
export type RepairPolicy = 'propose' | 'automatic'

/** How one provider is reconciled. All have defaults. */
export interface ReconcileProvider {
  /** How often its statement is compared. Without it, only `reconciliation.run` compares. */
  readonly everyMs?: number
  /** How far back each of these runs looks. Longer than `everyMs`, lines that come late are read again. Default a day. */
  readonly windowMs?: number
  /** Default `propose`. Only repairs that ask the provider are ever automatic. */
  readonly repair?: RepairPolicy | { readonly [K in DriftClass]?: RepairPolicy }
  /** How far a time there may be from ours. Default one hour. */
  readonly toleranceMs?: number
  /** How much wider than its window a statement is read, at both ends. Never below `listedAfterMs` and `toleranceMs` together. */
  readonly marginMs?: number
  /** How long ours may stay open after the provider told its end. Default 3 days. */
  readonly staleAfterMs?: number
}

/** How reconciliation behaves, by the names the host gave its providers. */
export interface ReconciliationOptions {
  readonly providers?: { readonly [provider: string]: ReconcileProvider }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The options of one provider with their defaults. */
export interface ReconcileTerms {
  readonly everyMs: number | null
  readonly windowMs: number
  readonly toleranceMs: number
  readonly marginMs: number
  readonly staleAfterMs: number
  policyOf(drift: DriftClass): RepairPolicy
}

const policy = z.enum(['propose', 'automatic'], { error: 'must be propose or automatic' })
const span = (least: number) =>
  z
    .int({ error: 'must be whole milliseconds' })
    .min(least, `must be at least ${least}`)
    .max(400 * DAY_MS)
const schema = z.strictObject({
  providers: z
    .record(
      z.string(),
      z.strictObject({
        everyMs: span(60_000).optional(),
        windowMs: span(60_000).optional(),
        repair: z.union([policy, z.partialRecord(z.enum(CLASS_NAMES), policy)]).optional(),
        toleranceMs: span(0).optional(),
        marginMs: span(0)
          .max(90 * DAY_MS)
          .optional(),
        staleAfterMs: span(0).optional(),
      }),
    )
    .optional(),
})

/** What the table of runs holds: almost 25 days. */
const MAX_LISTED_AFTER_MS = 2 ** 31 - 1

/** @throws LastroError `invalid_input` naming the option and the rule. */
export function checkOptions(
  options: ReconciliationOptions,
  statements: Readonly<Record<string, { readonly port: Pick<StatementSource, 'listedAfterMs'> }>>,
): void {
  parseInput(schema, options, { at: 'reconciliation' })
  for (const [name, { port }] of Object.entries(statements)) {
    const { listedAfterMs } = port
    if (!Number.isSafeInteger(listedAfterMs) || listedAfterMs < 0 || listedAfterMs > MAX_LISTED_AFTER_MS)
      refuse(
        `providers.${name}.statements.listedAfterMs`,
        `must be whole milliseconds from 0 to ${MAX_LISTED_AFTER_MS}`,
      )
  }
  for (const [name, { everyMs, windowMs = DAY_MS }] of Object.entries(options.providers ?? {})) {
    const at = `reconciliation.providers.${name}`
    if (!Object.hasOwn(statements, name))
      refuse(at, 'must be the name of a provider that fills the statements port')
    if (everyMs !== undefined && windowMs < everyMs)
      refuse(`${at}.windowMs`, 'must be at least everyMs, or times between two runs are never read')
  }
}

/** The options of one provider. */
export function termsOf(options: ReconciliationOptions, provider: string): ReconcileTerms {
  const { providers = {} } = options
  const own = Object.hasOwn(providers, provider) ? (providers[provider] ?? {}) : {}
  const { repair = 'propose' } = own
  return {
    everyMs: own.everyMs ?? null,
    windowMs: own.windowMs ?? DAY_MS,
    toleranceMs: own.toleranceMs ?? HOUR_MS,
    marginMs: own.marginMs ?? HOUR_MS,
    staleAfterMs: own.staleAfterMs ?? 3 * DAY_MS,
    policyOf: (drift) => (typeof repair === 'string' ? repair : (repair[drift] ?? 'propose')),
  }
}
