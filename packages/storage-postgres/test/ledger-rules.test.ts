import type { NewTransfer, RefusalRule } from '@lastro/core/storage'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import { REFUSALS } from '../../core/src/books/ledger/index.ts'
import { type Books, BRL, booksOf, ETH, hold, move, post, release, shortly } from './ledger-fixture.ts'

const START = '2026-03-02T12:00:00.000Z'
const LATER = new Date('2026-03-02T13:00:00.000Z')
const AB = { from: 'a', to: 'b' }

/** What must be so before, the transfer that is refused, and the account that the refusal names. */
interface Scenario {
  readonly title: string
  readonly given?: (books: Books) => Promise<unknown>
  readonly transfer: NewTransfer
  readonly account?: string
}

const money = (amount: bigint, asset: 'BRL/2' | 'ETH/18' = BRL) => ({ amount: { amount, asset } })
const booked =
  (...transfers: readonly NewTransfer[]) =>
  async (books: Books) =>
    expect(shortly(await books.post(transfers))).toEqual(transfers.map(() => 'accepted'))

/** Accounts `a` and `b` are open in BRL, owed and unlimited; `funded` may not be overdrawn and holds 100. */
const SCENARIOS: {
  readonly [R in Exclude<
    RefusalRule,
    'linked_failed' | 'amount_invalid' | 'velocity_limit'
  >]: readonly Scenario[]
} = {
  account_unknown: [
    { title: 'debit', transfer: move('t', { from: 'nobody', to: 'b' }, 1n), account: 'nobody' },
    { title: 'credit', transfer: move('t', { from: 'a', to: 'nobody' }, 1n), account: 'nobody' },
    { title: 'hold', transfer: hold('t', { from: 'a', to: 'nobody' }, 1n), account: 'nobody' },
  ],
  account_frozen: [
    {
      title: 'debit',
      given: (books) => books.accounts.freeze('a'),
      transfer: move('t', AB, 1n),
      account: 'a',
    },
    {
      title: 'credit',
      given: (books) => books.accounts.freeze('b'),
      transfer: move('t', AB, 1n),
      account: 'b',
    },
    {
      title: 'hold',
      given: (books) => books.accounts.freeze('b'),
      transfer: hold('t', AB, 1n),
      account: 'b',
    },
  ],
  account_closed: [
    {
      title: 'debit',
      given: (books) => books.accounts.close('a'),
      transfer: move('t', AB, 1n),
      account: 'a',
    },
    {
      title: 'credit',
      given: (books) => books.accounts.close('b'),
      transfer: hold('t', AB, 1n),
      account: 'b',
    },
  ],
  same_account: [{ title: 'posted', transfer: move('t', { from: 'a', to: 'a' }, 1n), account: 'a' }],
  asset_mismatch: [
    { title: 'amount', transfer: move('t', AB, 1n, money(1n, ETH)), account: 'a' },
    { title: 'debit', transfer: move('t', { from: 'ether', to: 'b' }, 1n), account: 'ether' },
    { title: 'credit', transfer: move('t', { from: 'a', to: 'ether' }, 1n), account: 'ether' },
    {
      title: 'post',
      given: booked(hold('h', AB, 1n)),
      transfer: { kind: 'post', id: 't', hold: 'h', cause: 'test', ...money(1n, ETH) },
      account: 'a',
    },
  ],
  insufficient_funds: [
    { title: 'posted', transfer: move('t', { from: 'funded', to: 'b' }, 101n), account: 'funded' },
    { title: 'hold', transfer: hold('t', { from: 'funded', to: 'b' }, 101n), account: 'funded' },
    {
      title: 'what is held counts as gone',
      given: booked(hold('h', { from: 'funded', to: 'b' }, 60n)),
      transfer: move('t', { from: 'funded', to: 'b' }, 41n),
      account: 'funded',
    },
    {
      title: 'what is on its way in does not count',
      given: booked(hold('h', { from: 'a', to: 'funded' }, 60n)),
      transfer: move('t', { from: 'funded', to: 'b' }, 101n),
      account: 'funded',
    },
    { title: 'owned account', transfer: move('t', { from: 'a', to: 'owned' }, 51n), account: 'owned' },
    {
      title: 'balancing with nothing left',
      transfer: move('t', AB, 1n, { balancing: 'debit' }),
      account: 'a',
    },
    {
      title: 'balancing a credit',
      transfer: move('t', { from: 'a', to: 'limited' }, 1n, { balancing: 'credit' }),
      account: 'limited',
    },
  ],
  minimum_balance: [
    { title: 'floor', transfer: move('t', { from: 'limited', to: 'b' }, 91n), account: 'limited' },
    { title: 'hold', transfer: hold('t', { from: 'limited', to: 'b' }, 91n), account: 'limited' },
    { title: 'credit line', transfer: move('t', { from: 'line', to: 'b' }, 501n), account: 'line' },
    { title: 'owned account', transfer: move('t', { from: 'a', to: 'safe' }, 41n), account: 'safe' },
  ],
  maximum_balance: [
    { title: 'ceiling', transfer: move('t', { from: 'a', to: 'limited' }, 101n), account: 'limited' },
    {
      title: 'what is on its way in counts as there',
      given: booked(hold('h', { from: 'a', to: 'limited' }, 60n)),
      transfer: hold('t', { from: 'a', to: 'limited' }, 41n),
      account: 'limited',
    },
    { title: 'owned account', transfer: move('t', { from: 'safe', to: 'b' }, 51n), account: 'safe' },
  ],
  hold_unknown: [
    { title: 'post', transfer: post('t', 'nothing') },
    { title: 'void', transfer: release('t', 'nothing') },
    { title: 'a posted transfer is no hold', given: booked(move('m', AB, 1n)), transfer: post('t', 'm') },
  ],
  hold_settled: [
    { title: 'posted', given: booked(hold('h', AB, 5n), post('p', 'h', 2n)), transfer: post('t', 'h', 3n) },
    { title: 'posted, void', given: booked(hold('h', AB, 5n), post('p', 'h')), transfer: release('t', 'h') },
    { title: 'voided', given: booked(hold('h', AB, 5n), release('v', 'h')), transfer: post('t', 'h') },
  ],
  hold_expired: [
    { title: 'from its beginning', transfer: hold('t', AB, 1n, { expiresAt: new Date(START) }) },
  ],
  hold_not_expired: [],
  hold_exceeded: [{ title: 'post', given: booked(hold('h', AB, 5n)), transfer: post('t', 'h', 6n) }],
  conflict: [
    { title: 'amount', given: booked(move('t', AB, 1n)), transfer: move('t', AB, 2n) },
    { title: 'asset', given: booked(move('t', AB, 1n)), transfer: move('t', AB, 1n, money(1n, ETH)) },
    { title: 'sides', given: booked(move('t', AB, 1n)), transfer: move('t', { from: 'b', to: 'a' }, 1n) },
    {
      title: 'account that is not there',
      given: booked(move('t', AB, 1n)),
      transfer: move('t', { from: 'a', to: 'x' }, 1n),
    },
    { title: 'kind', given: booked(move('t', AB, 1n)), transfer: hold('t', AB, 1n) },
    { title: 'cause', given: booked(move('t', AB, 1n)), transfer: move('t', AB, 1n, { cause: 'other' }) },
    { title: 'memo', given: booked(move('t', AB, 1n)), transfer: move('t', AB, 1n, { memo: 'other' }) },
    {
      title: 'effectiveAt',
      given: booked(move('t', AB, 1n)),
      transfer: move('t', AB, 1n, { effectiveAt: LATER }),
    },
    {
      title: 'expiresAt',
      given: booked(hold('t', AB, 1n)),
      transfer: hold('t', AB, 1n, { expiresAt: LATER }),
    },
    {
      title: 'balancing',
      given: booked(move('t', { from: 'funded', to: 'b' }, 1n)),
      transfer: move('t', { from: 'funded', to: 'b' }, 1n, { balancing: 'debit' }),
    },
    {
      title: 'what was asked with balancing',
      given: booked(move('t', { from: 'funded', to: 'b' }, 500n, { balancing: 'debit' })),
      transfer: move('t', { from: 'funded', to: 'b' }, 100n, { balancing: 'debit' }),
    },
    {
      title: 'hold',
      given: booked(hold('h', AB, 1n), hold('g', AB, 1n), post('t', 'h')),
      transfer: post('t', 'g'),
    },
    { title: 'post and void', given: booked(hold('h', AB, 1n), post('t', 'h')), transfer: release('t', 'h') },
    {
      title: 'whole and part',
      given: booked(hold('h', AB, 5n), post('t', 'h')),
      transfer: post('t', 'h', 5n),
    },
  ],
}

eachDatabase((db) => {
  const books = booksOf(db)

  beforeEach(async () => {
    await db.truncate()
    await db.clock.set(START)
    await books.open({
      a: {},
      b: {},
      mint: {},
      ether: { asset: ETH },
      funded: { constraint: 'no_overdraft' },
      owned: { normalSide: 'debit', constraint: 'no_overdraft' },
      limited: { minimum: { amount: 10n, asset: BRL }, maximum: { amount: 200n, asset: BRL } },
      line: { minimum: { amount: -500n, asset: BRL } },
      safe: {
        normalSide: 'debit',
        minimum: { amount: 10n, asset: BRL },
        maximum: { amount: 100n, asset: BRL },
      },
    })
    await booked(
      move('fund', { from: 'owned', to: 'funded' }, 50n),
      move('fund2', { from: 'safe', to: 'funded' }, 50n),
      move('fund3', { from: 'line', to: 'limited' }, 100n),
      move('fund4', { from: 'mint', to: 'line' }, 100n),
    )(books)
  })

  for (const [rule, scenarios] of Object.entries(SCENARIOS)) {
    describe(rule, () => {
      for (const { title, given, transfer, account } of scenarios) {
        test(title, async () => {
          await given?.(books)
          const before = await books.trialBalance()
          expect(await books.one(transfer)).toEqual({
            status: 'refused',
            id: transfer.id,
            rule,
            account: account ?? null,
          })
          expect(await books.trialBalance()).toEqual(before)
          expect(await books.verify()).toEqual([])
        })
      }
    })
  }

  test('a refused transfer leaves no row, and its id stays free', async () => {
    expect(shortly(await books.post([move('t', { from: 'funded', to: 'b' }, 101n)]))).toEqual([
      'insufficient_funds',
    ])
    await expect(books.transfers.get('t')).rejects.toMatchObject({ code: 'not_found' })
    expect(shortly(await books.post([move('t', { from: 'funded', to: 'b' }, 100n)]))).toEqual(['accepted'])
  })

  test('limits are reached exactly', async () => {
    const exact = [
      move('t1', { from: 'funded', to: 'b' }, 100n),
      move('t2', { from: 'limited', to: 'b' }, 90n),
      move('t3', { from: 'b', to: 'limited' }, 190n),
      move('t4', { from: 'line', to: 'b' }, 500n),
      move('t5', { from: 'b', to: 'owned' }, 50n),
      move('t6', { from: 'b', to: 'safe' }, 40n),
      move('t7', { from: 'safe', to: 'b' }, 90n),
    ]
    expect(shortly(await books.post(exact))).toEqual(exact.map(() => 'accepted'))
  })

  test('a limit that is broken already does not hinder what leads back', async () => {
    await books.open({ below: { minimum: { amount: 100n, asset: BRL } } })
    expect(shortly(await books.post([move('t', { from: 'a', to: 'below' }, 5n)]))).toEqual(['accepted'])
  })

  test('the database alone refuses amounts that are no whole number above zero', async () => {
    const call = (amount: string, kind = 'posted', held: string | null = null) =>
      db.sql.query<{ rule: string }>(
        `select outcomes as rule from lastro.ledger_post('2026-01-01', '{a,b}', $3::text::text[], 'BRL/2', '{t}',
          $2::text::text[], '{1}', '{2}', $4::text::int[], null, null, null, $1::text::numeric[], null, null, '{test}', null,
          null, null, null)`,
        [`{${amount}}`, `{${kind}}`, held, held === null ? null : '{1}'],
      )
    await booked(hold('h', AB, 5n))(books)
    for (const amount of ['0', '-1', '1.5', 'null', 'NaN', 'Infinity', `1${'0'.repeat(60)}`]) {
      expect([amount, await call(amount)]).toEqual([amount, [{ rule: 'amount_invalid' }]])
    }
    for (const amount of ['0', '-1', '1.5']) {
      expect([amount, await call(amount, 'post', '{h}')]).toEqual([amount, [{ rule: 'amount_invalid' }]])
    }
    for (const amount of ['NaN', 'Infinity', '6']) {
      expect([amount, await call(amount, 'post', '{h}')]).toEqual([amount, [{ rule: 'hold_exceeded' }]])
    }
  })

  test('the database refuses to expire a hold before its time', async () => {
    await booked(hold('h', AB, 5n, { expiresAt: LATER }), hold('g', AB, 5n))(books)
    const results = await books.inside((tx) => {
      const expire = (held: string) => ({ kind: 'expire', id: `expire:${held}`, hold: held, cause: 'test' })
      return tx.ledger.post({
        transfers: [expire('h'), expire('g')] as never,
        at: new Date(LATER.getTime() - 1),
      })
    })
    expect(shortly(results)).toEqual(['hold_not_expired', 'hold_not_expired'])
  })

  test('an expired hold is neither posted nor voided, before and after the sweep', async () => {
    await booked(hold('h', AB, 5n, { expiresAt: LATER }), hold('g', AB, 5n))(books)
    await db.clock.set(new Date(LATER.getTime() - 1))
    expect(await books.holds.expire()).toBe(0)
    await db.clock.set(LATER)
    expect(shortly(await books.post([post('p', 'h'), release('v', 'h')]))).toEqual([
      'hold_expired',
      'hold_expired',
    ])
    expect((await books.balance('a')).pendingOut.amount).toBe(10n)
    expect(await books.holds.expire()).toBe(1)
    expect(await books.holds.expire()).toBe(0)
    expect((await books.balance('a')).pendingOut.amount).toBe(5n)
    expect(shortly(await books.post([post('p', 'h'), release('v', 'h')]))).toEqual([
      'hold_expired',
      'hold_expired',
    ])
    expect(await books.transfers.get('h')).toMatchObject({ holdState: 'expired', expiresAt: LATER })
    expect(await books.transfers.get('expire:h')).toMatchObject({
      kind: 'expire',
      hold: 'h',
      cause: 'test',
      bookedAt: LATER,
    })
    expect(await books.verify()).toEqual([])
  })

  test('every rule of the table has a scenario or a test of its own', () => {
    const elsewhere = ['linked_failed', 'amount_invalid', 'hold_not_expired', 'velocity_limit']
    const shown = Object.entries(SCENARIOS).flatMap(([rule, scenarios]) =>
      scenarios.length > 0 ? [rule] : [],
    )
    expect([...shown, ...elsewhere].sort()).toEqual(Object.keys(REFUSALS).sort())
  })
})
