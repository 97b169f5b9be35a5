import { z } from 'zod'
import { parseInput } from '../../platform/input.ts'
import type { Finality, Money } from '../../spec/index.ts'

/** What may differ per chain provider. */
export interface ChainOptions {
  /** The first block to read. Default: the network's head at the first watch. Later changes have no effect. */
  readonly startHeight?: bigint
  /** A rule that must be met beside the network's own, so it can only be stricter. */
  readonly finality?: Finality
  /** The most that one transfer may cost, in the native asset. A dearer one waits. Default: no limit. */
  readonly maxNetworkFee?: Money
  /** How often to look for new blocks. Default 3 s. */
  readonly pollMs?: number
}

/** How the rail works. All have defaults. */
export interface OnchainOptions {
  /** Deposit addresses kept ready to be given out, per chain provider. Default 20. */
  readonly freeAddresses?: number
  /** Blocks read in one run of the watch job. Default 200. */
  readonly blocksPerRun?: number
  /** Blocks stored in one transaction. Default 20. */
  readonly blocksPerTransaction?: number
  /** Blocks kept below the last final one, to recognise deep reorganisations. Default 256. */
  readonly blocksKept?: number
  /** How often to look after transfers under way. Default 5 s. */
  readonly trackMs?: number
  /** Transfers looked after in one run. Default 200. */
  readonly transfersPerRun?: number
  /** After how long a transfer that is next in line but not mined gets a higher fee. Default 2 minutes. */
  readonly replaceAfterMs?: number
  /** Signed versions of one sequence, the first included. Default 5. */
  readonly maxVersions?: number
  /**
   * How long at least another transaction must have held our sequence before ours are given up, beside its being
   * final. Nodes behind one address lag, and this wait is what a lagging one would have to outlast. Default 10 minutes.
   */
  readonly displaceAfterMs?: number
  /** First wait before trying a transfer again; doubles to `retryMaxMs`. Default 5 s. */
  readonly retryBaseMs?: number
  /** Longest wait before trying a transfer again. Default 5 minutes. */
  readonly retryMaxMs?: number
  /** Per chain provider, by the host's name of it. */
  readonly chains?: Readonly<Record<string, ChainOptions>>
}

const DEFAULTS = {
  freeAddresses: 20,
  blocksPerRun: 200,
  blocksPerTransaction: 20,
  blocksKept: 256,
  trackMs: 5_000,
  transfersPerRun: 200,
  replaceAfterMs: 120_000,
  maxVersions: 5,
  displaceAfterMs: 600_000,
  retryBaseMs: 5_000,
  retryMaxMs: 300_000,
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<OnchainOptions>

const count = (max: number) =>
  z
    .int({ error: 'must be a whole number' })
    .min(1, 'must be at least 1')
    .max(max, `must be at most ${max}`)
    .optional()

const blocks = z.int().min(1, 'must be at least 1')

const finality = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('tag'), tag: z.enum(['safe', 'finalized']), fallbackBlocks: blocks }),
  z.strictObject({ by: z.literal('depth'), blocks }),
])

const chain = z.strictObject({
  startHeight: z.bigint().min(0n, 'must not be negative').optional(),
  finality: finality.optional(),
  maxNetworkFee: z.object({ amount: z.bigint(), asset: z.string() }).optional(),
  pollMs: count(3_600_000),
})

const schema = z.strictObject({
  freeAddresses: count(10_000),
  blocksPerRun: count(10_000),
  blocksPerTransaction: count(500),
  blocksKept: count(100_000),
  trackMs: count(3_600_000),
  transfersPerRun: count(1_000),
  replaceAfterMs: count(86_400_000),
  maxVersions: count(20),
  displaceAfterMs: count(604_800_000),
  retryBaseMs: count(3_600_000),
  retryMaxMs: count(86_400_000),
  chains: z.record(z.string(), chain).optional(),
})

/**
 * Fills in the defaults.
 * @throws LastroError `invalid_input` naming the option and the rule.
 */
export function resolveOptions(options: OnchainOptions = {}): ResolvedOptions {
  parseInput(schema, options)
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...DEFAULTS, chains: {}, ...Object.fromEntries(given) }
}
