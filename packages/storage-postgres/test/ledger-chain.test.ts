import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import { booksOf, hold, move, post } from './ledger-fixture.ts'

const AB = { from: 'a', to: 'b' }

/** What an administrator could do who stops the triggers: a statement, and the row that must be named. */
const TAMPERINGS: Readonly<
  Record<string, { readonly statement: string; readonly rule: string; readonly subject: string }>
> = {
  'one digit of an amount': {
    statement: `update lastro.ledger_transfer set amount = amount + 1 where id = 't3'`,
    rule: 'row_changed',
    subject: 't3',
  },
  'one character of a memo': {
    statement: `update lastro.ledger_transfer set memo = 'Memo' where id = 't2'`,
    rule: 'row_changed',
    subject: 't2',
  },
  'a memo that was not there': {
    statement: `update lastro.ledger_transfer set memo = '' where id = 't1'`,
    rule: 'row_changed',
    subject: 't1',
  },
  'the account of a transfer': {
    statement: `update lastro.ledger_transfer set credit_account = (select number from lastro.ledger_account where id = 'c')
      where id = 't4'`,
    rule: 'row_changed',
    subject: 't4',
  },
  'the id of an account': {
    statement: `update lastro.ledger_account set id = 'B' where id = 'b'`,
    rule: 'row_changed',
    subject: 't1',
  },
  'a time by a microsecond': {
    statement: `update lastro.ledger_transfer set booked_at = booked_at + interval '1 microsecond' where id = 't5'`,
    rule: 'row_changed',
    subject: 't5',
  },
  'a balance after a transfer': {
    statement: `update lastro.ledger_transfer set debit_posted = debit_posted - 1 where id = 'p'`,
    rule: 'row_changed',
    subject: 'p',
  },
  'a row inserted into what was sealed': {
    statement: `insert into lastro.ledger_transfer (number, debit_account, credit_account, debit_version, credit_version,
        booked_at, id, kind, amount, debit_posted, credit_posted, cause)
      select number - 1, debit_account, credit_account, 99, 99, booked_at, 'forged', kind, amount, debit_posted,
        credit_posted, cause from lastro.ledger_transfer where id = 't3'`,
    rule: 'row_inserted',
    subject: 'forged',
  },
  'two rows swapped': {
    statement: `update lastro.ledger_transfer one set number = -other.number from lastro.ledger_transfer other
      where one.id in ('t2', 't4') and other.id in ('t2', 't4') and one.id <> other.id;
      update lastro.ledger_transfer set number = -number where number < 0`,
    rule: 'row_changed',
    subject: 't4',
  },
  'an audit row': {
    statement: `update lastro.audit set actor = 'operator:eve' where seq = (select min(seq) from lastro.audit)`,
    rule: 'row_changed',
    subject: 'the first audit row',
  },
}

eachDatabase((db) => {
  const books = booksOf(db)

  beforeEach(async () => {
    await db.truncate()
    await books.open({ a: {}, b: {}, c: {} })
    // One call each, so that numbers have room between them.
    for (const n of [1, 2, 3, 4, 5])
      await books.one(move(`t${n}`, AB, 10n * BigInt(n), n === 2 ? { memo: 'memo' } : {}))
    await books.post([hold('h', AB, 7n), post('p', 'h', 5n)])
    await books.accounts.freeze('c', { actor: 'operator:ana' })
    await books.accounts.unfreeze('c')
  })

  /** Runs statements as a superuser whom no trigger stops. */
  const tamper = (statements: string) =>
    db.transaction(async (sql) => {
      await sql.query(`set local session_replication_role = 'replica'`)
      for (const statement of statements.split(';')) await sql.query(statement)
    })

  const numberOf = async (id: string) => {
    const [row] = await db.sql.query<{ number: string }>(
      `select number::text as number from lastro.ledger_transfer where id = '${id}'`,
    )
    return BigInt(row?.number ?? '0')
  }

  test('what is sealed is sound, and what is not sealed yet is counted', async () => {
    expect(
      (await books.verifyChain()).chains.map(({ chain, sealed, unsealed }) => [chain, sealed, unsealed]),
    ).toEqual([
      ['transfers', 0n, 7n],
      ['audit', 0n, 2n],
    ])
    const report = await books.seal()
    expect(report.sealed).toEqual({ transfers: 7, audit: 2 })
    expect(report.heads.map(({ chain, number }) => [chain, number])).toEqual([
      ['transfers', 1],
      ['audit', 1],
    ])
    await books.one(move('t6', AB, 1n))
    const found = await books.verifyChain()
    expect(found).toMatchObject({ isSound: true, first: null, breaches: [] })
    expect(found.chains.map(({ sealed, unsealed, head }) => [sealed, unsealed, head])).toEqual([
      [7n, 1n, report.heads[0]],
      [2n, 0n, report.heads[1]],
    ])
    expect((await books.seal()).sealed).toEqual({ transfers: 1, audit: 0 })
    expect((await books.seal()).sealed).toEqual({ transfers: 0, audit: 0 })
    expect(await books.verifyChain()).toMatchObject({ isSound: true })
  })

  describe('is found and named', () => {
    for (const [title, { statement, rule, subject }] of Object.entries(TAMPERINGS)) {
      test(title, async () => {
        await books.seal()
        await books.one(move('t6', AB, 1n))
        await books.seal()
        await tamper(statement)
        const { isSound, first } = await books.verifyChain()
        expect(isSound).toBe(false)
        expect(first?.rule).toBe(rule)
        if (first?.chain === 'audit') {
          const [row] = await db.sql.query<{ seq: string }>(`select min(seq)::text as seq from lastro.audit`)
          expect(first.subject).toBe(row?.seq)
        } else expect(first?.subject).toBe(subject)
      })
    }

    test('a row deleted', async () => {
      await books.seal()
      const number = await numberOf('t3')
      await tamper(`delete from lastro.ledger_transfer where id = 't3'`)
      expect((await books.verifyChain()).breaches).toEqual([
        { chain: 'transfers', rule: 'row_missing', number, subject: number.toString() },
      ])
    })

    test('a digest made anew for a changed row: the next row tells', async () => {
      await books.seal()
      await tamper(`update lastro.ledger_transfer set amount = 11 where id = 't1';
        update lastro.ledger_digest set digest = sha256(decode(repeat('00', 32), 'hex') || convert_to(
          (select body from lastro.ledger_sealable('transfers', 0, 9223372036854775807, 1)), 'UTF8'))
        where chain = 'transfers' and number = (select min(number) from lastro.ledger_transfer)`)
      expect((await books.verifyChain()).breaches.map(({ rule, subject }) => [rule, subject])).toEqual([
        ['row_changed', 't2'],
      ])
    })

    test('a seal changed, a digest without a seal', async () => {
      await books.seal()
      await tamper(`update lastro.ledger_seal set rows = rows + 1 where chain = 'audit'`)
      expect((await books.verifyChain()).first).toMatchObject({
        chain: 'audit',
        rule: 'seal_changed',
        number: 1n,
      })
      await books.one(move('t6', AB, 1n))
      const number = await numberOf('t6')
      await tamper(`insert into lastro.ledger_digest (chain, number, digest)
        values ('transfers', ${number}, decode(repeat('00', 32), 'hex'))`)
      expect((await books.verifyChain()).first).toMatchObject({ rule: 'digest_without_seal', subject: 't6' })
    })

    test('a whole chain made anew, by a seal that was kept elsewhere', async () => {
      await books.seal()
      const kept = (await books.seal()).heads
      await tamper(`update lastro.ledger_transfer set memo = 'forged' where id = 't2';
        delete from lastro.ledger_digest; delete from lastro.ledger_seal`)
      expect((await books.verifyChain({ anchors: kept })).first).toMatchObject({ rule: 'anchor_missing' })
      await books.seal()
      expect(await books.verifyChain()).toMatchObject({ isSound: true })
      const { breaches } = await books.verifyChain({ anchors: kept })
      expect(breaches).toEqual([{ chain: 'transfers', rule: 'anchor_differs', number: 1n, subject: '1' }])
    })
  })

  test('ordinary statements may change none of it', async () => {
    await books.seal()
    for (const table of ['ledger_digest', 'ledger_seal', 'ledger_transfer', 'audit']) {
      for (const statement of [`delete from lastro.${table}`, `truncate lastro.${table}`]) {
        await expect(db.sql.query(statement)).rejects.toThrow(/append-only/)
      }
    }
    for (const statement of [
      `update lastro.ledger_digest set digest = digest`,
      `update lastro.ledger_seal set rows = 1`,
      `update lastro.audit set actor = 'system'`,
      `insert into lastro.ledger_digest (chain, number, digest) values ('audit', 99, decode(repeat('00', 32), 'hex'))`,
    ]) {
      await expect(db.sql.query(statement)).rejects.toThrow(/append-only|own functions only/)
    }
  })
})

// PGlite is one connection: nothing runs while it seals.
eachDatabase(
  (db) => {
    const books = booksOf(db)

    beforeEach(async () => {
      await db.truncate()
      await books.open({ a: {}, b: {}, c: {}, d: {} })
    })

    test('a transfer that commits late is sealed later, and nothing with a larger number before it', async () => {
      await books.one(move('first', AB, 1n))
      await db.hostTransaction(async ({ tx }) => {
        await books.post([move('late', AB, 1n)], { tx })
        await books.accounts.freeze('b', { tx })
        await books.one(move('early', { from: 'c', to: 'd' }, 1n))
        await books.accounts.freeze('c')
        await books.seal()
        const report = await books.seal()
        expect(report.heads).toEqual([])
        expect((await books.verifyChain()).isSound).toBe(true)
      })
      expect((await books.seal()).sealed).toEqual({ transfers: 3, audit: 2 })
      expect(await books.verifyChain()).toMatchObject({ isSound: true })
    })

    test('numbers rise with the versions of an account, also where a call waited for another account', async () => {
      const alone = (id: string, sides: { from: string; to: string }) =>
        db.hostTransaction(({ tx }) => books.post([move(id, sides, 1n)], { tx }))
      let waiting: Promise<unknown> = Promise.resolve()
      await db.hostTransaction(async ({ tx }) => {
        await books.post([move('t1', AB, 1n)], { tx })
        waiting = alone('t2', { from: 'a', to: 'c' })
        await expect
          .poll(() =>
            db.sql.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock'
            and datname = current_database()`),
          )
          .toHaveLength(1)
        await alone('t3', { from: 'c', to: 'd' })
      })
      await waiting
      const { items } = await books.transfers.list({ account: 'c' })
      expect(items.map(({ id }) => id)).toEqual(['t3', 't2'])
      expect((await books.journal()).items.map(({ id }) => id)).toEqual(['t1', 't3', 't2'])
    })

    test('while others book without pause, sealing keeps up by its marks', async () => {
      let isOver = false
      const busy = Array.from({ length: 4 }, async (_, lane) => {
        for (let n = 0; !isOver; n += 1)
          await db.hostTransaction(({ tx }) => books.post([move(`${lane}:${n}`, AB, 1n)], { tx }))
      })
      for (let sealed = 0; sealed < 20; ) sealed += (await books.seal()).sealed.transfers
      isOver = true
      await Promise.all(busy)
      await books.seal()
      expect(await books.verifyChain()).toMatchObject({ isSound: true })
      const { items } = await books.journal({ limit: 200 })
      const versions = items.map(({ debit }) => debit.version)
      expect(versions).toEqual([...versions].sort((left, right) => (left < right ? -1 : 1)))
    }, 60_000)
  },
  ['postgres'],
)
