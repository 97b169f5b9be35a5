/**
 * Why the ledger refuses a transfer: one table of rules, each with its sentence. A rule is added, never renamed.
 *
 * A refused transfer leaves no row, so its id stays free: the same transfer may be sent again once the reason is gone.
 */
export const REFUSALS = {
  account_unknown: 'There is no account with this id. Open it first.',
  account_frozen:
    'The account is frozen: it takes no new transfers and no new holds. Holds made before are still settled.',
  account_closed: 'The account is closed for good.',
  same_account: 'The debit and the credit account are the same.',
  asset_mismatch:
    'The amount and both accounts must be of one asset. Exchange goes through liquidity accounts.',
  amount_invalid: 'The amount must be more than zero and less than 10^60 smallest units.',
  insufficient_funds: 'The account would fall below zero, what is held counted as gone.',
  minimum_balance: 'The account would fall below its minimum, what is held counted as gone.',
  maximum_balance: 'The account would rise above its maximum, what is on its way in counted as there.',
  velocity_limit: 'More would pass through the account within the window than the named limit allows.',
  hold_unknown: 'There is no hold with this id.',
  hold_settled: 'The hold was posted or voided before.',
  hold_expired: 'The hold has expired, or would be expired from its beginning.',
  hold_not_expired: 'The hold has no expiry, or it has not come yet.',
  hold_exceeded: 'More was to be posted than is held.',
  conflict: 'The id was used for another transfer. Use a new id for a new transfer.',
  linked_failed: 'Another transfer of the linked group was refused, so none of the group was booked.',
} as const

/** The name of a rule that the ledger refuses by. */
export type RefusalRule = keyof typeof REFUSALS
