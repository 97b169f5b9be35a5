import type { ChainDeposit } from '@lastro/core/spec'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TRANSFER_TOPIC, toTopic } from '../src/evm/transfers.ts'
import { alteredNode, refusal } from './fake-node.ts'
import { NATIVE, SILENT, startWorld, USD, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.anvil.stop())

/** What matters of a deposit, on one line. */
const line = ({ position, to, amount }: ChainDeposit) => `${position} ${amount.amount} ${amount.asset} ${to}`

async function depositsAt(height: bigint, addresses: readonly string[]) {
  const block = await world.block(height)
  return world.provider.chain.deposits({ block, addresses: new Set(addresses) })
}

test('native money and tokens are found in the block that has them, and in no other', async () => {
  const { anvil, usd, silent } = world
  const [anna, ben] = [world.freshAddress(), world.freshAddress()]
  const paid = await anvil.send({ to: anna, value: 10n ** 18n + 1n })
  await usd.mint(anna, 25_000_001n)
  await silent.mint(ben, 7n)
  await usd.mint(world.freshAddress(), 99n)
  const { height, hash } = await anvil.mine()
  await anvil.mine()
  const found = await depositsAt(height, [anna, ben.toLowerCase()])
  expect(found?.map(line)).toEqual([
    `native 1000000000000000001 ${NATIVE} ${anna}`,
    `log:0 25000001 ${USD} ${anna}`,
    `log:0 7 ${SILENT} ${ben}`,
  ])
  expect(found?.[0]).toMatchObject({
    transactionHash: paid,
    from: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  })
  expect((await world.block(height)).hash).toBe(hash)
  expect(await depositsAt(height - 1n, [anna, ben])).toEqual([])
  expect(await depositsAt(height + 1n, [anna, ben])).toEqual([])
})

test('two transfers in one transaction are two deposits', async () => {
  const { anvil, usd } = world
  const anna = world.freshAddress()
  await usd.mint(anvil.accounts[2] ?? '', 100n)
  await usd.transferMany(
    [
      { to: anna, amount: 3n },
      { to: world.freshAddress(), amount: 4n },
      { to: anna, amount: 3n },
    ],
    anvil.accounts[2],
  )
  const { height } = await anvil.mine()
  const found = await depositsAt(height, [anna])
  expect(found?.map(line)).toEqual([`log:0 3 ${USD} ${anna}`, `log:2 3 ${USD} ${anna}`])
})

test('zero amounts, foreign tokens, forged logs and failed payments are no deposits', async () => {
  const { anvil, usd, foreign, outsider } = world
  const anna = world.freshAddress()
  await anvil.send({ to: anna, value: 0n })
  await usd.transfer({ to: anna, amount: 0n })
  await foreign.mint(anna, 1_000_000n)
  await outsider.forge({ from: usd.address, to: anna, amount: 1_000_000n })
  await usd.transfer({ from: anvil.accounts[9] ?? '', to: anna, amount: 5n })
  // A contract that takes no native money: the transaction fails, although its value and its `to` look like a payment.
  const failed = await anvil.send({ to: usd.address, value: 5n })
  const { height } = await anvil.mine()
  expect(await anvil.rpc('eth_getTransactionReceipt', failed)).toMatchObject({ status: '0x0' })
  expect(await depositsAt(height, [anna, usd.address])).toEqual([])
})

test('the position counts the logs of all contracts in the transaction', async () => {
  const { anvil, usd, outsider } = world
  const anna = world.freshAddress()
  await usd.mint(outsider.address, 9n)
  await outsider.forgeThenTransfer({ token: usd.address, to: anna, amount: 9n })
  const { height } = await anvil.mine()
  expect((await depositsAt(height, [anna]))?.map(line)).toEqual([`log:1 9 ${USD} ${anna}`])
})

test('money sent from an address to itself did not arrive', async () => {
  const { anvil } = world
  const self = anvil.accounts[3] ?? ''
  await anvil.send({ from: self, to: self, value: 5n })
  const { height } = await anvil.mine()
  expect(await depositsAt(height, [self])).toEqual([])
})

test('a reorg makes the block unknown; the same transaction mined again keeps its position', async () => {
  const { anvil, usd } = world
  const anna = world.freshAddress()
  await usd.mint(anvil.accounts[4] ?? '', 1n)
  await anvil.mine()
  await usd.transfer({ from: anvil.accounts[4] ?? '', to: world.freshAddress(), amount: 1n })
  const hash = await usd.mint(anna, 42n)
  const { height } = await anvil.mine()
  const old = await world.block(height)
  const raw = await anvil.rawTransaction(hash)
  const before = await depositsAt(height, [anna])
  const blockWide = async () =>
    (await anvil.rpc<{ logs: { logIndex: string }[] }>('eth_getTransactionReceipt', hash)).logs[0]?.logIndex
  expect(await blockWide()).toBe('0x1')
  await anvil.reorg(1, [{ raw }])
  expect(await world.provider.chain.deposits({ block: old, addresses: new Set([anna]) })).toBeNull()
  expect((await world.block(height)).hash).not.toBe(old.hash)
  // The block-wide index moved with the new neighbours, which is why no position is made of it.
  expect(await blockWide()).toBe('0x0')
  expect(await depositsAt(height, [anna])).toEqual(before)
  expect(before?.map(line)).toEqual([`log:0 42 ${USD} ${anna}`])
})

test('thousands of addresses find the same, and are not told to the node', async () => {
  const { anvil, usd } = world
  const anna = world.freshAddress()
  await usd.mint(world.freshAddress(), 1n)
  await usd.mint(anna, 5n)
  await anvil.send({ to: anna, value: 6n })
  const block = await world.block((await anvil.mine()).height)
  const many = Array.from({ length: 3_000 }, (_, index) => `0x${(index + 1).toString(16).padStart(40, 'b')}`)
  const sent: string[] = []
  const { chain } = world.through({
    fetch: async (input, init) => {
      const request = new Request(input, init)
      sent.push(await request.clone().text())
      return fetch(request)
    },
  })
  const found = await chain.deposits({ block, addresses: new Set([...many, anna]) })
  expect(found?.map(line)).toEqual([`log:0 5 ${USD} ${anna}`, `native 6 ${NATIVE} ${anna}`])
  expect(sent.join()).not.toContain(anna.slice(2).toLowerCase())
  // Of the strangers' transfers in the same block no receipt is read.
  expect(sent.filter((body) => body.includes('eth_getTransactionReceipt'))).toHaveLength(2)
})

test('no address, no deposit; an unknown block is null all the same', async () => {
  const block = await world.block(1n)
  expect(await world.provider.chain.deposits({ block, addresses: new Set() })).toEqual([])
  const unknown = { ...block, hash: `0x${'11'.repeat(32)}` }
  expect(await world.provider.chain.deposits({ block: unknown, addresses: new Set() })).toBeNull()
})

test('money that a contract passes on is seen by unattributed alone', async () => {
  const { anvil, outsider, provider } = world
  const anna = world.freshAddress()
  const start = await anvil.mine()
  await anvil.send({ to: anna, value: 100n })
  await outsider.forward({ to: anna, amount: 7n })
  const { height } = await anvil.mine()
  expect((await depositsAt(height, [anna]))?.map(line)).toEqual([`native 100 ${NATIVE} ${anna}`])
  const range = { address: anna, fromHeight: start.height + 1n, toHeight: height }
  expect(await provider.unattributed(range)).toEqual({ amount: 7n, asset: NATIVE })
  expect(await provider.unattributed({ ...range, toHeight: start.height + 1n })).toEqual({
    amount: 7n,
    asset: NATIVE,
  })
  expect(await provider.unattributed({ ...range, fromHeight: 1n, toHeight: start.height })).toEqual({
    amount: 0n,
    asset: NATIVE,
  })
})

describe('a node that is not quite there', () => {
  const paid = async () => {
    const anna = world.freshAddress()
    await world.usd.mint(anna, 5n)
    await world.anvil.send({ to: anna, value: 6n })
    const block = await world.block((await world.anvil.mine()).height)
    return { block, addresses: new Set([anna]) }
  }

  test('that still answers for a dead branch is not believed', async () => {
    const query = await paid()
    const remembered = new Map<string, unknown>()
    const memory = alteredNode(
      Object.fromEntries(
        ['eth_getBlockByHash', 'eth_getLogs', 'eth_getTransactionReceipt'].map((method) => [
          method,
          async (params: readonly unknown[], ask: () => Promise<unknown>) => {
            const key = `${method} ${JSON.stringify(params)}`
            const answer = remembered.get(key) ?? (await ask())
            remembered.set(key, answer)
            return answer
          },
        ]),
      ),
    )
    const { chain } = world.through({ fetch: memory })
    expect(await chain.deposits(query)).toHaveLength(2)
    await world.anvil.reorg(1)
    expect(await chain.deposits(query)).toBeNull()
  })

  test.each(['eth_getLogs', 'eth_getTransactionReceipt'])(
    'that loses the block before %s says so',
    async (method) => {
      const query = await paid()
      const reorgs = async (_params: readonly unknown[], ask: () => Promise<unknown>) => {
        await world.anvil.reorg(1)
        return ask()
      }
      expect(
        await world.through({ fetch: alteredNode({ [method]: reorgs }) }).chain.deposits(query),
      ).toBeNull()
    },
  )

  test.each(['eth_getBlockByHash', 'eth_getLogs', 'eth_getTransactionReceipt', 'eth_getBlockByNumber'])(
    'that fails at %s is trouble, and neither null nor nothing',
    async (method) => {
      const query = await paid()
      const fails = () => refusal(-32_603, 'internal error')
      const { chain } = world.through({ fetch: alteredNode({ [method]: fails }) })
      await expect(chain.deposits(query)).rejects.toMatchObject({ kind: 'unavailable' })
    },
  )

  test('that does not list a transaction in its block still has its token logs', async () => {
    const query = await paid()
    const unlisted = async (_params: readonly unknown[], ask: () => Promise<unknown>) => ({
      ...((await ask()) as object),
      transactions: [],
    })
    const { chain } = world.through({ fetch: alteredNode({ eth_getBlockByHash: unlisted }) })
    expect((await chain.deposits(query))?.map(({ amount }) => amount)).toEqual([{ amount: 5n, asset: USD }])
  })

  test('that has a receipt from another block is read again later', async () => {
    const query = await paid()
    const elsewhere = async (_params: readonly unknown[], ask: () => Promise<unknown>) => ({
      ...((await ask()) as object),
      blockHash: `0x${'12'.repeat(32)}`,
    })
    const { chain } = world.through({ fetch: alteredNode({ eth_getTransactionReceipt: elsewhere }) })
    await expect(chain.deposits(query)).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('that tells of a transfer which the receipt does not have is not believed', async () => {
    const query = await paid()
    const [anna = ''] = query.addresses
    const { height } = await world.anvil.mine()
    const block = await world.block(height)
    const lie = async () => [
      {
        address: world.usd.address,
        topics: [TRANSFER_TOPIC, toTopic(anna), toTopic(anna)],
        data: `0x${'5'.padStart(64, '0')}`,
        transactionHash: `0x${'12'.repeat(32)}`,
        blockHash: block.hash,
        blockNumber: `0x${height.toString(16)}`,
      },
    ]
    const { chain } = world.through({ fetch: alteredNode({ eth_getLogs: lie }) })
    await expect(chain.deposits({ ...query, block })).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
