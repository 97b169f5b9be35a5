import { LastroError } from '../../platform/errors/index.ts'
import type { Balance } from './account.ts'
import type { LedgerTx, TrialBalanceRow } from './store.ts'
import type { LedgerTransfer } from './transfer.ts'

const PAGE = 200
const CAUSE_LIMIT = 10_000

/**
 * What an account holds, as this transaction sees it. It may change until the transaction books something on it:
 * to spend no more than there is, let a `no_overdraft` account refuse, or use `balancing`.
 * @throws LastroError `not_found`.
 */
export async function balanceOf(tx: LedgerTx, account: string): Promise<Balance> {
  const found = await tx.ledger.getAccount(account)
  if (found === null) throw new LastroError('not_found', { kind: 'ledger account', id: account })
  return found.balance
}

/** The sums of all accounts, one row an asset. */
export function trialBalance(tx: LedgerTx): Promise<readonly TrialBalanceRow[]> {
  return tx.ledger.trialBalance()
}

/** Everything that one intent booked, oldest first: at most 10,000 transfers. */
export async function transfersOfCause(tx: LedgerTx, cause: string): Promise<readonly LedgerTransfer[]> {
  const found: LedgerTransfer[] = []
  let after = 0n
  while (found.length < CAUSE_LIMIT) {
    const page = await tx.ledger.listTransfers({ cause, account: null, after, limit: PAGE })
    found.push(...page.items)
    if (page.nextCursor === null) break
    after = BigInt(page.nextCursor)
  }
  return found
}
