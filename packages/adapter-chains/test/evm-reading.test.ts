import { afterAll, beforeAll, expect, test } from 'vitest'
import { alteredNode, refusingUrl } from './fake-node.ts'
import { build, NATIVE, native, startWorld, USD, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
  await world.anvil.mine(10)
})
afterAll(() => world.anvil.stop())

test('blocks are linked by the hash of their parent', async () => {
  const { latest } = await world.provider.chain.head()
  for (let { height, parentHash } = latest; height > 0n; height -= 1n) {
    const parent = await world.block(height - 1n)
    expect(parent.hash).toBe(parentHash)
    parentHash = parent.parentHash
  }
})

test('the head has the tags that the node has, and there is no block above it', async () => {
  const { latest, safe, finalized } = await world.provider.chain.head()
  expect([safe?.height, finalized?.height]).toEqual([latest.height - 4n, latest.height - 8n])
  expect(await world.provider.chain.blockAt(latest.height)).toEqual(latest)
  expect(await world.provider.chain.blockAt(latest.height + 1n)).toBeNull()
})

test('history tells both directions of native money and tokens, oldest first, and nothing else', async () => {
  const { anvil, usd, foreign, outsider, provider } = world
  const [anna, ben] = [anvil.accounts[5] ?? '', world.freshAddress()]
  const start = (await anvil.mine()).height
  await anvil.send({ to: anna, value: 10n })
  await usd.mint(anna, 20n)
  await anvil.mine()
  await usd.transfer({ from: anna, to: ben, amount: 3n })
  await anvil.send({ from: anna, to: ben, value: 4n })
  await foreign.mint(anna, 1n)
  await outsider.forge({ from: anna, to: ben, amount: 9n })
  await anvil.send({ from: anna, to: ben, value: 0n })
  await usd.transfer({ from: anna, to: anna, amount: 1n })
  const { height } = await anvil.mine()
  const range = { address: anna, fromHeight: start, toHeight: height }
  const rows = await provider.chain.history(range)
  const shown = rows.map((row) => [row.block.height - start, row.direction, row.position, row.amount])
  expect(shown).toEqual([
    [1n, 'in', 'native', native(10n)],
    [1n, 'in', 'log:0', { amount: 20n, asset: USD }],
    [2n, 'out', 'log:0', { amount: 3n, asset: USD }],
    [2n, 'out', 'native', native(4n)],
    [2n, 'out', 'log:0', { amount: 1n, asset: USD }],
    [2n, 'in', 'log:0', { amount: 1n, asset: USD }],
  ])
  expect(rows[3]).toMatchObject({ counterparty: ben })
  expect(await provider.chain.history({ ...range, toHeight: start })).toEqual([])
  // Fees and failed transactions are known, so they are not unattributed.
  expect(await provider.unattributed(range)).toEqual(native(0n))
})

test('a history longer than one window has no gap and no double', async () => {
  const { anvil, provider } = world
  const anna = world.freshAddress()
  const start = (await anvil.mine()).height + 1n
  for (let round = 0; round < 60; round += 1) {
    await anvil.send({ to: anna, value: BigInt(round + 1) })
    await anvil.mine(2)
  }
  const { height } = await anvil.mine()
  const rows = await provider.chain.history({ address: anna, fromHeight: start, toHeight: height })
  expect(rows.map(({ amount }) => amount.amount)).toEqual(Array.from({ length: 60 }, (_, i) => BigInt(i + 1)))
})

test('a history over a chain that moves is refused', async () => {
  const { anvil, usd, wallet } = world
  const first = (await anvil.mine()).height
  await usd.mint(wallet, 1n)
  const { height } = await anvil.mine()
  const elsewhere = { parentHash: `0x${'12'.repeat(32)}`, blockHash: `0x${'12'.repeat(32)}` }
  const alter = (value: unknown) => ({ ...(value as object), ...elsewhere })
  const odd: Parameters<typeof alteredNode>[0][] = [
    { eth_getBlockByNumber: async (_params, ask) => alter(await ask()) },
    { eth_getLogs: async (_params, ask) => ((await ask()) as object[]).map(alter) },
  ]
  for (const table of odd) {
    const { chain } = world.through({ fetch: alteredNode(table) })
    await expect(
      chain.history({ address: wallet, fromHeight: first, toHeight: height }),
    ).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('the chain moved'),
    })
  }
})

test('a history that cannot be whole is refused', async () => {
  const { provider, wallet } = world
  const { latest } = await provider.chain.head()
  const ask = (fromHeight: bigint, toHeight: bigint, address = wallet) =>
    provider.chain.history({ address, fromHeight, toHeight })
  await expect(ask(0n, 10_000n)).rejects.toMatchObject({ kind: 'invalid_request' })
  await expect(ask(5n, 4n)).rejects.toMatchObject({ kind: 'invalid_request' })
  await expect(ask(-1n, 4n)).rejects.toMatchObject({ kind: 'invalid_request' })
  await expect(ask(0n, 1n, '0x12')).rejects.toMatchObject({ kind: 'invalid_request' })
  await expect(ask(latest.height, latest.height + 1n)).rejects.toMatchObject({ kind: 'unavailable' })
})

test('an asset that is not accepted, or a token that is not there, is no zero balance', async () => {
  const { provider, wallet, anvil } = world
  await expect(provider.chain.balance({ address: wallet, asset: 'DAI.anvil/18' })).rejects.toMatchObject({
    kind: 'invalid_request',
  })
  const contract = world.freshAddress()
  const { chain } = world.through({
    tokens: [{ asset: 'NIL.anvil/6', network: 'anvil', symbol: 'NIL', contract }],
  })
  await expect(chain.balance({ address: wallet, asset: 'NIL.anvil/6' })).rejects.toMatchObject({
    kind: 'unexpected_answer',
  })
  expect(await provider.chain.balance({ address: anvil.accounts[8] ?? '', asset: NATIVE })).toEqual(
    native(10n ** 22n),
  )
})

test('the estimate follows the network, and is enough', async () => {
  const { anvil, provider, wallet } = world
  const to = world.freshAddress()
  await anvil.rpc('anvil_setNextBlockBaseFeePerGas', '0x174876e800')
  await anvil.mine()
  const fee = await provider.chain.estimateFee({ from: wallet, to, amount: native(1n) })
  const { gasLimit = '', maxFeePerGas = '', maxPriorityFeePerGas = '' } = fee.parameters
  expect(gasLimit).toBe('21000')
  expect(BigInt(maxFeePerGas)).toBeGreaterThan(100_000_000_000n)
  expect(BigInt(maxPriorityFeePerGas)).toBeGreaterThanOrEqual(100_000_000n)
  expect(fee.max).toEqual(native(BigInt(gasLimit) * BigInt(maxFeePerGas)))
  const { signed } = await build(world, { to, amount: native(1n), fee })
  await provider.chain.broadcast(signed)
  await anvil.mine()
  expect(await provider.chain.status(signed.hash)).toMatchObject({ kind: 'mined', succeeded: true })
})

test('a transfer that would fail has no estimate', async () => {
  const { provider, wallet, usd } = world
  const held = await usd.balanceOf(wallet)
  const query = { from: wallet, to: world.freshAddress(), amount: { amount: held + 1n, asset: USD } }
  await expect(provider.chain.estimateFee(query)).rejects.toMatchObject({
    kind: 'invalid_request',
    message: expect.stringContaining('transfer amount exceeds balance'),
  })
})

test('the probe tells the height, and a node of another network', async () => {
  const { provider, anvil } = world
  const { latest } = await provider.chain.head()
  expect(await provider.probe.probe()).toEqual({
    ok: true,
    detail: `node 1 of 1 is at height ${latest.height}`,
  })
  const wrong = world.through({ network: 'polygon', tokens: [] })
  expect(await wrong.probe.probe()).toEqual({ ok: false, detail: 'node 1 of 1 serves chain 31337, not 137' })
  await expect(wrong.chain.head()).rejects.toMatchObject({ kind: 'misconfigured' })
  const half = world.through({ rpcUrl: [await refusingUrl(), anvil.url] })
  expect(await half.probe.probe()).toMatchObject({
    ok: true,
    detail: expect.stringContaining('ECONNREFUSED'),
  })
  expect((await half.chain.head()).latest).toEqual(latest)
})
