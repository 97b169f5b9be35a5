import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONTRACTS } from '../src/anvil/contracts.ts'
import { deployErc20, deployOutsider, type RunningAnvil, startAnvil } from '../src/anvil.ts'
import { compileContracts } from './compile-contracts.ts'

const HOLDER = '0x00000000000000000000000000000000000000aa'

interface Receipt {
  readonly status: string
  readonly blockHash: string
  readonly logs: readonly {
    readonly address: string
    readonly topics: readonly string[]
    readonly data: string
  }[]
}

let anvil: RunningAnvil
beforeAll(async () => {
  anvil = await startAnvil()
})
afterAll(() => anvil.stop())

const receipt = (hash: string) => anvil.rpc<Receipt | null>('eth_getTransactionReceipt', hash)
const word = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}`
const balance = async (address: string) =>
  BigInt(await anvil.rpc<string>('eth_getBalance', address, 'latest'))

test('the committed bytecode is what the source compiles to', async () => {
  expect(CONTRACTS).toEqual(await compileContracts())
})

test('blocks are made by mine() only, and it answers the last', async () => {
  const hash = await anvil.send({ to: HOLDER, value: 7n })
  expect(await receipt(hash)).toBeNull()
  const block = await anvil.mine(3)
  expect(await receipt(hash)).toMatchObject({ status: '0x1' })
  expect(await anvil.rpc('eth_getBlockByNumber', 'latest', false)).toMatchObject({ hash: block.hash })
})

test('a reorg keeps nothing but the transactions it is given', async () => {
  const before = await balance(HOLDER)
  const kept = await anvil.send({ to: HOLDER, value: 100n })
  const dropped = await anvil.send({ to: HOLDER, value: 1n })
  const old = await anvil.mine()
  const raw = await anvil.rawTransaction(kept)
  await anvil.mine()
  const tip = await anvil.reorg(2, [{ raw, block: 1 }])
  expect(tip.height).toBe(old.height + 1n)
  expect(await anvil.rpc('eth_getBlockByHash', old.hash, false)).toBeNull()
  expect(await receipt(kept)).toMatchObject({ blockHash: tip.hash })
  expect(await receipt(dropped)).toBeNull()
  expect((await balance(HOLDER)) - before).toBe(100n)
})

test('safe and finalized trail the newest block by one and two epochs', async () => {
  const { height } = await anvil.mine(9)
  const heightOf = async (tag: string) =>
    BigInt((await anvil.rpc<{ number: string }>('eth_getBlockByNumber', tag, false)).number)
  expect([await heightOf('safe'), await heightOf('finalized')]).toEqual([height - 4n, height - 8n])
})

test('setBalance leaves exactly that much', async () => {
  await anvil.setBalance(HOLDER, 123n)
  expect(await balance(HOLDER)).toBe(123n)
})

test.each(['bool', 'nothing'] as const)(
  'a token whose transfer answers %s moves to the last unit',
  async (returns) => {
    const token = await deployErc20(anvil, { decimals: 6, returns })
    const [sender = ''] = anvil.accounts
    await token.mint(sender, 25_000_000n)
    const paid = await token.transfer({ to: HOLDER, amount: 24_999_999n })
    await anvil.mine()
    expect([await token.balanceOf(sender), await token.balanceOf(HOLDER)]).toEqual([1n, 24_999_999n])
    expect((await receipt(paid))?.logs).toMatchObject([{ address: token.address, data: word(24_999_999n) }])
    const { selectors } = CONTRACTS.Token
    const ask = (data: string) => anvil.rpc('eth_call', { from: sender, to: token.address, data }, 'latest')
    const answer = await ask(selectors.transfer + word(BigInt(HOLDER)).slice(2) + word(1n).slice(2))
    expect(answer).toBe(returns === 'bool' ? word(1n) : '0x')
    expect(await ask(selectors.decimals)).toBe(word(6n))
  },
)

test('a transfer above the balance is mined as failed', async () => {
  const token = await deployErc20(anvil)
  const hash = await token.transfer({ to: HOLDER, amount: 1n })
  await anvil.mine()
  expect(await receipt(hash)).toMatchObject({ status: '0x0', logs: [] })
})

test('transferMany leaves one log for each transfer', async () => {
  const token = await deployErc20(anvil)
  await token.mint(anvil.accounts[1] ?? '', 10n)
  const hash = await token.transferMany(
    [
      { to: HOLDER, amount: 3n },
      { to: HOLDER, amount: 4n },
    ],
    anvil.accounts[1],
  )
  await anvil.mine()
  expect((await receipt(hash))?.logs.map(({ data }) => BigInt(data))).toEqual([3n, 4n])
})

test('the outsider lies in its logs, and forwards native value without any', async () => {
  const token = await deployErc20(anvil)
  const outsider = await deployOutsider(anvil)
  await token.mint(outsider.address, 5n)
  const lie = await outsider.forge({ from: token.address, to: HOLDER, amount: 9n })
  const mixed = await outsider.forgeThenTransfer({ token: token.address, to: HOLDER, amount: 5n })
  const before = await balance(HOLDER)
  const forwarded = await outsider.forward({ to: HOLDER, amount: 11n })
  await anvil.mine()
  const writers = async (hash: string) => (await receipt(hash))?.logs.map(({ address }) => address)
  expect(await writers(lie)).toEqual([outsider.address])
  expect(await writers(mixed)).toEqual([outsider.address, token.address])
  expect(await writers(forwarded)).toEqual([])
  expect((await balance(HOLDER)) - before).toBe(11n)
})

test('with auto mining each transaction has its block, and another chain id is kept', async () => {
  const auto = await startAnvil({ mining: 'auto', chainId: 137 })
  const token = await deployErc20(auto, { decimals: 18 })
  await token.mint(HOLDER, 2n)
  expect(await token.balanceOf(HOLDER)).toBe(2n)
  expect(BigInt(await auto.rpc<string>('eth_chainId'))).toBe(137n)
  await auto.stop()
  await auto.stop()
  await expect(auto.rpc('eth_chainId')).rejects.toThrow('fetch failed')
})

test('the node’s words are in the error, and a bad argument is told', async () => {
  await expect(anvil.rpc('eth_getTransactionReceipt', '0x12')).rejects.toThrow('invalid string length')
  await expect(startAnvil({ args: ['--no-such-flag'] })).rejects.toThrow('--no-such-flag')
})
