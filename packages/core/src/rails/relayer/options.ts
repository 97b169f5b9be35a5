import { z } from 'zod'
import { boundedText, parseInput, refuse } from '../../platform/input.ts'

/** Contract events that are relayed, of one provider. */
export interface RelayerStream<P extends string = string> {
  /** Unique: the row's key. 1 to 64 of a-z, 0-9, dot, dash and underscore. */
  readonly name: string
  /** Who is asked: a provider that fills the port `contractEvents`. It stays the stream's for ever. */
  readonly provider: P
  /**
   * Whose events: at least one. A later change counts from where the stream is then; `relayer.backfill` reads what lies
   * before.
   */
  readonly contracts: readonly string[]
  /** Their first topics, such as `transfer`. Default: all. */
  readonly names?: readonly string[]
  /** The first ledger, or the newest one at the first look. Later changes have no effect. Default `latest`. */
  readonly from?: bigint | 'latest'
}

/** How contract events are relayed. */
export interface RelayerOptions<P extends string = string> {
  readonly streams: readonly RelayerStream<P>[]
  /** How often to look for more. Default 5 s, which is a ledger of Stellar. */
  readonly pollMs?: number
  /** Events of one page, which is one commit. Default 500. */
  readonly pageLimit?: number
  /** Pages of one run. Default 50. */
  readonly pagesPerRun?: number
  /** A healthy node this many ledgers behind our place is one whose network began anew. Default 360, half an hour. */
  readonly resetAfterLedgers?: number
}

/** A stream, with its defaults. */
export type ResolvedStream = Required<RelayerStream>

/** Options with every default filled in. */
export type ResolvedRelayerOptions = Required<Omit<RelayerOptions, 'streams'>> & {
  readonly streams: ReadonlyMap<string, ResolvedStream>
}

const count = (max: number) =>
  z
    .int({ error: 'must be a whole number' })
    .min(1, 'must be at least 1')
    .max(max, `must be at most ${max}`)
    .optional()

const stream = z.strictObject({
  name: z
    .string({ error: 'must be a text' })
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, dot, dash and underscore'),
  provider: boundedText(255),
  contracts: z
    .array(boundedText(255), { error: 'must be a list of addresses' })
    .min(1, 'must name at least one contract')
    .max(1_000, 'must name at most 1000 contracts'),
  names: z.array(boundedText(255)).max(100, 'must be at most 100 names').optional(),
  from: z
    .union([z.literal('latest'), z.bigint().min(0n)], { error: 'must be a ledger as a bigint, or latest' })
    .optional(),
})

const schema = z.strictObject({
  streams: z.array(stream, { error: 'must be a list of streams' }).max(1_000, 'must be at most 1000 streams'),
  pollMs: count(3_600_000),
  pageLimit: count(5_000),
  pagesPerRun: count(10_000),
  resetAfterLedgers: count(1_000_000_000),
})

const DEFAULTS = { pollMs: 5_000, pageLimit: 500, pagesPerRun: 50, resetAfterLedgers: 360 }

/** @throws LastroError `invalid_input` naming the option and the rule. */
export function resolveOptions(
  given: RelayerOptions = { streams: [] },
  providers: ReadonlySet<string>,
): ResolvedRelayerOptions {
  parseInput(schema, given, { at: 'relayer' })
  const streams = new Map<string, ResolvedStream>()
  for (const [index, { names = [], from = 'latest', ...rest }] of given.streams.entries()) {
    const at = `relayer.streams.${index}`
    if (streams.has(rest.name)) refuse(`${at}.name`, 'must not be used twice')
    if (!providers.has(rest.provider))
      refuse(`${at}.provider`, 'must be the name of a provider that fills the port contractEvents')
    streams.set(rest.name, { ...rest, names, from })
  }
  const numbers = Object.entries(DEFAULTS).map(([name, value]) => [
    name,
    given[name as keyof typeof DEFAULTS] ?? value,
  ])
  return { ...(Object.fromEntries(numbers) as typeof DEFAULTS), streams }
}
