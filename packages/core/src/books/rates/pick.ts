import type { Clock } from '../../spec/index.ts'
import type { RateTerms } from './options.ts'
import type { StoredRate } from './store.ts'

/** A source's clock may run ahead of ours by this much; a rate from further in the future is refused. */
export const MAX_AHEAD_MS = 30_000

/** Which stored rates may be used. */
export interface Picker {
  /** May be used without asking anybody. */
  isFresh(rate: StoredRate): boolean
  /**
   * The one to use, of the newest of each source, the last stored first: that one while it is fresh, else the newest
   * whose age is allowed. Sources age differently: one of yesterday may be used when one of two minutes ago may not.
   */
  pick(known: readonly StoredRate[]): { readonly rate: StoredRate; readonly isFresh: boolean } | null
}

/** Judges ages: whether it may be used by when it was observed, whether it is time to ask again by when we asked. */
export function createPicker({ clock, terms }: { readonly clock: Clock; readonly terms: RateTerms }): Picker {
  const since = (time: Date) => clock.now().getTime() - time.getTime()
  const isUsable = ({ observedAt, source }: StoredRate) =>
    since(observedAt) <= terms.maxAgeMsOf(source) && since(observedAt) >= -MAX_AHEAD_MS
  const isFresh = (rate: StoredRate) =>
    isUsable(rate) && since(rate.fetchedAt) <= terms.freshMsOf(rate.source)
  return {
    isFresh,
    pick(known) {
      const [last] = known
      if (last !== undefined && isFresh(last)) return { rate: last, isFresh: true }
      const newest = known.filter(isUsable).reduce<StoredRate | null>(newer, null)
      return newest === null ? null : { rate: newest, isFresh: false }
    },
  }
}

const newer = (left: StoredRate | null, right: StoredRate): StoredRate =>
  left === null || right.observedAt > left.observedAt ? right : left
