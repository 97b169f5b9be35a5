import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, expect, test } from 'vitest'
import { booksOf, hold, move, shortly } from './ledger-fixture.ts'

const AB = { from: 'a', to: 'b' }

/** A batch is booked in one go where everything in it is accepted, and decided one by one otherwise: by the same rules. */
eachDatabase((db) => {
  const books = booksOf(db)

  beforeEach(async () => {
    await db.truncate()
    await books.open({
      a: {},
      b: {},
      c: {},
      strict: { constraint: 'no_overdraft' },
      owned: { normalSide: 'debit', constraint: 'no_overdraft' },
    })
  })

  const call = (sums: {
    readonly amounts?: string
    readonly touches?: string
    readonly debited?: string
    readonly credited?: string
    readonly places?: readonly [string, string]
  }) => {
    const {
      amounts = '{3,4}',
      touches = '{2,2}',
      debited = '{7,0}',
      credited = '{0,7}',
      places = ['{1,1}', '{2,2}'],
    } = sums
    return db.sql.query<{ outcomes: string | null; ids: string | null }>(
      `select outcomes, ids from lastro.ledger_post('2026-01-01', '{a,b}', null, 'BRL/2', '{t,u}', null, $1::text::int[],
        $2::text::int[], null, null, null, null, $3::text::numeric[], null, null, '{test,test}', null, null, null, null,
        $4::text::int[], $5::text::numeric[], $6::text::numeric[])`,
      [...places, amounts, touches, debited, credited],
    )
  }
  const posted = async (id: string) => (await books.balance(id)).posted.amount

  test('sums that are right are believed', async () => {
    expect(await call({})).toEqual([{ outcomes: null, ids: null }])
    expect([await posted('a'), await posted('b')]).toEqual([-7n, 7n])
    expect(await books.verify()).toEqual([])
  })

  const LIES: Readonly<Record<string, Parameters<typeof call>[0]>> = {
    'too many touches': { touches: '{3,2}' },
    'touches on the other account': { touches: '{3,1}' },
    'more debited and credited': { debited: '{8,0}', credited: '{0,8}' },
    'the same more on both sides of both accounts': { debited: '{8,1}', credited: '{1,8}' },
    'sides exchanged': { debited: '{0,7}', credited: '{7,0}' },
    'nothing at all': { debited: '{null,null}', credited: '{null,null}' },
  }
  for (const [title, lie] of Object.entries(LIES)) {
    test(`sums that are wrong change nothing: ${title}`, async () => {
      expect(await call(lie)).toMatchObject([{ outcomes: null, ids: 'a\nb' }])
      expect([await posted('a'), await posted('b')]).toEqual([-7n, 7n])
      expect(await books.verify()).toEqual([])
    })
  }

  test('amounts that are no whole number above zero are refused whatever is said of their sum', async () => {
    for (const [amount, sum] of [
      ['0', '4'],
      ['-1', '3'],
      ['1.5', '5.5'],
      ['null', 'null'],
      ['NaN', 'NaN'],
      ['Infinity', 'Infinity'],
      [`1${'0'.repeat(60)}`, `1${'0'.repeat(59)}4`],
    ] as const) {
      const [row] = await call({ amounts: `{${amount},4}`, debited: `{${sum},0}`, credited: `{0,${sum}}` })
      expect([amount, row?.outcomes]).toEqual([
        amount,
        amount === '0' ? 'amount_invalid\naccepted' : expect.stringMatching(/^amount_invalid\n/),
      ])
    }
    expect(await books.verify()).toEqual([])
  })

  test('an account that pays before it is paid is refused, though the sum would be enough', async () => {
    const batch = [move('out', { from: 'strict', to: 'b' }, 5n), move('in', { from: 'a', to: 'strict' }, 5n)]
    expect(shortly(await books.post(batch))).toEqual(['insufficient_funds', 'accepted'])
    // What we own grows by debits.
    const other = [move('sell', { from: 'a', to: 'owned' }, 5n), move('buy', { from: 'owned', to: 'b' }, 5n)]
    expect(shortly(await books.post(other))).toEqual(['insufficient_funds', 'accepted'])
    expect(await books.verify()).toEqual([])
  })

  test('what is held counts as gone, and is answered', async () => {
    await books.post([move('fund', { from: 'a', to: 'strict' }, 10n)])
    await books.post([hold('h', { from: 'strict', to: 'b' }, 4n)])
    const [all, rest] = await books.post([
      move('all', { from: 'strict', to: 'c' }, 6n),
      move('more', { from: 'strict', to: 'c' }, 1n),
    ])
    expect(all).toMatchObject({
      status: 'accepted',
      balances: { debit: { posted: { amount: 4n }, pendingOut: { amount: 4n }, available: { amount: 0n } } },
    })
    expect(rest).toMatchObject({ status: 'refused', rule: 'insufficient_funds' })
    const [back] = await books.post([move('back', AB, 1n)])
    expect(back).toMatchObject({
      balances: { credit: { pendingIn: { amount: 4n }, posted: { amount: 1n } } },
    })
    expect(await books.verify()).toEqual([])
  })
})
