import { z } from 'zod'
import { assetSchema, parseInput, refuse } from '../../platform/input.ts'
import type { AssetId } from '../../spec/index.ts'

/** A cache of texts with an age, such as Redis. Trouble with it is logged and never stops a rate. */
export interface RateCache {
  get(key: string): Promise<string | null>
  set(key: string, value: string, options: { readonly ttlMs: number }): Promise<unknown>
}

/** A pair of assets: how much of `quote` one whole `base` is worth. */
export interface Pair {
  readonly base: AssetId
  readonly quote: AssetId
}

/** How rates age, and what guards them. All have defaults. Milliseconds. */
export interface RateOptions {
  /** The sources are asked again once this long ago they were asked last. Default 10 s. */
  readonly freshMs?: number
  /** A rate that its source observed longer ago than this is never used. Default 60 s. */
  readonly maxAgeMs?: number
  /** Sources whose rates live longer than others', by provider name: PTAX is of yesterday until noon. */
  readonly sources?: Readonly<Record<string, { readonly freshMs?: number; readonly maxAgeMs?: number }>>
  readonly guard?: GuardOptions
  /** How long one source may take to answer before the next one is asked. Default 10 s. */
  readonly timeoutMs?: number
  /**
   * Pairs that are made of two others: `{ 'PI/7': { 'BRL/2': 'USD/2' } }` is PI in USD times USD in BRL. Sources are
   * asked for the two, never for the pair itself.
   */
  readonly crosses?: Readonly<Record<AssetId, Readonly<Record<AssetId, AssetId>>>>
  /** Pairs that a schedule keeps fresh, so that nobody waits for a source. Default: none. */
  readonly refresh?: { readonly pairs: readonly Pair[]; readonly everyMs: number }
  /** A cache before the database, such as Redis, shared by many processes. Default: none. */
  readonly cache?: RateCache
}

/** What a rate must agree with before it is used. */
export interface GuardOptions {
  /** How far a rate may be from the last one or from another source's. Default 1,000 bps (10 %). */
  readonly maxDeviationBps?: number
  /** How long the last rate counts as a comparison. Default one hour. */
  readonly windowMs?: number
  /** How many sources must agree, where there is no last rate to compare with. Default 1. */
  readonly quorum?: number
}

/** The options with their defaults. */
export interface RateTerms {
  freshMsOf(source: string): number
  maxAgeMsOf(source: string): number
  readonly guard: Required<GuardOptions>
  readonly timeoutMs: number
  /** The asset between the two of a pair, or null. */
  viaOf(pair: Pair): AssetId | null
}

const FRESH_MS = 10_000
const MAX_AGE_MS = 60_000
const TIMEOUT_MS = 10_000
const GUARD = { maxDeviationBps: 1_000, windowMs: 3_600_000, quorum: 1 }

const ms = z.int().min(1).max(31_536_000_000).optional()
/** Two assets that are not one. */
export const pairSchema = z
  .strictObject({ base: assetSchema, quote: assetSchema })
  .refine(({ base, quote }) => base !== quote, { error: 'must be another asset than base', path: ['quote'] })
const schema = z.object({
  timeoutMs: z.int().min(1).max(60_000).optional(),
  freshMs: ms,
  maxAgeMs: ms,
  sources: z.record(z.string(), z.strictObject({ freshMs: ms, maxAgeMs: ms })).optional(),
  guard: z
    .strictObject({
      maxDeviationBps: z.int().min(0).max(1_000_000).optional(),
      windowMs: ms,
      quorum: z.int().min(1).max(10).optional(),
    })
    .optional(),
  crosses: z.record(assetSchema, z.record(assetSchema, assetSchema)).optional(),
  refresh: z
    .strictObject({
      pairs: z.array(pairSchema).max(1_000),
      everyMs: z.int().min(1_000).max(86_400_000),
    })
    .optional(),
})

/** @throws LastroError `invalid_input` naming what can never work with these sources. */
function checkOptions(options: RateOptions, names: readonly string[]): void {
  parseInput(schema, options, { at: 'rates' })
  for (const name of Object.keys(options.sources ?? {}))
    if (!names.includes(name))
      refuse(`rates.sources.${name}`, 'must be the name of a provider that fills the rates port')
  if (names.length > 0 && (options.guard?.quorum ?? 1) > names.length)
    refuse('rates.guard.quorum', `must be at most the number of sources, ${names.length}`)
  for (const [base, quotes] of Object.entries(options.crosses ?? {}))
    for (const [quote, via] of Object.entries(quotes))
      if (new Set([base, quote, via]).size < 3)
        refuse(`rates.crosses.${base}.${quote}`, 'must be a third asset, between two that differ')
}

/** Fills in the defaults. @throws LastroError `invalid_input` naming the option and the rule. */
export function termsOf(options: RateOptions, names: readonly string[]): RateTerms {
  checkOptions(options, names)
  const { freshMs = FRESH_MS, maxAgeMs = MAX_AGE_MS, sources = {}, crosses = {} } = options
  const of = (source: string) => (Object.hasOwn(sources, source) ? sources[source] : undefined)
  return {
    freshMsOf: (source) => of(source)?.freshMs ?? freshMs,
    maxAgeMsOf: (source) => of(source)?.maxAgeMs ?? maxAgeMs,
    guard: { ...GUARD, ...options.guard },
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    viaOf({ base, quote }) {
      const quotes = Object.hasOwn(crosses, base) ? crosses[base] : undefined
      return quotes !== undefined && Object.hasOwn(quotes, quote) ? (quotes[quote] ?? null) : null
    },
  }
}
