import { z } from 'zod'
import { parseInput } from '../../platform/input.ts'
import type { ChainBreach, ChainState, Seal } from './chain-store.ts'
import { CHAINS } from './seal.ts'
import type { LedgerTx } from './store.ts'

/** What the chains say. */
export interface ChainReport {
  /** Nothing was found. Rows that are not sealed yet are not vouched for: see `chains`. */
  readonly isSound: boolean
  /** The first row that does not fit, transfers before audit rows. */
  readonly first: ChainBreach | null
  /** At most 1,000, each chain in the order of its rows. */
  readonly breaches: readonly ChainBreach[]
  readonly chains: readonly ChainState[]
}

const LIMIT = 10_000
const BREACHES = 1_000

const anchorsSchema = z
  .array(
    z.object({
      chain: z.enum(['transfers', 'audit'], { error: 'must be transfers or audit' }),
      number: z.int({ error: 'must be the number of a seal' }).min(1, 'must be the number of a seal'),
      digest: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
    }),
  )
  .max(1_000, 'must hold at most 1000 anchors')

/**
 * Recomputes the digest of every sealed row and names the first that does not fit. Reads everything, in steps of 10,000.
 *
 * Alone it finds who changed rows, not who also recomputed every later digest and seal: pass seals that you kept
 * elsewhere as `anchors` for that.
 * @throws LastroError `invalid_input`.
 */
export async function verifyChain(
  read: <R>(work: (tx: LedgerTx) => Promise<R>) => Promise<R>,
  { anchors = [] }: { readonly anchors?: readonly Pick<Seal, 'chain' | 'number' | 'digest'>[] } = {},
): Promise<ChainReport> {
  const kept = parseInput(anchorsSchema, anchors, { at: 'anchors' })
  const breaches: ChainBreach[] = []
  const chains: ChainState[] = []
  for (const chain of CHAINS) {
    let after: bigint | null = 0n
    while (after !== null && breaches.length < BREACHES) {
      const from: bigint = after
      const step = await read((tx) => tx.ledgerChain.check({ chain, after: from, limit: LIMIT }))
      breaches.push(...step.breaches)
      after = step.next
    }
    breaches.push(...(await read((tx) => tx.ledgerChain.checkSeals(chain))))
    for (const anchor of kept.filter((one) => one.chain === chain)) {
      const found = await read((tx) => tx.ledgerChain.findSeal(chain, anchor.number))
      if (found?.digest === anchor.digest) continue
      const rule = found === null ? 'anchor_missing' : 'anchor_differs'
      breaches.push({ chain, rule, number: BigInt(anchor.number), subject: `${anchor.number}` })
    }
    chains.push(await read((tx) => tx.ledgerChain.state(chain)))
  }
  return {
    isSound: breaches.length === 0,
    first: breaches[0] ?? null,
    breaches: breaches.slice(0, BREACHES),
    chains,
  }
}
