import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import type { UnitOfWork } from '../../platform/storage/index.ts'
import { type CoalescerLimits, createCoalescer } from './coalescer.ts'
import type { LedgerTx } from './store.ts'
import type { NewTransfer, TransferResult } from './transfer.ts'

const at = new Date('2026-03-02T12:00:00.000Z')

const transfer = (id: string): NewTransfer => ({
  kind: 'posted',
  id,
  debit: 'a',
  credit: 'b',
  amount: { amount: 1n, asset: 'BRL/2' },
  cause: 'test',
})

const failure = (code: string) => Object.assign(new Error(`failed with ${code}`), { code })

/** What a batch does: answers, or throws. It is told its ids and how it was sent. */
type Behaviour = (ids: readonly string[], way: 'statement' | 'transaction') => Promise<void> | void

/** A storage that remembers its batches and refuses every id that it is told, as a store would. */
function fakeStorage(behave: Behaviour = () => {}) {
  const batches: string[][] = []
  const unitOf = (way: 'statement' | 'transaction') => {
    const post = async ({ transfers }: { readonly transfers: readonly NewTransfer[] }) => {
      const ids = transfers.map(({ id }) => id)
      batches.push(ids)
      await behave(ids, way)
      return ids.map(
        (id): TransferResult => ({ status: 'refused', id, rule: 'account_unknown', account: id }),
      )
    }
    return {
      ledger: {
        post,
        prepare: (transfers: readonly NewTransfer[]) => ({ transfers }),
        send: async ({ prepared }: { readonly prepared: { readonly transfers: readonly NewTransfer[] } }) => {
          const results = await post(prepared)
          return () => results
        },
      },
    }
  }
  const storage = {
    read: async (work: (tx: unknown) => unknown) => work(unitOf('statement')),
    transaction: async (work: (tx: unknown) => unknown) => work(unitOf('transaction')),
  }
  return { batches, storage: storage as unknown as UnitOfWork<LedgerTx> }
}

function coalescerOn(behave?: Behaviour, limits?: CoalescerLimits) {
  const { batches, storage } = fakeStorage(behave)
  const coalescer = createCoalescer({ storage, clock: { now: () => at }, ...(limits ? { limits } : {}) })
  const post = (...ids: string[]) => coalescer.post(ids.map(transfer))
  const idsOf = async (call: Promise<readonly TransferResult[]>) => (await call).map(({ id }) => id)
  return { batches, coalescer, post, idsOf }
}

/** A door that is shut until it is opened. */
function door() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('calls of one moment are one batch, in their order, and each gets its own results', async () => {
  const { batches, post, idsOf } = coalescerOn()
  const answers = await Promise.all([post('1', '2'), post('3'), post('4', '5')].map(idsOf))
  expect(answers).toEqual([['1', '2'], ['3'], ['4', '5']])
  expect(batches).toEqual([['1', '2', '3', '4', '5']])
})

test('what arrives while a batch is under way is the next one, and only one is under way', async () => {
  const { open, opened } = door()
  const { batches, post, idsOf } = coalescerOn(() => opened)
  const first = post('1')
  await expect.poll(() => batches.length).toBe(1)
  const later = [post('2'), post('3')]
  await new Promise((resolve) => setImmediate(resolve))
  expect(batches).toEqual([['1']])
  open()
  expect(await Promise.all([first, ...later].map(idsOf))).toEqual([['1'], ['2'], ['3']])
  expect(batches).toEqual([['1'], ['2', '3']])
})

test('a batch has a limit, and a call that is larger goes alone', async () => {
  const { batches, post } = coalescerOn(undefined, { batch: 3, waiting: 100 })
  await Promise.all([post('1', '2'), post('3'), post('4'), post('5', '6', '7', '8'), post('9')])
  expect(batches).toEqual([['1', '2', '3'], ['4'], ['5', '6', '7', '8'], ['9']])
})

test('what waits has a limit: beyond it a call is told so, and may try again later', async () => {
  const { open, opened } = door()
  const { post, idsOf } = coalescerOn(() => opened, { batch: 1, waiting: 3 })
  const kept = [post('1'), post('2', '3')]
  await expect(post('4')).rejects.toMatchObject({ code: 'ledger_busy', isRetryable: true })
  open()
  await Promise.all(kept)
  expect(await idsOf(post('4'))).toEqual(['4'])
})

test('where a batch fails for what is in it, only the calls at fault fail', async () => {
  const isBad = (ids: readonly string[]) => ids.includes('bad') || ids.includes('worse')
  const { post } = coalescerOn((ids) => {
    if (isBad(ids)) throw failure('22003')
  })
  const names = Array.from({ length: 40 }, (_, index) =>
    index === 7 ? 'bad' : index === 31 ? 'worse' : `${index}`,
  )
  const settled = await Promise.allSettled(names.map((name) => post(name)))
  expect(settled.flatMap(({ status }, index) => (status === 'rejected' ? [names[index]] : []))).toEqual([
    'bad',
    'worse',
  ])
  for (const [index, outcome] of settled.entries())
    if (outcome.status === 'fulfilled') expect(outcome.value[0]?.id).toBe(names[index])
})

test('a batch that met a lost connection is sent again whole, in a transaction of the storage', async () => {
  const ways: string[] = []
  const { batches, post, idsOf } = coalescerOn((_, way) => {
    ways.push(way)
    if (ways.length === 1) throw new Error('Connection terminated unexpectedly')
  })
  expect(await Promise.all([post('1'), post('2')].map(idsOf))).toEqual([['1'], ['2']])
  expect(batches).toEqual([
    ['1', '2'],
    ['1', '2'],
  ])
  expect(ways).toEqual(['statement', 'transaction'])
})

test.each(['57P01', '08006', '53300', null])(
  'while the database cannot be reached (%s) a batch is not cut, and its calls fail; later ones go on',
  async (code) => {
    let isDown = true
    const { batches, post, idsOf } = coalescerOn(() => {
      if (isDown) throw code === null ? new Error('connect ECONNREFUSED') : failure(code)
    })
    const settled = await Promise.allSettled([post('1'), post('2'), post('3')])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(batches).toEqual(Array.from({ length: 3 }, () => ['1', '2', '3']))
    isDown = false
    expect(await idsOf(post('4'))).toEqual(['4'])
  },
)

test('where every part of a batch fails, it ends after a bounded number of tries', async () => {
  const { batches, post } = coalescerOn(() => {
    throw failure('XX000')
  })
  const settled = await Promise.allSettled(Array.from({ length: 500 }, (_, index) => post(`${index}`)))
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
  expect(batches.length).toBeLessThan(60)
})

test('drain waits for what is under way and for what waits', async () => {
  const { open, opened } = door()
  const { coalescer, post } = coalescerOn(() => opened, { batch: 1, waiting: 10 })
  const answered: string[] = []
  const calls = ['1', '2', '3'].map((id) => post(id).then(() => answered.push(id)))
  await new Promise((resolve) => setImmediate(resolve))
  const drained = coalescer.drain().then(() => answered.length)
  open()
  expect(await drained).toBe(3)
  await Promise.all(calls)
  await coalescer.drain()
})

test('batches never run in the context of a call', async () => {
  const local = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const { post } = coalescerOn(() => {
    seen.push(local.getStore())
  })
  await local.run('inside a transaction of a caller', () => post('1'))
  await local.run('of another', () => Promise.all([post('2'), post('3')]))
  expect(seen).toEqual([undefined, undefined])
})
