import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  balanceOf,
  book,
  openAccounts,
  transfersOfCause,
  tryBook,
} from '../../core/src/books/ledger/index.ts'
import { BRL, booksOf, ETH, hold, move, post, release, shortly } from './ledger-fixture.ts'

const AB = { from: 'a', to: 'b' }
const UB = { from: 'user', to: 'b' }
const brl = (amount: bigint) => ({ amount, asset: BRL }) as const

eachDatabase((db) => {
  const books = booksOf(db)
  const at = () => db.clock.now()
  const figures = async (id: string) => {
    const { posted, pendingIn, pendingOut, available } = await books.balance(id)
    return [posted, pendingIn, pendingOut, available].map(({ amount }) => amount)
  }

  beforeEach(async () => {
    await db.truncate()
    await books.open({ a: {}, b: {}, cash: { normalSide: 'debit' }, user: { constraint: 'no_overdraft' } })
    await books.one(move('fund', { from: 'cash', to: 'user' }, 100n))
  })

  describe('what a call answers', () => {
    test('the transfer and both balances right after it', async () => {
      const result = await books.one({
        ...move('t', { from: 'user', to: 'cash' }, 30n),
        memo: 'Rückzahlung',
        effectiveAt: new Date('2026-01-05T10:00:00.123Z'),
      })
      const side = (posted: bigint) => ({
        posted: brl(posted),
        pendingIn: brl(0n),
        pendingOut: brl(0n),
        available: brl(posted),
      })
      expect(result).toEqual({
        status: 'accepted',
        id: 't',
        transfer: {
          id: 't',
          kind: 'posted',
          debit: { account: 'user', version: 2n, postedAfter: brl(70n) },
          credit: { account: 'cash', version: 2n, postedAfter: brl(70n) },
          amount: brl(30n),
          hold: null,
          holdState: null,
          expiresAt: null,
          cause: 'test',
          memo: 'Rückzahlung',
          effectiveAt: new Date('2026-01-05T10:00:00.123Z'),
          bookedAt: at(),
        },
        balances: {
          debit: { account: 'user', version: 2n, ...side(70n) },
          credit: { account: 'cash', version: 2n, ...side(70n) },
        },
      })
      expect(await books.transfers.get('t')).toEqual(result.status === 'accepted' && result.transfer)
      expect(await books.balance('user')).toEqual(result.status === 'accepted' && result.balances.debit)
    })

    test('every kind reads back as it was answered, and again as exists', async () => {
      const expiresAt = new Date(at().getTime() + 1_000)
      const transfers = [
        move('m', UB, 1n),
        move('all', UB, 500n, { balancing: 'debit', memo: 'a "memo", {with} \\ signs' }),
        hold('h', AB, 10n, { expiresAt }),
        hold('g', AB, 10n),
        hold('k', AB, 10n),
        post('whole', 'h'),
        post('part', 'g', 4n),
        release('v', 'k'),
      ]
      const first = await books.post(transfers)
      expect(shortly(first)).toEqual(transfers.map(() => 'accepted'))
      await db.clock.advance(5_000)
      const second = await books.post(transfers)
      expect(shortly(second)).toEqual(transfers.map(() => 'exists'))
      for (const [index, result] of second.entries()) {
        const before = first[index]
        if (result.status === 'refused' || before?.status !== 'accepted') throw new Error('Not booked.')
        const { holdState, ...facts } = before.transfer
        expect(result.transfer).toMatchObject(facts)
        expect(result.transfer).toEqual(await books.transfers.get(result.id))
        expect(result.balances.debit).toEqual(await books.balance(result.transfer.debit.account))
      }
      const states = await Promise.all(
        ['h', 'g', 'k'].map(async (id) => (await books.transfers.get(id)).holdState),
      )
      expect(states).toEqual(['posted', 'posted', 'voided'])
      expect(await books.verify()).toEqual([])
    })

    test('a refused transfer does not touch its neighbours', async () => {
      const results = await books.post([move('t1', UB, 60n), move('t2', UB, 60n), move('t3', UB, 40n)])
      expect(shortly(results)).toEqual(['accepted', 'insufficient_funds', 'accepted'])
      expect(await figures('user')).toEqual([0n, 0n, 0n, 0n])
    })

    test('the same id twice in one call is booked once', async () => {
      const transfers = [
        move('t', UB, 60n),
        move('t', UB, 60n),
        move('t', UB, 61n),
        hold('h', AB, 1n),
        hold('h', AB, 1n),
      ]
      expect(shortly(await books.post(transfers))).toEqual([
        'accepted',
        'exists',
        'conflict',
        'accepted',
        'exists',
      ])
      expect(await figures('user')).toEqual([40n, 0n, 0n, 40n])
    })

    test('another body under the same id in one call is a conflict, whatever differs', async () => {
      const t = (more: Parameters<typeof hold>[3] = {}, sides = AB, amount = 5n) =>
        hold('t', sides, amount, more)
      const time = new Date('2026-05-01T00:00:00.000Z')
      const others = [
        t({}, { from: 'a', to: 'user' }),
        t({}, { from: 'user', to: 'b' }),
        t({}, AB, 6n),
        t({ amount: { amount: 5n, asset: ETH } }),
        t({ cause: 'other' }),
        t({ memo: 'other' }),
        t({ effectiveAt: time }),
        t({ expiresAt: time }),
        t({ balancing: 'debit' }),
        move('t', AB, 5n),
        post('t', 'h', 5n),
      ]
      const results = await books.post([hold('h', AB, 9n), t(), ...others, t()])
      expect(shortly(results)).toEqual(['accepted', 'accepted', ...others.map(() => 'conflict'), 'exists'])
      const settled = [post('p', 'h'), post('p', 'h', 9n), release('p', 'h'), post('p', 't'), post('p', 'h')]
      expect(shortly(await books.post(settled))).toEqual([
        'accepted',
        'conflict',
        'conflict',
        'conflict',
        'exists',
      ])
    })

    test('an id that was refused earlier in the call is decided anew', async () => {
      const transfers = [move('t', UB, 101n), move('t', UB, 100n), move('t', UB, 101n)]
      expect(shortly(await books.post(transfers))).toEqual(['insufficient_funds', 'accepted', 'conflict'])
    })

    test('amounts of sixty digits are kept exactly', async () => {
      await books.open({ mint: { asset: ETH }, whale: { asset: ETH, constraint: 'no_overdraft' } })
      const amount = 10n ** 60n - 1n
      const mint = (id: string) =>
        ({ ...move(id, { from: 'mint', to: 'whale' }, 1n), amount: { amount, asset: ETH } }) as const
      await books.post([mint('t1'), mint('t2')])
      expect((await books.balance('whale')).posted.amount).toBe(2n * amount)
      expect((await books.balance('mint')).posted.amount).toBe(-2n * amount)
      expect((await books.transfers.get('t2')).credit.postedAfter.amount).toBe(2n * amount)
    })
  })

  describe('holds', () => {
    test('count as gone on one side and as on its way on the other', async () => {
      await books.post([hold('h', { from: 'user', to: 'cash' }, 30n)])
      expect(await figures('user')).toEqual([100n, 0n, 30n, 70n])
      expect(await figures('cash')).toEqual([100n, 0n, 30n, 70n])
      await books.post([hold('g', { from: 'cash', to: 'user' }, 5n)])
      expect(await figures('user')).toEqual([100n, 5n, 30n, 70n])
      expect(await figures('cash')).toEqual([100n, 5n, 30n, 70n])
    })

    test('are posted whole, in part with the rest released, or voided', async () => {
      await books.post([hold('h1', UB, 30n), hold('h2', UB, 30n), hold('h3', UB, 30n)])
      await books.post([post('p1', 'h1'), post('p2', 'h2', 10n), release('v3', 'h3')])
      expect(await figures('user')).toEqual([60n, 0n, 0n, 60n])
      expect(await figures('b')).toEqual([40n, 0n, 0n, 40n])
      expect((await books.transfers.get('v3')).amount).toEqual(brl(30n))
    })

    test('are made and settled in one call', async () => {
      const results = await books.post([
        hold('h', UB, 30n),
        post('p', 'h', 20n),
        release('v', 'h'),
        hold('g', UB, 1n),
        release('w', 'g'),
      ])
      expect(shortly(results)).toEqual(['accepted', 'accepted', 'hold_settled', 'accepted', 'accepted'])
      expect(await figures('user')).toEqual([80n, 0n, 0n, 80n])
      expect(await books.verify()).toEqual([])
    })

    test('are still settled where an account was frozen meanwhile', async () => {
      await books.post([
        hold('h1', UB, 10n),
        hold('h2', UB, 10n),
        hold('h3', UB, 10n, { expiresAt: new Date(at().getTime() + 1) }),
      ])
      await books.accounts.freeze('user')
      await books.accounts.freeze('b')
      expect(shortly(await books.post([post('p', 'h1'), release('v', 'h2')]))).toEqual([
        'accepted',
        'accepted',
      ])
      await db.clock.advance(1)
      expect(await books.holds.expire()).toBe(1)
      expect(await figures('user')).toEqual([90n, 0n, 0n, 90n])
    })
  })

  describe('linked', () => {
    const linked = (transfers: readonly Parameters<typeof books.one>[0][]) =>
      transfers.map((transfer, index) => ({ ...transfer, linked: index < transfers.length - 1 }))

    test('a group fails whole, wherever its refusal stands, and nothing around it', async () => {
      for (const [index, rule] of (['account_unknown', 'insufficient_funds'] as const).entries()) {
        const bad = [move(`x${index}`, { from: 'user', to: 'nobody' }, 1n), move(`x${index}`, UB, 1_000n)][
          index
        ]
        if (bad === undefined) throw new Error('No transfer.')
        const group = linked([move(`g${index}`, UB, 10n), bad, hold(`i${index}`, UB, 10n)])
        const results = await books.post([move(`k${index}`, UB, 1n), ...group, move(`l${index}`, UB, 1n)])
        expect(shortly(results)).toEqual(['accepted', 'linked_failed', rule, 'linked_failed', 'accepted'])
      }
      expect(await figures('user')).toEqual([96n, 0n, 0n, 96n])
      expect(await books.verify()).toEqual([])
    })

    test('a group that fails gives back holds, settlements, versions and ids', async () => {
      await books.post([hold('h', UB, 50n)])
      const before = await books.balance('user')
      const group = linked([post('p', 'h', 20n), hold('g', UB, 40n), post('q', 'g'), move('x', UB, 1_000n)])
      const after = [release('v', 'h'), post('r', 'g'), hold('g', UB, 100n)]
      expect(shortly(await books.post([...group, ...after]))).toEqual([
        'linked_failed',
        'linked_failed',
        'linked_failed',
        'insufficient_funds',
        'accepted',
        'hold_unknown',
        'accepted',
      ])
      expect((await books.balance('user')).version).toBe(before.version + 2n)
      expect(await books.verify()).toEqual([])
    })

    test('a later member sees what an earlier one did', async () => {
      const group = linked([
        move('t1', { from: 'cash', to: 'a' }, 5n),
        move('t2', AB, 5n),
        move('t3', { from: 'b', to: 'user' }, 5n),
      ])
      await books.open({ strict: { constraint: 'no_overdraft' } })
      expect(shortly(await books.post(group))).toEqual(['accepted', 'accepted', 'accepted'])
      expect((await books.balance('user')).posted.amount).toBe(105n)
    })

    test('what was booked before counts as done, and stays when the group fails', async () => {
      await books.post([move('t1', UB, 10n)])
      const ends = (id: string, amount: bigint) => linked([move('t1', UB, 10n), move(id, UB, amount)])
      expect(shortly(await books.post(ends('t2', 1_000n)))).toEqual(['exists', 'insufficient_funds'])
      expect(shortly(await books.post(ends('t3', 1n)))).toEqual(['exists', 'accepted'])
      expect(await figures('user')).toEqual([89n, 0n, 0n, 89n])
    })

    test('a copy of what the same call booked before the group stays too', async () => {
      const group = linked([move('t', UB, 10n), move('x', UB, 1_000n)])
      expect(shortly(await books.post([move('t', UB, 10n), ...group]))).toEqual([
        'accepted',
        'exists',
        'insufficient_funds',
      ])
      expect(await figures('user')).toEqual([90n, 0n, 0n, 90n])
    })

    test('a copy inside a group that fails is not booked either', async () => {
      const group = linked([move('t', UB, 10n), move('t', UB, 10n), move('x', UB, 1_000n)])
      expect(shortly(await books.post(group))).toEqual([
        'linked_failed',
        'linked_failed',
        'insufficient_funds',
      ])
      const other = linked([move('t', UB, 11n), move('t', UB, 10n)])
      expect(shortly(await books.post(other))).toEqual(['linked_failed', 'conflict'])
    })

    test('exchange and fee in one commit: through liquidity and fee accounts', async () => {
      await books.open({ 'pool:brl': {}, 'pool:eth': { asset: ETH }, 'user:eth': { asset: ETH }, fees: {} })
      const eth = { amount: { amount: 10n ** 15n, asset: ETH } } as const
      const trade = linked([
        move('trade:give', { from: 'user', to: 'pool:brl' }, 90n),
        move('trade:fee', { from: 'user', to: 'fees' }, 2n),
        { ...move('trade:take', { from: 'pool:eth', to: 'user:eth' }, 1n), ...eth },
      ])
      expect(shortly(await books.post(trade))).toEqual(['accepted', 'accepted', 'accepted'])
      const rows = await books.trialBalance()
      expect(
        rows.map(({ asset, accounts, debitsPosted, creditsPosted }) => [
          asset,
          accounts,
          debitsPosted.amount,
          creditsPosted.amount,
        ]),
      ).toEqual([
        [BRL, 6, 192n, 192n],
        [ETH, 2, 10n ** 15n, 10n ** 15n],
      ])
    })
  })

  describe('balancing', () => {
    test('moves what there is, at most the amount, and never below a minimum', async () => {
      await books.open({ limited: { minimum: brl(10n) }, owned: { normalSide: 'debit' } })
      await books.post([move('m', { from: 'owned', to: 'limited' }, 50n), hold('h', UB, 30n)])
      const all = { balancing: 'debit' } as const
      const results = await books.post([
        move('t1', UB, 40n, all),
        move('t2', UB, 500n, all),
        move('t3', UB, 500n, all),
        move('t4', { from: 'limited', to: 'b' }, 500n, all),
        hold('t5', { from: 'b', to: 'owned' }, 500n, { balancing: 'credit' }),
      ])
      expect(shortly(results)).toEqual(['accepted', 'accepted', 'insufficient_funds', 'accepted', 'accepted'])
      const amounts = results.map((result) =>
        result.status === 'refused' ? null : result.transfer.amount.amount,
      )
      expect(amounts).toEqual([40n, 30n, null, 40n, 50n])
    })
  })

  describe('inside a transaction', () => {
    test('book is all or none, also where the error is caught and the rest commits', async () => {
      await books.inside(async (tx) => {
        const booking = {
          at: at(),
          transfers: [move('t1', UB, 10n), move('t2', UB, 1_000n), move('t3', UB, 1n)],
        }
        await expect(book(tx, booking)).rejects.toMatchObject({
          code: 'ledger_refused',
          details: { transfer: 't2', rule: 'insufficient_funds', account: 'user' },
        })
        await book(tx, { at: at(), transfers: [move('t4', UB, 1n)] })
      })
      expect((await transfersInBooks()).sort()).toEqual(['fund', 't4'])
    })

    test('book again is done', async () => {
      const booking = { at: at(), transfers: [move('t1', UB, 10n), move('t2', UB, 10n)] }
      const first = await books.inside((tx) => book(tx, booking))
      const second = await books.inside((tx) => book(tx, { ...booking, at: new Date(at().getTime() + 1) }))
      expect([first, second].map((results) => results.map(({ status }) => status))).toEqual([
        ['accepted', 'accepted'],
        ['exists', 'exists'],
      ])
    })

    test('tryBook answers for each, and input is checked before anything is sent', async () => {
      await books.inside(async (tx) => {
        const transfers = [move('t1', UB, 10n), move('t2', UB, 1_000n)]
        expect(shortly(await tryBook(tx, { at: at(), transfers }))).toEqual([
          'accepted',
          'insufficient_funds',
        ])
        expect((await balanceOf(tx, 'user')).posted.amount).toBe(90n)
        const bad = { ...move('t3', UB, 1n), amount: { amount: 1.5, asset: BRL } }
        await expect(tryBook(tx, { at: at(), transfers: [bad as never] })).rejects.toMatchObject({
          code: 'invalid_input',
          details: { field: 'transfers.0.amount.amount', rule: 'must be a bigint of smallest units' },
        })
      })
    })

    test('{ tx }: a rollback of the host leaves nothing', async () => {
      const undo = new Error('undo')
      const work = db.hostTransaction(async ({ tx }) => {
        await books.accounts.create(
          { id: 'new', asset: BRL, normalSide: 'credit', constraint: 'none' },
          { tx },
        )
        await books.accounts.freeze('a', { tx, reason: 'test' })
        const [result] = await books.post([move('t', { from: 'user', to: 'new' }, 10n)], { tx })
        expect(result).toMatchObject({ status: 'accepted' })
        expect((await books.balance('new', { tx })).posted.amount).toBe(10n)
        throw undo
      })
      await expect(work).rejects.toBe(undo)
      expect(await transfersInBooks()).toEqual(['fund'])
      expect((await books.accounts.list()).items.map(({ id, state }) => [id, state])).toEqual(
        ['a', 'b', 'cash', 'user'].map((id) => [id, 'open']),
      )
    })

    test('{ tx }: what the host commits is there, and a call that throws undoes only itself', async () => {
      await db.hostTransaction(async ({ tx }) => {
        await books.post([move('t1', UB, 10n)], { tx })
        await expect(books.post([{ ...move('t2', UB, 1n), cause: '' }], { tx })).rejects.toMatchObject({
          code: 'invalid_input',
        })
        await expect(books.accounts.close('user', { tx })).rejects.toMatchObject({
          code: 'account_not_empty',
        })
        await books.post([move('t3', UB, 10n)], { tx })
      })
      expect((await transfersInBooks()).sort()).toEqual(['fund', 't1', 't3'])
    })
  })

  const transfersInBooks = async () => (await books.transfers.list()).items.map(({ id }) => id)

  describe('lists', () => {
    test('transfers of all, of an account and of a cause, page by page', async () => {
      const transfers = Array.from({ length: 7 }, (_, index) => {
        const sides = index % 2 === 0 ? UB : { from: 'b', to: 'user' }
        return move(`t${index}`, sides, 1n, { cause: index < 4 ? 'early' : 'late' })
      })
      await books.post(transfers)
      const walk = async (query: Parameters<typeof books.transfers.list>[0]) => {
        const ids: string[] = []
        let cursor: string | null = null
        do {
          const page = await books.transfers.list({ ...query, limit: 3, cursor })
          expect(page.items.length).toBeLessThanOrEqual(3)
          ids.push(...page.items.map(({ id }) => id))
          cursor = page.nextCursor
        } while (cursor !== null)
        return ids
      }
      const all = transfers.map(({ id }) => id)
      expect(await walk({})).toEqual(['fund', ...all])
      expect(await walk({ account: 'user' })).toEqual(['fund', ...all])
      expect(await walk({ account: 'b' })).toEqual(all)
      expect(await walk({ account: 'b', cause: 'late' })).toEqual(all.slice(4))
      expect(await walk({ cause: 'early' })).toEqual(all.slice(0, 4))
      expect(await walk({ account: 'nobody' })).toEqual([])
      const found = await books.inside((tx) => transfersOfCause(tx, 'late'))
      expect(found.map(({ id }) => id)).toEqual(all.slice(4))
    })

    test('accounts by prefix and asset', async () => {
      await books.open({ 'x:1': {}, 'x:2': { asset: ETH }, 'x:3': {}, 'x~': {}, y: {} })
      const ids = async (query: Parameters<typeof books.accounts.list>[0]) => {
        const page = await books.accounts.list(query)
        return [...page.items.map(({ id }) => id), page.nextCursor]
      }
      expect(await ids({ prefix: 'x:' })).toEqual(['x:1', 'x:2', 'x:3', null])
      expect(await ids({ prefix: 'x', asset: BRL })).toEqual(['x:1', 'x:3', 'x~', null])
      expect(await ids({ prefix: 'x', limit: 2 })).toEqual(['x:1', 'x:2', 'x:2'])
      expect(await ids({ prefix: 'x', limit: 2, cursor: 'x:2' })).toEqual(['x:3', 'x~', null])
    })

    test('cursors that no page answered are refused', async () => {
      for (const cursor of ['', 'x', '-1', '1; drop table', '9'.repeat(30)]) {
        await expect(books.transfers.list({ cursor })).rejects.toMatchObject({
          code: 'invalid_input',
          details: { field: 'cursor' },
        })
      }
    })
  })

  describe('accounts', () => {
    test('opening again with the same definition changes nothing', async () => {
      const definition = {
        id: 'n',
        asset: BRL,
        normalSide: 'debit',
        constraint: 'no_overdraft',
        minimum: brl(1n),
        maximum: brl(9n),
      } as const
      const opened = await books.accounts.create({
        ...definition,
        metadata: { word: 'one "two" {three} \\' },
      })
      expect(opened).toMatchObject({
        ...definition,
        state: 'open',
        metadata: { word: 'one "two" {three} \\' },
        openedAt: at(),
      })
      await db.clock.advance(1_000)
      expect(await books.accounts.create({ ...definition, metadata: { word: 'other' } })).toEqual(opened)
      expect(await books.accounts.get('n')).toEqual(opened)
    })

    test('opening with another definition names the field', async () => {
      const base = { id: 'n', asset: BRL, normalSide: 'credit', constraint: 'none' } as const
      await books.accounts.create(base)
      const others = {
        asset: { ...base, asset: ETH },
        normalSide: { ...base, normalSide: 'debit' },
        constraint: { ...base, constraint: 'no_overdraft' },
        minimum: { ...base, minimum: brl(0n) },
        maximum: { ...base, maximum: brl(0n) },
      } as const
      for (const [field, account] of Object.entries(others)) {
        const opening = books.inside((tx) => openAccounts(tx, { accounts: [base, account], at: at() }))
        await expect(opening).rejects.toMatchObject({
          code: 'invalid_input',
          details: { field: `accounts.1.${field}` },
        })
      }
    })

    test('freezing, unfreezing and closing are audited once', async () => {
      await books.accounts.freeze('a', { actor: 'operator:ana', reason: 'asked by the bank' })
      expect((await books.accounts.freeze('a')).state).toBe('frozen')
      expect((await books.accounts.unfreeze('a')).state).toBe('open')
      expect((await books.accounts.close('a')).state).toBe('closed')
      expect((await books.accounts.close('a')).state).toBe('closed')
      const { items } = await books.inside((tx) => tx.audit.list({ subject: 'a' }))
      expect(items.map(({ actor, action, details }) => [actor, action, details]).reverse()).toEqual([
        ['operator:ana', 'ledger_account.frozen', { reason: 'asked by the bank' }],
        ['system', 'ledger_account.open', {}],
        ['system', 'ledger_account.closed', {}],
      ])
      await expect(books.accounts.unfreeze('a')).rejects.toMatchObject({ code: 'illegal_transition' })
      await expect(books.accounts.freeze('nobody')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('only an empty account without holds is closed', async () => {
      await books.post([hold('h', AB, 1n)])
      for (const id of ['a', 'b', 'user']) {
        await expect(books.accounts.close(id)).rejects.toMatchObject({
          code: 'account_not_empty',
          details: { account: id },
        })
      }
      await books.post([release('v', 'h')])
      expect((await books.accounts.close('a')).state).toBe('closed')
    })
  })
})
