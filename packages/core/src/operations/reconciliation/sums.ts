import type { AssetId } from '../../spec/index.ts'
import type { Drift } from './drift.ts'
import type { AssetSums, Bucket, Progress } from './run.ts'

const NOTHING: AssetSums = { told: 0n, by: {} }

/** Adds to why the ledger moved otherwise than the statement tells. What agrees stands on another side of an end. */
export function explain(
  progress: Progress,
  part: {
    readonly asset: AssetId
    readonly bucket: Bucket | 'agreed'
    readonly amount: bigint
    readonly told: bigint
  },
): Progress {
  const { asset, amount, told } = part
  const bucket = part.bucket === 'agreed' ? 'other_window' : part.bucket
  const before = progress.sums[asset] ?? NOTHING
  const by = { ...before.by, [bucket]: (before.by[bucket] ?? 0n) + amount - told }
  return { ...progress, sums: { ...progress.sums, [asset]: { told: before.told + told, by } } }
}

/** Counts what is new. */
export function countFound(progress: Progress, drifts: readonly Drift[]): Progress {
  const found = { ...progress.found }
  for (const drift of drifts) found[drift.class] = (found[drift.class] ?? 0) + 1
  return { ...progress, found }
}
