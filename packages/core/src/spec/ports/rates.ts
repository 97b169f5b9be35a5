import type { AssetId } from '../money.ts'
import type { Rate } from '../rate.ts'

/** A rate and the moment its source says it is of. */
export interface ObservedRate {
  readonly rate: Rate
  /** When the source observed it: its age decides whether it may be used. */
  readonly observedAt: Date
}

/**
 * Tells exchange rates.
 *
 * Rules, each checked by the conformance kit under the same name:
 * - `rates/exact`: the rate is exactly the source's decimal text, never a float.
 * - `rates/unsupported_is_null`: a pair that the source does not know is `null`.
 * - `rates/down_throws`: trouble throws `ProviderError`; it is never answered with an old or made-up rate.
 */
export interface RateSource {
  readonly specVersion: 1
  /** @throws ProviderError when the source could not be asked or answered nonsense. */
  rate(pair: {
    readonly base: AssetId
    readonly quote: AssetId
    readonly signal?: AbortSignal
  }): Promise<ObservedRate | null>
}
