import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { parseInput } from '../../platform/input.ts'
import { type EventOf, move } from '../../platform/machine/index.ts'
import type { PlatformTx } from '../../platform/storage/index.ts'
import {
  type AccountState,
  accountMachine,
  type LedgerAccount,
  ledgerIdSchema,
  textSchema,
} from './account.ts'
import type { LedgerTx } from './store.ts'

/** Who changes an account, and why: written to the audit log in the same commit. */
export interface AccountChange {
  /** `system`, `operator:<name>` or `provider:<name>`. Default `system`. */
  readonly actor?: string
  readonly reason?: string
}

/** The shape of a change of an account or of a limit on it. */
export const changeSchema = z.strictObject({
  id: ledgerIdSchema,
  actor: textSchema.min(1, 'must not be empty').max(128, 'must be at most 128 characters').optional(),
  reason: textSchema.max(512, 'must be at most 512 characters').optional(),
})

const TO: Readonly<Record<EventOf<typeof accountMachine>, AccountState>> = {
  freeze: 'frozen',
  unfreeze: 'open',
  close: 'closed',
}

/**
 * Freezes, unfreezes or closes an account. Doing it again changes nothing and writes no second audit entry.
 * @throws LastroError `not_found`; `illegal_transition` for a closed account; `account_not_empty` on closing one that
 * still has a balance or holds.
 */
export async function changeAccount(
  tx: LedgerTx & Pick<PlatformTx, 'audit'>,
  change: AccountChange & {
    readonly id: string
    readonly event: EventOf<typeof accountMachine>
    readonly at: Date
  },
): Promise<LedgerAccount> {
  const { event, at, ...rest } = change
  const { id, actor = 'system', reason } = parseInput(changeSchema, rest)
  const state = TO[event]
  const done = await tx.ledger.setAccountState({ id, state })
  if (done.kind === 'unknown') throw new LastroError('not_found', { kind: 'ledger account', id })
  // A closed account allows nothing: the table says so, and throws.
  if (done.kind === 'closed') move(accountMachine, done.account, event)
  if (done.kind === 'not_empty') throw notEmpty(done.account)
  if (done.kind === 'changed') {
    const details = reason === undefined ? {} : { reason }
    await tx.audit.append({ actor, action: `ledger_account.${state}`, subject: id, details, at })
  }
  return done.account
}

function notEmpty({ id, balance }: LedgerAccount): LastroError {
  return new LastroError('account_not_empty', {
    account: id,
    posted: balance.posted.amount.toString(),
    pendingIn: balance.pendingIn.amount.toString(),
    pendingOut: balance.pendingOut.amount.toString(),
  })
}
