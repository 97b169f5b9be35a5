import type { LastroTx, NewAccount, NewTransfer, RefusalRule, TransferResult } from '@lastro/core/storage'
import type { TestDatabase } from '@lastro/testing/storage'
import { createLedger, type Ledger, openAccounts } from '../../core/src/books/ledger/index.ts'

export const BRL = 'BRL/2'
export const ETH = 'ETH/18'

/** The ledger on a test database, with the two shapes of transfer that most tests need. */
export interface Books extends Ledger {
  /** Opens accounts, by id: of what we owe, in BRL and unlimited, unless told otherwise. */
  open(accounts: Readonly<Record<string, Partial<NewAccount>>>): Promise<void>
  /** Books one transfer. */
  one(transfer: NewTransfer): Promise<TransferResult>
  /** Runs work in a transaction of its own. */
  inside<R>(work: (tx: LastroTx) => Promise<R>): Promise<R>
}

export function booksOf(db: TestDatabase): Books {
  const storage = {
    transaction: ((work, options) => db.storage.transaction(work, options)) as typeof db.storage.transaction,
    read: ((work, options) => db.storage.read(work, options)) as typeof db.storage.read,
  }
  const clock = { now: () => db.clock.now() }
  const ledger = createLedger({ storage, clock })
  return {
    ...ledger,
    open: async (definitions) => {
      const accounts = Object.entries(definitions).map(([id, definition]): NewAccount => {
        return { id, asset: BRL, normalSide: 'credit', constraint: 'none', ...definition }
      })
      await storage.transaction((tx) => openAccounts(tx, { accounts, at: clock.now() }))
    },
    one: async (transfer) => {
      const [result] = await ledger.post([transfer])
      if (result === undefined) throw new Error('No result.')
      return result
    },
    inside: (work) => storage.transaction(work),
  }
}

interface Sides {
  readonly from: string
  readonly to: string
}

type More = Partial<Omit<Extract<NewTransfer, { kind: 'pending' }>, 'kind' | 'debit' | 'credit'>>

/** Value from one account to another: for accounts of what we owe, the debited one shrinks. */
export function move(
  id: string,
  { from, to }: Sides,
  amount: bigint,
  more: Omit<More, 'expiresAt'> = {},
): NewTransfer {
  return {
    kind: 'posted',
    id,
    debit: from,
    credit: to,
    amount: { amount, asset: BRL },
    cause: 'test',
    ...more,
  }
}

/** Value held on its way from one account to another. */
export function hold(id: string, { from, to }: Sides, amount: bigint, more: More = {}): NewTransfer {
  return {
    kind: 'pending',
    id,
    debit: from,
    credit: to,
    amount: { amount, asset: BRL },
    cause: 'test',
    ...more,
  }
}

/** Posts a hold, in whole or in part. */
export function post(id: string, held: string, amount?: bigint): NewTransfer {
  const part = amount === undefined ? {} : { amount: { amount, asset: BRL } as const }
  return { kind: 'post', id, hold: held, cause: 'test', ...part }
}

/** Voids a hold. */
export function release(id: string, held: string): NewTransfer {
  return { kind: 'void', id, hold: held, cause: 'test' }
}

/** Results in short: `accepted`, `exists`, or the rule of a refusal. */
export function shortly(
  results: readonly TransferResult[],
): readonly ('accepted' | 'exists' | RefusalRule)[] {
  return results.map((result) => (result.status === 'refused' ? result.rule : result.status))
}
