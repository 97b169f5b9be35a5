/** What must hold of money whatever is asked, in whatever order, with whatever faults. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAmount, parseAmount } from '../../src/efi/amount.ts'
import { isCnpj, isCpf } from '../../src/efi/identifiers.ts'
import type { FakeEfi } from '../../src/efi/index.ts'
import { type Client, clientOf, order, setUp, signIn } from './client.ts'

const START = 100_000n

describe('conservation', () => {
  const ids = fc.constantFrom('p1', 'p2', 'p3', 'p4', 'p5')
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('send' as const), id: ids, cents: fc.bigInt(1n, 60_000n) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const), id: ids }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reject' as const), id: ids }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('return' as const), id: ids, cents: fc.bigInt(1n, 60_000n) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 5_000 }) }),
    },
  )

  test('the balance and what is out always make up the start', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 40 }), async (seed, steps) => {
        const { fake } = setUp({ balance: START })
        const token = await tokenOf(fake)
        fake.faults.random({
          seed,
          rates: {
            'pix.send': {
              drop_before_send: 0.1,
              drop_after_effect: 0.2,
              error_500_after: 0.1,
              late_effect: 0.1,
              truncate: 0.1,
            },
            'webhook.deliver': { duplicate_webhook: 0.2, lost_webhook: 0.2, wrong_amount_webhook: 0.2 },
          },
        })
        for (const one of steps) {
          await take(one, { fake, token })
          expectConserved(fake)
        }
        await fake.advance(1e6)
        expectConserved(fake)
      }),
      { numRuns: 60 },
    )
  })

  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

  async function take(one: Step, { fake, token }: { fake: FakeEfi; token: string }): Promise<void> {
    if (one.do === 'wait') return fake.advance(one.ms)
    const record = fake.sent.find(({ idEnvio }) => idEnvio === one.id)
    if (one.do === 'send') {
      const headers = { authorization: `Bearer ${token}` }
      const body = JSON.stringify(order(formatAmount(one.cents)))
      const answer = fake.handle({ method: 'PUT', url: `/v3/gn/pix/${one.id}`, headers, body })
      // A late effect is answered only when time passes: nobody waits for it here.
      if (fake.calls.at(-1)?.fault !== 'late_effect') await answer
      return
    }
    if (one.do === 'return') {
      const left = record?.returns.reduce((sum, { amount }) => sum - amount, record.amount) ?? 0n
      if (record?.status === 'REALIZADO' && one.cents <= left) fake.returnPix(one.id, one.cents)
      return
    }
    if (record?.status === 'EM_PROCESSAMENTO') fake[one.do](one.id)
  }

  async function tokenOf(fake: FakeEfi): Promise<string> {
    const { method = '', headers = {}, body } = signIn(fake)
    const answer = await fake.handle({ method, url: '/oauth/token', headers, body: JSON.stringify(body) })
    return answer === 'drop' ? '' : JSON.parse(answer.body).access_token
  }

  function expectConserved(fake: FakeEfi): void {
    const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)
    const out = sum(
      fake.sent
        .filter(({ status }) => status !== 'NAO_REALIZADO')
        .map(({ amount, returns }) => amount - sum(returns.map((back) => back.amount))),
    )
    expect(fake.balance() + out).toBe(START)
    expect(START + sum(fake.movements.map(({ amount }) => amount))).toBe(fake.balance())
    expect(fake.balance()).toBeGreaterThanOrEqual(0n)
    for (const { movements, status } of fake.sent) expect(movements).toBe(status === 'NAO_REALIZADO' ? 0 : 1)
  }
})

describe('a storm', () => {
  const rates = {
    'pix.send': {
      drop_before_send: 0.15,
      drop_after_effect: 0.15,
      error_500_before: 0.1,
      error_500_after: 0.1,
      truncate: 0.1,
      rate_limited: 0.1,
    },
    'pix.find_by_id': { drop_before_send: 0.1, error_500_before: 0.1 },
  }

  /** One send in a storm; `idOf` names the attempt. */
  async function pay(client: Client, idOf: (attempt: number) => string): Promise<void> {
    for (let attempt = 1; attempt <= 50; attempt++) {
      const answer = await client.send(idOf(attempt), '1.00').catch(() => null)
      if (answer !== null && (answer.status === 201 || answer.status === 409)) return
    }
    throw new Error('The storm never ended.')
  }

  test('a caller who keeps its id pays once, and the witness says so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const { fake, client } = setUp()
        fake.faults.random({ seed, rates })
        await pay(client, () => 'intent')
        expect(fake.sent, fake.faults.describe()).toMatchObject([{ movements: 1 }])
      }),
      { numRuns: 50 },
    )
  })

  test('a caller who takes a new id for each attempt is caught', async () => {
    const counts: number[] = []
    for (let seed = 1; seed <= 20; seed++) {
      const { fake, client } = setUp()
      fake.faults.random({ seed, rates })
      await pay(client, (attempt) => `attempt${attempt}`)
      counts.push(fake.sent.length)
    }
    expect(Math.max(...counts)).toBeGreaterThan(1)
  })

  test('the same seed brings the same storm', async () => {
    const run = async () => {
      const { fake, client } = setUp()
      fake.faults.random({ seed: 42, rates })
      await pay(client, () => 'intent')
      return JSON.stringify([fake.calls, fake.faults.log])
    }
    expect(await run()).toBe(await run())
  })
})

describe('amounts', () => {
  test('text and cents agree, to the last cent of the greatest amount', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n - 1n), (cents) => {
        expect(parseAmount(formatAmount(cents))).toBe(cents)
      }),
    )
    expect([formatAmount(5n), formatAmount(-1234n)]).toEqual(['0.05', '-12.34'])
    expect([parseAmount('0.1'), parseAmount(0.1), parseAmount('1e2.00')]).toEqual([null, null, null])
  })

  test('documents are checked to the last digit', () => {
    expect(['52998224725', '11144477735'].every(isCpf)).toBe(true)
    expect(['52998224724', '00000000000', '5299822472', ''].some(isCpf)).toBe(false)
    expect(['11222333000181', '12ABC34501DE35'].every(isCnpj)).toBe(true)
    expect(['11222333000182', '12ABC34501DE36', '11111111111111', '12abc34501de35'].some(isCnpj)).toBe(false)
  })
})

test('two fakes know nothing of each other', async () => {
  const one = setUp()
  const other = setUp({ seed: 2 })
  const [first, second] = [await one.client.send('wd1'), await other.client.send('wd1')]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(first.body.e2eId).not.toBe(second.body.e2eId)
  expect((await clientOf(one.fake).find('wd1')).body.endToEndId).toBe(first.body.e2eId)
})
