import { z } from 'zod'
import { parseInput, refuse } from '../../platform/input.ts'
import type { Money } from '../../spec/index.ts'
import { type LedgerAccount, type NewAccount, newAccountSchema } from './account.ts'
import type { LedgerTx } from './store.ts'

const openingSchema = z.object({
  accounts: z.array(newAccountSchema).max(1_000, 'must hold at most 1000 accounts'),
  at: z.date(),
})

/**
 * Opens accounts inside the caller's transaction. An account that is open already with the same definition is left as
 * it is, whatever its state, balance and metadata. Answers them all, in the order given.
 * @throws LastroError `invalid_input` also where an account exists with another definition.
 */
export async function openAccounts(
  tx: LedgerTx,
  opening: { readonly accounts: readonly NewAccount[]; readonly at: Date },
): Promise<readonly LedgerAccount[]> {
  const { accounts, at } = parseInput(openingSchema, opening)
  if (accounts.length === 0) return []
  const found = await tx.ledger.openAccounts({ accounts: accounts as readonly NewAccount[], at })
  for (const [index, account] of accounts.entries()) {
    const difference = differenceOf(account as NewAccount, found[index])
    if (difference === null) continue
    refuse(`accounts.${index}.${difference.field}`, `account ${account.id} is open with ${difference.found}`)
  }
  return found
}

function differenceOf(
  wanted: NewAccount,
  found: LedgerAccount | undefined,
): { field: string; found: string } | null {
  if (found === undefined) throw new Error(`The storage did not open account ${wanted.id}.`)
  const facts: readonly (readonly [field: string, wanted: string, found: string])[] = [
    ['asset', wanted.asset, found.asset],
    ['normalSide', wanted.normalSide, found.normalSide],
    ['constraint', wanted.constraint, found.constraint],
    ['minimum', textOf(wanted.minimum), textOf(found.minimum)],
    ['maximum', textOf(wanted.maximum), textOf(found.maximum)],
  ]
  const different = facts.find(([, left, right]) => left !== right)
  return different === undefined ? null : { field: different[0], found: `${different[0]} ${different[2]}` }
}

function textOf(limit: Money | null | undefined): string {
  return limit === null || limit === undefined ? 'none' : limit.amount.toString()
}
