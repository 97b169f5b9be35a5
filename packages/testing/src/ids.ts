import type { Ids } from '@lastro/core/spec'

/**
 * Ids that count, so that a test can be read and repeated: `pout_000001`, `trd_000002`. One count for all prefixes,
 * so ids sort by the order of their making, as real ones do.
 */
export function countingIds(): Ids {
  let count = 0
  return {
    next: (prefix) => {
      count += 1
      return `${prefix}_${String(count).padStart(6, '0')}`
    },
  }
}
