import type { Money } from '../../spec/index.ts'

/**
 * How much may leave or enter an account within a rolling window. A hold counts when it is made, and what it releases is
 * given back. Counting begins when the limit is set.
 */
export interface VelocityLimit {
  /** 1 to 64 printable ASCII characters without spaces; unique on the account. A refusal names it. */
  readonly name: string
  readonly direction: 'out' | 'in'
  readonly amount: Money
  /**
   * A minute to 366 days, in milliseconds, and a multiple of 24. It is counted in 24 parts and the one under way: what
   * passed up to a 24th of a window too long ago may still count, and never does more than `amount` pass within a window.
   */
  readonly windowMs: number
}

/** The limits of accounts. */
export interface LedgerLimitStore {
  /** Sets a limit, or takes it away where there is no `limit`. */
  set(change: {
    readonly account: string
    readonly name: string
    readonly limit: VelocityLimit | null
  }): Promise<'changed' | 'unchanged' | 'unknown'>
  list(account: string): Promise<readonly VelocityLimit[]>
}
