/** The rail with the real EVM adapter and keystore, on a real node. */
import { type ChainProvider, Money, type Network, type Signer } from '@lastro/core/spec'
import { type DeployedToken, deployErc20, type RunningAnvil, startAnvil } from '@lastro/testing/anvil'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { evm } from '../../adapter-chains/src/evm/index.ts'
import { createKeystore, localKeystore } from '../../adapter-chains/src/keystore/index.ts'
import { openAccounts } from '../../core/src/books/ledger/index.ts'
import { custodyAccount, depositsAccount, networkFeeAccount } from '../../core/src/rails/onchain/index.ts'
import { type Bench, createBench, PROVIDER, sourceOf } from './onchain-bench.ts'

const ETH = 'ETH.anvil/18'
const USDT = 'USDT.anvil/6'
const ONE_ETH = 10n ** 18n
const PAYEE = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const PASSPHRASE = 'only for a test'

const network = (chainId: number): Network => ({
  id: 'anvil',
  family: 'evm',
  caip2: `eip155:${chainId}`,
  name: 'Anvil',
  nativeAsset: ETH,
  finality: { by: 'tag', tag: 'finalized', fallbackBlocks: 9 },
  explorerUrl: null,
  isTest: true,
})

eachDatabase((db) => {
  let anvil: RunningAnvil
  let token: DeployedToken
  let bench: Bench
  let system: string

  beforeEach(async () => {
    await db.truncate()
    anvil = await startAnvil()
    token = await deployErc20(anvil, { returns: 'nothing' })
    const row = { asset: USDT, network: 'anvil', symbol: 'USDT', contract: token.address } as const
    const port: ChainProvider = evm({
      network: network(anvil.chainId),
      rpcUrl: anvil.url,
      tokens: [row],
    }).chain
    const keystore = await createKeystore({ passphrase: PASSPHRASE, scryptN: 2 ** 14 })
    const signer: Signer = localKeystore({ json: keystore, passphrase: PASSPHRASE }).signer
    bench = await createBench(db, { port, signer })
    await bench.fill()
    system = await bench.system()
    await anvil.mine(10)
    await bench.watch()
    await bench.inside(async (tx) => {
      const accounts = ([ETH, USDT] as const).map((asset) => {
        return { id: sourceOf(asset), asset, normalSide: 'credit', constraint: 'none' } as const
      })
      await openAccounts(tx, { accounts, at: db.clock.now() })
    })
  })
  afterEach(() => anvil.stop())

  /** Long enough for `finalized` to pass whatever is mined now. */
  const finalize = () => anvil.mine(9)
  const fund = async () => {
    await anvil.setBalance(system, ONE_ETH)
    await token.mint(system, 50_000_000n)
    await anvil.mine()
  }
  const pass = async () => {
    await db.clock.advance(10_000)
    await bench.track()
    await bench.drain()
  }
  const pay = (amount: Money, key: string) =>
    bench.onchain.transfers.create({
      provider: PROVIDER,
      to: PAYEE,
      amount,
      sourceAccount: sourceOf(amount.asset),
      idempotencyKey: key,
    })

  test('sees native and token deposits, through a reorg, until they are final', async () => {
    const [one, two] = [await bench.take('trd_1'), await bench.take('trd_2')]
    const native = await anvil.send({ to: one, value: 5n })
    await token.mint(two, 25_000_000n)
    await anvil.mine()
    await bench.watch()
    const seen = await bench.deposits()
    expect(seen.map(({ owner, amount, state }) => [owner, amount, state]).sort()).toEqual([
      ['trd_1', Money.of(5n, ETH), 'seen'],
      ['trd_2', Money.of(25_000_000n, USDT), 'seen'],
    ])
    // The native one is mined again, in a later block; the other is gone.
    const raw = await anvil.rawTransaction(native)
    await anvil.reorg(1, [{ raw }])
    await anvil.mine()
    await bench.watch()
    const states = async () => (await bench.deposits()).map(({ owner, state }) => [owner, state]).sort()
    expect(await states()).toEqual([
      ['trd_1', 'seen'],
      ['trd_2', 'orphaned'],
    ])
    await finalize()
    await bench.watch()
    expect(await states()).toEqual([
      ['trd_1', 'confirmed'],
      ['trd_2', 'orphaned'],
    ])
    expect(await bench.balance(depositsAccount(PROVIDER, ETH))).toMatchObject({ posted: 5n })
    expect(await bench.balance(custodyAccount(PROVIDER, USDT))).toBeNull()
  })

  test('sends native money and tokens once each, and books what the network took', async () => {
    await fund()
    const before = await anvil.rpc<string>('eth_getBalance', PAYEE, 'latest')
    await pay(Money.of(7n, ETH), 'k1')
    await pay(Money.of(10_000_000n, USDT), 'k2')
    await bench.drain()
    expect((await bench.transfers()).map(({ state, sequence }) => [state, sequence])).toEqual([
      ['sent', 1n],
      ['sent', 0n],
    ])
    await anvil.mine()
    await pass()
    expect((await bench.transfers()).map(({ state }) => state)).toEqual(['mined', 'mined'])
    await finalize()
    await pass()
    const transfers = await bench.transfers()
    expect(transfers.map(({ state }) => state)).toEqual(['confirmed', 'confirmed'])
    expect(await token.balanceOf(PAYEE)).toBe(10_000_000n)
    const after = await anvil.rpc<string>('eth_getBalance', PAYEE, 'latest')
    expect(BigInt(after) - BigInt(before)).toBe(7n)
    const fees = transfers.reduce((sum, { networkFee }) => sum + (networkFee?.amount ?? 0n), 0n)
    expect(await bench.balance(networkFeeAccount(PROVIDER, ETH))).toMatchObject({ posted: fees })
    const left = await anvil.rpc<string>('eth_getBalance', system, 'latest')
    expect(ONE_ETH - BigInt(left)).toBe(fees + 7n)
    expect(await bench.onchain.balances(PROVIDER)).toEqual([
      Money.of(BigInt(left), ETH),
      Money.of(40_000_000n, USDT),
    ])
  })

  test('sends the same bytes again after a reorg dropped them', async () => {
    await fund()
    await pay(Money.of(10_000_000n, USDT), 'k1')
    await bench.drain()
    await anvil.mine()
    await pass()
    const [mined] = await bench.transfers()
    expect(mined?.state).toBe('mined')
    await anvil.reorg(1)
    await anvil.mine()
    await pass()
    expect((await bench.transfers())[0]).toMatchObject({ state: 'sent' })
    await pass()
    await anvil.mine()
    await finalize()
    await pass()
    expect((await bench.transfers())[0]).toMatchObject({
      state: 'confirmed',
      transactionHash: mined?.transactionHash,
    })
    expect(await token.balanceOf(PAYEE)).toBe(10_000_000n)
  })

  test('replaces a transfer that is too cheap to be mined', async () => {
    await fund()
    await pay(Money.of(7n, ETH), 'k1')
    await bench.drain()
    await anvil.rpc('anvil_setNextBlockBaseFeePerGas', '0x2540be4000')
    await anvil.mine()
    await pass()
    expect((await bench.transfers())[0]?.state).not.toBe('mined')
    await db.clock.advance(120_000)
    await pass()
    await anvil.mine()
    await finalize()
    await pass()
    const [transfer] = await bench.transfers()
    expect(transfer).toMatchObject({ state: 'confirmed', sequence: 0n })
    const versions = await bench.storage.read((tx) => tx.onchain.transfers.versions(transfer?.id ?? 'otx_'))
    expect(versions.map(({ hash }) => hash)).toContain(transfer?.transactionHash)
    expect(versions).toHaveLength(2)
  })

  test('fails a transfer that reverts, frees its money and books its fee', async () => {
    await fund()
    await pay(Money.of(50_000_000n, USDT), 'k1')
    await bench.drain()
    // PUSH1 0, PUSH1 0, REVERT: from now on the token refuses everything.
    await anvil.rpc('anvil_setCode', token.address, '0x60006000fd')
    await anvil.mine()
    await finalize()
    await pass()
    const [transfer] = await bench.transfers()
    expect(transfer).toMatchObject({ state: 'failed', failure: 'reverted', succeeded: false })
    const fee = transfer?.networkFee?.amount ?? 0n
    expect(fee).toBeGreaterThan(0n)
    expect(await bench.balance(networkFeeAccount(PROVIDER, ETH))).toMatchObject({ posted: fee })
    expect(await bench.balance(sourceOf(USDT))).toEqual({ posted: 0n, out: 0n })
  })
})
