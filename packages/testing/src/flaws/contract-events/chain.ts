/** What the node holds. */
export interface Chain {
  readonly oldest: bigint
  readonly latest: bigint
}

/** The contract that emits. */
export const CONTRACT = 'CREFERENCE'

/** How many ledgers one call looks through. */
export const SCAN = 10n

/** The cursor behind every event of a ledger. */
export const cursorAfter = (ledger: bigint): string => `${`${ledger}`.padStart(10, '0')}-9999`
