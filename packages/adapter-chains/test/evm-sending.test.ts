import { Money } from '@lastro/core/spec'
import { Transaction } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusingUrl } from './fake-node.ts'
import { build, NATIVE, native, SILENT, startWorld, USD, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.anvil.stop())

/** A fetch that loses the answer to a broadcast, after the node has it. */
const losingAnswers: typeof fetch = async (input, init) => {
  const request = new Request(input, init)
  const body = await request.clone().text()
  const answer = await fetch(request)
  if (!body.includes('eth_sendRawTransaction')) return answer
  throw Object.assign(new TypeError('fetch failed'), {
    cause: Object.assign(new Error(), { code: 'UND_ERR_SOCKET' }),
  })
}

const transactionsOf = async (height: bigint) => {
  const block = await world.anvil.rpc<{ transactions: string[] }>(
    'eth_getBlockByNumber',
    `0x${height.toString(16)}`,
    false,
  )
  return block.transactions
}

test.each([NATIVE, USD, SILENT])('%s is sent to the last unit, for no more than the fee', async (asset) => {
  const { anvil, provider, wallet } = world
  const { chain } = provider
  const to = world.freshAddress()
  const before = await chain.balance({ address: wallet, asset: NATIVE })
  const { signed, fee } = await build(world, { to, amount: Money.of(123_457n, asset) })
  expect(await chain.status(signed.hash)).toEqual({ kind: 'absent' })
  expect(await chain.broadcast(signed)).toEqual({ kind: 'accepted', value: { hash: signed.hash } })
  expect(await chain.status(signed.hash)).toEqual({ kind: 'pending' })
  const { height, hash } = await anvil.mine()
  const status = await chain.status(signed.hash)
  if (status.kind !== 'mined') throw new Error(status.kind)
  expect(status).toMatchObject({ block: { height, hash }, succeeded: true })
  expect(await chain.balance({ address: to, asset })).toEqual(Money.of(123_457n, asset))
  expect(status.fee.amount).toBeGreaterThan(0n)
  expect(Money.compare(status.fee, fee.max)).toBe(-1)
  const after = await chain.balance({ address: wallet, asset: NATIVE })
  const moved = asset === NATIVE ? 123_457n : 0n
  expect(before.amount - after.amount).toBe(status.fee.amount + moved)
})

test('the same bytes are accepted again, before and after they are mined, and land once', async () => {
  const { anvil, provider } = world
  const to = world.freshAddress()
  const { signed } = await build(world, { to, amount: native(1_000n) })
  const accepted = { kind: 'accepted', value: { hash: signed.hash } }
  expect(await provider.chain.broadcast(signed)).toEqual(accepted)
  expect(await provider.chain.broadcast(signed)).toEqual(accepted)
  await anvil.mine()
  expect(await provider.chain.broadcast(signed)).toEqual(accepted)
  const { height } = await anvil.mine()
  expect(await transactionsOf(height)).toEqual([])
  expect(await provider.chain.balance({ address: to, asset: NATIVE })).toEqual(native(1_000n))
})

test('a lost answer is unknown, and the transaction is found by its hash', async () => {
  const { anvil, provider } = world
  const to = world.freshAddress()
  const { signed } = await build(world, { to, amount: native(5n) })
  const outcome = await world.through({ fetch: losingAnswers }).chain.broadcast(signed)
  expect(outcome.kind).toBe('unknown')
  expect(await provider.chain.status(signed.hash)).toEqual({ kind: 'pending' })
  await anvil.mine()
  expect(await provider.chain.broadcast(signed)).toMatchObject({ kind: 'accepted' })
})

test('what never left is not_sent', async () => {
  const { signed } = await build(world, { to: world.freshAddress(), amount: native(5n) })
  const outcome = await world.through({ rpcUrl: await refusingUrl() }).chain.broadcast(signed)
  expect(outcome.kind).toBe('not_sent')
})

describe('a transaction that is stuck', () => {
  test('is replaced by one with a higher fee, and is dead once that is final', async () => {
    const { anvil, provider } = world
    const { chain } = provider
    const to = world.freshAddress()
    const amount = native(77n)
    const original = await build(world, { to, amount })
    expect(await chain.broadcast(original.signed)).toMatchObject({ kind: 'accepted' })
    const fee = await chain.estimateFee({ from: world.wallet, to, amount, replaces: original.fee })
    for (const name of ['maxFeePerGas', 'maxPriorityFeePerGas']) {
      const [old, risen] = [original.fee, fee].map(({ parameters }) => BigInt(parameters[name] ?? 0))
      if (old === undefined || risen === undefined) throw new Error(name)
      expect(risen * 1_000n).toBeGreaterThanOrEqual(old * 1_125n)
    }
    const replacement = await build(world, { to, amount, fee, sequence: original.sequence })
    expect(await chain.broadcast(replacement.signed)).toMatchObject({ kind: 'accepted' })
    await anvil.mine()
    expect(await chain.status(replacement.signed.hash)).toMatchObject({ kind: 'mined', succeeded: true })
    expect(await chain.status(original.signed.hash)).toEqual({ kind: 'absent' })
    // A reorg may still bring the original back: nothing is over yet.
    expect(await chain.broadcast(original.signed)).toMatchObject({ kind: 'unknown' })
    await anvil.mine(40)
    expect(await chain.broadcast(original.signed)).toMatchObject({ kind: 'declined', reason: 'expired' })
    expect(await chain.balance({ address: to, asset: NATIVE })).toEqual(amount)
  })

  test('does not count for the next sequence', async () => {
    const { anvil, provider, wallet } = world
    const { sequence, signed } = await build(world, { to: world.freshAddress(), amount: native(1n) })
    await provider.chain.broadcast(signed)
    expect(await provider.chain.sequence(wallet)).toBe(sequence)
    await anvil.mine()
    expect(await provider.chain.sequence(wallet)).toBe(sequence + 1n)
  })
})

test('a reverted transaction is told as not succeeded, with the fee it cost', async () => {
  const { anvil, provider, usd, wallet } = world
  const to = world.freshAddress()
  const held = await provider.chain.balance({ address: wallet, asset: USD })
  const amount = Money.of(held.amount, USD)
  const first = await build(world, { to, amount })
  // Both are fine when they are built, but the money is there for one only.
  const second = await build(world, { to, amount, sequence: first.sequence + 1n, fee: first.fee })
  await provider.chain.broadcast(first.signed)
  await provider.chain.broadcast(second.signed)
  const { height } = await anvil.mine()
  expect(await provider.chain.status(first.signed.hash)).toMatchObject({ kind: 'mined', succeeded: true })
  const status = await provider.chain.status(second.signed.hash)
  expect(status).toMatchObject({ kind: 'mined', succeeded: false, block: { height } })
  expect(status.kind === 'mined' && status.fee.amount).toBeGreaterThan(0n)
  const deposits = await provider.chain.deposits({
    block: await world.block(height),
    addresses: new Set([to]),
  })
  expect(deposits).toHaveLength(1)
  await usd.mint(wallet, held.amount)
  await anvil.mine()
})

test('a transaction whose block was orphaned is absent', async () => {
  const { anvil, provider } = world
  const { signed } = await build(world, { to: world.freshAddress(), amount: native(1n) })
  await provider.chain.broadcast(signed)
  await anvil.mine()
  await anvil.reorg(1)
  expect(await provider.chain.status(signed.hash)).toEqual({ kind: 'absent' })
  expect(await provider.chain.broadcast(signed)).toMatchObject({ kind: 'accepted' })
  await anvil.mine()
  expect(await provider.chain.status(signed.hash)).toMatchObject({ kind: 'mined', succeeded: true })
})

test('what the wallet cannot pay is declined', async () => {
  const { provider, wallet } = world
  const held = await provider.chain.balance({ address: wallet, asset: NATIVE })
  const { fee } = await build(world, { to: world.freshAddress(), amount: native(1n) })
  const { signed } = await build(world, { to: world.freshAddress(), amount: held, fee })
  const outcome = await provider.chain.broadcast(signed)
  expect(outcome).toMatchObject({ kind: 'declined', reason: 'insufficient_funds' })
})

test('a fee below the base fee is doubt, not a decline: the bytes stay valid', async () => {
  const { provider } = world
  const parameters = { gasLimit: '21000', maxFeePerGas: '1', maxPriorityFeePerGas: '1' }
  const fee = { max: native(21_000n), parameters }
  const { signed } = await build(world, { to: world.freshAddress(), amount: native(1n), fee })
  expect(await provider.chain.broadcast(signed)).toMatchObject({ kind: 'unknown' })
})

test('bytes that are not what they are said to be are not sent', async () => {
  const { provider } = world
  const { signed } = await build(world, { to: world.freshAddress(), amount: native(1n) })
  const other = await build(world, { to: world.freshAddress(), amount: native(2n) })
  const foreign = Transaction.from(signed.raw)
  foreign.chainId = 1
  const broken = [
    { ...signed, hash: other.signed.hash },
    { ...signed, raw: signed.raw.slice(0, -2) },
    { raw: foreign.serialized, hash: foreign.hash ?? '' },
  ]
  for (const bytes of broken) {
    await expect(provider.chain.broadcast(bytes)).rejects.toMatchObject({ kind: 'invalid_request' })
  }
})
