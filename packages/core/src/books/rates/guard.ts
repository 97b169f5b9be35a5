import { Rate } from '../../spec/index.ts'
import type { GuardOptions } from './options.ts'
import type { StoredRate } from './store.ts'

/**
 * The first rate that enough others agree with, or null as long as there is none. What it is compared with: the last
 * rate within the window, and what the other sources say now. A source that is wrong by a factor is alone.
 */
export function agreed(
  told: readonly StoredRate[],
  { last, guard }: { readonly last: StoredRate | null; readonly guard: Required<GuardOptions> },
): StoredRate | null {
  // One that agrees with the last rate is believed at once; without a last rate the quorum decides.
  const needed = last === null ? guard.quorum - 1 : 1
  const witnesses = last === null ? told : [...told, last]
  const isBacked = (candidate: StoredRate) => {
    const others = witnesses.filter((other) => other !== candidate)
    const agreeing = others.filter(({ rate }) =>
      Rate.isWithin(candidate.rate, { of: rate, bps: guard.maxDeviationBps }),
    )
    return agreeing.length >= needed
  }
  return told.find(isBacked) ?? null
}
