import type { HostTx } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import { booksOf, ETH, hold, move } from './ledger-fixture.ts'

const AB = { from: 'a', to: 'b' }

/** A transfer written past the ledger, as its account's ninth. */
function insertTransfer(row: {
  debit: string
  credit: string
  kind?: string
  held?: string
  amount?: number
}): string {
  const account = (id: string) => `coalesce((select number from lastro.ledger_account where id = '${id}'), 0)`
  const held =
    row.held === undefined ? 'null' : `(select number from lastro.ledger_transfer where id = '${row.held}')`
  return `insert into lastro.ledger_transfer (number, debit_account, credit_account, debit_version, credit_version, hold,
      booked_at, id, kind, amount, debit_posted, credit_posted, cause)
    values (nextval('lastro.ledger_transfer_number'), ${account(row.debit)}, ${account(row.credit)}, 9, 9, ${held},
      now(), 'x', '${row.kind ?? 'posted'}', ${row.amount ?? 1}, 1, 1, 'x')`
}

/** Statements that nobody may run, with or without the setting by which the ledger's own functions write. */
const NEVER = {
  'change a transfer': `update lastro.ledger_transfer set amount = 1`,
  'change no transfer': `update lastro.ledger_transfer set memo = 'x' where false`,
  'delete a transfer': `delete from lastro.ledger_transfer where id = 't'`,
  'truncate transfers': `truncate lastro.ledger_transfer`,
  'delete an account': `delete from lastro.ledger_account where id = 'c'`,
  'truncate accounts': `truncate lastro.ledger_account`,
  'delete a hold': `delete from lastro.ledger_hold`,
  'truncate holds': `truncate lastro.ledger_hold`,
  'open an account with money': `insert into lastro.ledger_account
    (id, asset, normal_side, no_overdraft, metadata, opened_at, credits_posted) values ('rich', 'BRL/2', 'credit', false, '{}', now(), 5)`,
  'make money': `update lastro.ledger_account set credits_posted = credits_posted + 1 where id = 'a'`,
  'hold nothing': `update lastro.ledger_account set debits_pending = debits_pending + 1 where id = 'a'`,
  overdraw: `update lastro.ledger_account set debits_posted = debits_posted + 1000 where id in ('b', 'strict')`,
  'close what is not empty': `update lastro.ledger_account set state = 'closed' where id = 'b'`,
  'give an account another asset': `update lastro.ledger_account set asset = 'ETH/18' where id = 'a'`,
  'book from an account to itself': insertTransfer({ debit: 'a', credit: 'a' }),
  'book a negative amount': insertTransfer({ debit: 'a', credit: 'b', amount: -1 }),
  'settle nothing': insertTransfer({ debit: 'a', credit: 'b', kind: 'post' }),
}

/** Statements that the ledger's own functions run, and nobody else. */
const BY_ITSELF = {
  'balanced change of balances': `update lastro.ledger_account set version = version + 1`,
  state: `update lastro.ledger_account set state = 'frozen' where id = 'a'`,
  hold: `update lastro.ledger_hold set state = 'voided'`,
  'new hold': `insert into lastro.ledger_hold (number, state) values (99, 'open')`,
  transfer: insertTransfer({ debit: 'a', credit: 'b' }),
}

const REFUSED = /append-only|own functions only|would not be equal|violates check constraint/

eachDatabase((db) => {
  const books = booksOf(db)

  beforeEach(async () => {
    await db.truncate()
    await books.open({ a: {}, b: {}, c: {}, ether: { asset: ETH }, strict: { constraint: 'no_overdraft' } })
    await books.post([move('t', AB, 100n), hold('h', AB, 10n)])
  })

  const whole = async () => [await books.transfers.list(), await books.accounts.list(), await books.verify()]

  const withSetting = (statement: string): Promise<void> =>
    db.transaction(async (sql) => {
      await sql.query(`select set_config('lastro_ledger.booking', 'on', true)`)
      await sql.query(statement)
    })

  describe('nobody may', () => {
    for (const [title, statement] of Object.entries(NEVER)) {
      test(title, async () => {
        const before = await whole()
        await expect(db.sql.query(statement)).rejects.toThrow(REFUSED)
        await expect(withSetting(statement)).rejects.toThrow(REFUSED)
        expect(await whole()).toEqual(before)
      })
    }
  })

  describe('only the ledger itself may change', () => {
    for (const [title, statement] of Object.entries(BY_ITSELF)) {
      test(title, async () => {
        await expect(db.sql.query(statement)).rejects.toThrow(/own functions only/)
        // The same statement is sound otherwise, so it is the guard that refused it.
        await withSetting(statement)
      })
    }

    test('also after it has written in the same transaction', async () => {
      const writes: readonly ((tx: HostTx) => Promise<unknown>)[] = [
        (tx) => books.post([move('t2', AB, 1n)], { tx }),
        (tx) => books.accounts.freeze('c', { tx }),
      ]
      for (const write of writes) {
        const work = db.hostTransaction(async ({ tx, sql }) => {
          await write(tx)
          await sql.query(BY_ITSELF.state)
        })
        await expect(work).rejects.toThrow(/own functions only/)
      }
    })
  })

  /** What somebody could do who sets the setting by hand and keeps to the checks: the recomputation finds it. */
  const BREACHES: Readonly<
    Record<string, { readonly statement: string; readonly rules: readonly string[] }>
  > = {
    'balances moved without a transfer': {
      statement: `update lastro.ledger_account set debits_posted = debits_posted + case id when 'a' then 5 else 0 end,
        credits_posted = credits_posted + case id when 'b' then 5 else 0 end`,
      rules: ['balance_equals_transfers'],
    },
    'a version that no transfer made': {
      statement: `update lastro.ledger_account set version = 7 where id = 'a'`,
      rules: ['versions_gapless'],
    },
    'a transfer that changed no balance': {
      statement: insertTransfer({ debit: 'a', credit: 'b' }),
      rules: ['balance_after', 'balance_equals_transfers', 'versions_gapless'],
    },
    'a transfer between two assets': {
      statement: insertTransfer({ debit: 'a', credit: 'ether' }),
      rules: ['balance_after', 'balance_equals_transfers', 'one_asset', 'versions_gapless'],
    },
    'a transfer of an account that is not there': {
      statement: insertTransfer({ debit: 'a', credit: 'nobody' }),
      rules: ['accounts_known', 'balance_after', 'balance_equals_transfers', 'versions_gapless'],
    },
    'a hold closed by hand': { statement: BY_ITSELF.hold, rules: ['hold_state'] },
    'a hold without a transfer': { statement: BY_ITSELF['new hold'], rules: ['hold_state'] },
    'a settlement of more than was held': {
      statement: insertTransfer({ debit: 'a', credit: 'b', kind: 'post', held: 'h', amount: 11 }),
      rules: [
        'balance_after',
        'balance_equals_transfers',
        'held_after',
        'hold_settlement',
        'hold_state',
        'versions_gapless',
      ],
    },
    'a settlement between other accounts': {
      statement: insertTransfer({ debit: 'c', credit: 'b', kind: 'void', held: 'h', amount: 10 }),
      rules: [
        'balance_after',
        'balance_equals_transfers',
        'held_after',
        'hold_settlement',
        'hold_state',
        'versions_gapless',
      ],
    },
  }

  describe('verify finds', () => {
    for (const [title, { statement, rules }] of Object.entries(BREACHES)) {
      test(title, async () => {
        expect(await books.verify()).toEqual([])
        await withSetting(statement)
        const found = (await books.verify()).map(({ rule }) => rule)
        expect([...new Set(found)].sort()).toEqual(rules)
      })
    }
  })
})
