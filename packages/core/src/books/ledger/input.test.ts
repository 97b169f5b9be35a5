import { describe, expect, test } from 'vitest'
import { book, createLedger, expireHolds, expireHoldsHandler, type LedgerTx, openAccounts } from './index.ts'

const at = new Date('2026-03-02T12:00:00.000Z')
const money = { amount: 1n, asset: 'BRL/2' }
const transfer = { kind: 'posted', id: 't', debit: 'a', credit: 'b', amount: money, cause: 'c' }
const account = { id: 'a', asset: 'BRL/2', normalSide: 'debit', constraint: 'none' }

/** A store that nothing may reach. */
const sealed = {
  ledger: new Proxy({}, { get: (_, name) => expect.unreachable(`reached ${String(name)}`) }),
} as LedgerTx

const without = (name: string) => Object.fromEntries(Object.entries(transfer).filter(([key]) => key !== name))

describe('a transfer is checked before it is sent', () => {
  const cases: readonly (readonly [field: string, rule: RegExp, transfer: object])[] = [
    ['kind', /posted, pending, post or void/, { ...transfer, kind: 'expire' }],
    ['kind', /posted, pending, post or void/, without('kind')],
    ['id', /required/, without('id')],
    ['id', /not be empty/, { ...transfer, id: '' }],
    ['id', /at most 128/, { ...transfer, id: 'x'.repeat(129) }],
    ['id', /without spaces/, { ...transfer, id: 'a b' }],
    ['id', /ASCII/, { ...transfer, id: 'título' }],
    ['id', /expire:/, { ...transfer, id: 'expire:h' }],
    ['debit', /required/, without('debit')],
    ['credit', /without spaces/, { ...transfer, credit: 'a\u0000' }],
    ['cause', /required/, without('cause')],
    ['amount', /must be money/, { ...transfer, amount: 10n }],
    ['amount.amount', /bigint/, { ...transfer, amount: { ...money, amount: 10 } }],
    ['amount.amount', /more than zero/, { ...transfer, amount: { ...money, amount: 0n } }],
    ['amount.amount', /more than zero/, { ...transfer, amount: { ...money, amount: -1n } }],
    ['amount.amount', /less than 10\^60/, { ...transfer, amount: { ...money, amount: 10n ** 60n } }],
    ['amount.asset', /asset id/, { ...transfer, amount: { ...money, asset: 'BRL' } }],
    ['amount.currency', /not a known field/, { ...transfer, amount: { ...money, currency: 'BRL' } }],
    ['balancing', /debit or credit/, { ...transfer, balancing: 'both' }],
    ['effectiveAt', /must be a Date/, { ...transfer, effectiveAt: '2026-01-01' }],
    ['effectiveAt', /Date/, { ...transfer, effectiveAt: new Date(Number.NaN) }],
    ['effectiveAt', /years/, { ...transfer, effectiveAt: new Date('+012026-01-01T00:00:00Z') }],
    ['memo', /at most 256/, { ...transfer, memo: 'x'.repeat(257) }],
    ['memo', /well-formed/, { ...transfer, memo: 'a\u0000b' }],
    ['memo', /well-formed/, { ...transfer, memo: '\ud800' }],
    ['linked', /true or false/, { ...transfer, linked: 1 }],
    ['hold', /not a known field/, { ...transfer, hold: 'h' }],
    ['hold', /required/, { kind: 'void', id: 't', cause: 'c' }],
    ['amount', /not a known field/, { kind: 'void', id: 't', cause: 'c', hold: 'h', amount: money }],
    ['expiresAt', /not a known field/, { ...transfer, expiresAt: at }],
  ]
  test.each(cases)('%s: %s', async (field, rule, bad) => {
    const booking = { at, transfers: [transfer, bad] as never }
    await expect(book(sealed, booking)).rejects.toMatchObject({
      code: 'invalid_input',
      details: { field: `transfers.1.${field}`, rule: expect.stringMatching(rule) },
    })
  })

  test('so is the list', async () => {
    const lists: readonly (readonly [rule: RegExp, transfers: unknown])[] = [
      [/at least one/, []],
      [/at most 1000/, Array.from({ length: 1_001 }, () => transfer)],
      [/not linked/, [{ ...transfer, linked: true }]],
      [/list of transfers/, transfer],
    ]
    for (const [rule, transfers] of lists) {
      await expect(book(sealed, { at, transfers: transfers as never })).rejects.toMatchObject({
        code: 'invalid_input',
        details: { field: 'transfers', rule: expect.stringMatching(rule) },
      })
    }
  })
})

describe('an account is checked before it is sent', () => {
  const cases: readonly (readonly [field: string, rule: RegExp, account: object])[] = [
    ['id', /without spaces/, { ...account, id: 'a b' }],
    ['asset', /asset id/, { ...account, asset: 'BRL' }],
    ['normalSide', /debit or credit/, { ...account, normalSide: 'left' }],
    ['constraint', /none or no_overdraft/, { ...account, constraint: undefined }],
    ['minimum.asset', /asset of the account/, { ...account, minimum: { amount: 1n, asset: 'USD/2' } }],
    ['maximum.asset', /asset of the account/, { ...account, maximum: { amount: 1n, asset: 'USD/2' } }],
    [
      'maximum.amount',
      /below the minimum/,
      { ...account, minimum: money, maximum: { ...money, amount: 0n } },
    ],
    ['maximum.amount', /60 digits/, { ...account, maximum: { ...money, amount: 10n ** 60n } }],
    ['metadata.key', /well-formed/, { ...account, metadata: { key: '\u0000' } }],
    ['state', /not a known field/, { ...account, state: 'open' }],
  ]
  test.each(cases)('%s: %s', async (field, rule, bad) => {
    await expect(openAccounts(sealed, { at, accounts: [bad as never] })).rejects.toMatchObject({
      code: 'invalid_input',
      details: { field: `accounts.0.${field}`, rule: expect.stringMatching(rule) },
    })
  })
})

describe('queries are checked before they are sent', () => {
  const storage = { transaction: () => expect.unreachable(), read: () => expect.unreachable() }
  const ledger = createLedger({ storage: storage as never, clock: { now: () => at } })
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    limit: () => ledger.transfers.list({ limit: 201 }),
    cursor: () => ledger.transfers.list({ cursor: 'x' }),
    account: () => ledger.transfers.list({ account: 'a b' }),
    asset: () => ledger.accounts.list({ asset: 'BRL' as never }),
    prefix: () => ledger.accounts.list({ prefix: '' }),
    cause: () => ledger.transfers.list({ cause: '' }),
    transfer: () => ledger.transfers.get('\u0000'),
    since: () => ledger.transfers.list({ since: at } as never),
  }
  test.each(Object.entries(calls))('%s', async (field, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'invalid_input', details: { field } })
  })

  test('the id of an account too', async () => {
    for (const call of [() => ledger.balance('\u0000'), () => ledger.accounts.get('')]) {
      await expect(call()).rejects.toMatchObject({ code: 'invalid_input', details: { field: 'account' } })
    }
  })

  test('the size of a sweep too', async () => {
    await expect(ledger.holds.expire({ limit: 0 })).rejects.toMatchObject({
      code: 'invalid_input',
      details: { field: 'limit' },
    })
  })
})

describe('the sweep of expired holds', () => {
  const sweepOf = (found: readonly number[]) => {
    const asked: object[] = []
    const ledger = { expireHolds: async (sweep: object) => found[asked.push(sweep) - 1] ?? 0 }
    const storage = { transaction: (work: (tx: object) => unknown) => work({ ledger }) }
    return { asked, handler: expireHoldsHandler({ storage: storage as never, clock: { now: () => at } }) }
  }
  const context = { attempt: 1, isLastAttempt: false, signal: new AbortController().signal }

  test('goes on until a round finds less than it may', async () => {
    const { asked, handler } = sweepOf([500, 500, 499, 500])
    await handler.run({ limit: 500 }, context)
    expect(asked).toEqual([1, 2, 3].map(() => ({ at, limit: 500 })))
  })

  test('ends when it is told to', async () => {
    const { asked, handler } = sweepOf([500])
    await handler.run({ limit: 500 }, { ...context, signal: AbortSignal.abort() })
    expect(asked).toEqual([])
  })

  test('refuses input that it did not write', () => {
    expect(() => expireHolds.parse({ limit: 0 })).toThrow()
    expect(expireHolds.lane({ limit: 1 })).toBe(expireHolds.lane({ limit: 2 }))
  })
})
