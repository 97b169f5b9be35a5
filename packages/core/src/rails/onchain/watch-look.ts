import type { ChainHead } from '../../spec/index.ts'

/** One run's look at a network. */
export interface ChainLook {
  readonly provider: string
  /** Read once, at the beginning: what is final by it stays final. */
  readonly head: ChainHead
  readonly signal: AbortSignal
}
