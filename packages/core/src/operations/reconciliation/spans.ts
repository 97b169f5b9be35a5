import type { ReconciliationWork } from './context.ts'
import type { AccountSpan, ReconciliationRun } from './run.ts'

/** The provider's accounts, each with its versions and balances at the ends of the times that are compared. */
export async function accountsOf(
  tx: ReconciliationWork,
  run: Pick<ReconciliationRun, 'provider' | 'readFrom' | 'from' | 'to' | 'readTo'>,
): Promise<readonly AccountSpan[]> {
  const spans: AccountSpan[] = []
  for (const { account, asset } of await tx.reconciliation.accounts(run.provider)) {
    const before = async (time: Date) => {
      // An instant counts as passed: what was booked at the very end belongs to the next window.
      const at = new Date(time.getTime() - 1)
      const found = await tx.ledgerReads.balanceAt({ account, at, by: 'booked' })
      return { version: found?.version ?? 0n, posted: found?.posted.amount ?? 0n }
    }
    const [readFrom, from] = [await before(run.readFrom), await before(run.from)]
    const [to, readTo] = [await before(run.to), await before(run.readTo)]
    spans.push({
      account,
      asset,
      opening: from.posted,
      closing: to.posted,
      versions: { readFrom: readFrom.version, from: from.version, to: to.version, readTo: readTo.version },
    })
  }
  return spans
}
