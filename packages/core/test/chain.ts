/** A network for tests of the engine: blocks made by hand, forks, and transfers that land when a block is mined. */
import {
  type AssetId,
  accepted,
  type BlockRef,
  type ChainDeposit,
  type ChainProvider,
  type Clock,
  Money,
  type Network,
  type Signer,
} from '@lastro/core/spec'

export const COIN: AssetId = 'COIN.testnet/18'
export const DOLLAR: AssetId = 'DOLLAR.testnet/6'

const NETWORK: Network = {
  id: 'testnet',
  family: 'evm',
  caip2: 'eip155:999',
  name: 'Testnet',
  nativeAsset: COIN,
  finality: { by: 'depth', blocks: 3 },
  explorerUrl: null,
  isTest: true,
}

interface Block extends BlockRef {
  readonly transactions: readonly Transaction[]
}

interface Transaction extends ChainDeposit {
  readonly raw: string
  readonly sequence: bigint
}

export interface Chain {
  readonly port: ChainProvider
  readonly signer: Signer
  /** Somebody pays: it is in the pool until the next block. */
  pay(payment: { to: string; amount: Money; from?: string }): string
  /** Makes blocks, the pool's content in the first. Their time is the clock's. */
  mine(blocks?: number): void
  /** Takes the last blocks away, with what was in them. Then mine others. */
  fork(depth: number): void
  /** What really arrived at an address on the chain as it is now. */
  received(address: string): readonly Transaction[]
}

const FEE: Money = Money.of(21_000n, COIN)

export function createChain(clock: Clock): Chain {
  let count = 0
  const pool: Transaction[] = []
  const blocks: Block[] = []
  const hash = () => {
    count += 1
    return `0x${count.toString(16).padStart(64, '0')}`
  }
  const mineOne = () => {
    const parent = blocks.at(-1)
    const height = (parent?.height ?? -1n) + 1n
    blocks.push({
      height,
      hash: hash(),
      parentHash: parent?.hash ?? '0x',
      time: clock.now(),
      transactions: pool.splice(0),
    })
  }
  mineOne()
  const all = () =>
    blocks.flatMap((block) => block.transactions.map((transaction) => ({ block, transaction })))
  const plain = ({ height, hash: own, parentHash, time }: Block): BlockRef => ({
    height,
    hash: own,
    parentHash,
    time,
  })

  const port: ChainProvider = {
    specVersion: 1,
    network: NETWORK,
    assets: [COIN, DOLLAR],
    keyRef: (index) => ({ curve: 'secp256k1', path: `m/${index}` }),
    addressOf: (key) => `addr-${new TextDecoder().decode(key)}`,
    parseAddress: (text) =>
      /^addr-[\w/-]+$/.test(text) ? { ok: true, address: text } : { ok: false, rule: 'format' },
    head: async () => {
      const last = blocks.at(-1)
      if (last === undefined) throw new Error('no blocks')
      return { latest: plain(last), safe: null, finalized: null }
    },
    blockAt: async (height) => {
      const block = blocks[Number(height)]
      return block === undefined ? null : plain(block)
    },
    deposits: async ({ block, addresses }) => {
      const known = blocks.find((one) => one.hash === block.hash)
      return known === undefined ? null : known.transactions.filter(({ to }) => addresses.has(to))
    },
    balance: async ({ asset }) => Money.of(10n ** 30n, asset),
    history: async () => [],
    sequence: async (address) =>
      BigInt(all().filter(({ transaction }) => transaction.from === address).length),
    estimateFee: async () => ({ max: FEE, parameters: { price: '1' } }),
    sign: async ({ from, to, amount, sequence, fee }) => {
      const raw = JSON.stringify([
        from,
        to,
        amount.amount.toString(),
        amount.asset,
        sequence.toString(),
        fee.parameters,
      ])
      return {
        raw,
        hash: `0xsigned${raw.length}${[...raw].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 2 ** 40, 7)}`,
      }
    },
    broadcast: async ({ raw, hash: own }) => {
      const [from, to, amount, asset, sequence] = JSON.parse(raw)
      const isKnown =
        pool.some((one) => one.raw === raw) || all().some(({ transaction }) => transaction.raw === raw)
      const money = { amount: BigInt(amount), asset }
      if (!isKnown)
        pool.push({
          transactionHash: own,
          position: 'native',
          from,
          to,
          amount: money,
          raw,
          sequence: BigInt(sequence),
        })
      return accepted({ hash: own })
    },
    status: async (wanted) => {
      if (pool.some((one) => one.transactionHash === wanted)) return { kind: 'pending' }
      const found = all().find(({ transaction }) => transaction.transactionHash === wanted)
      if (found === undefined) return { kind: 'absent' }
      return { kind: 'mined', block: found.block, succeeded: true, fee: FEE }
    },
  }

  return {
    port,
    signer: {
      specVersion: 1,
      publicKey: async ({ path }) => new TextEncoder().encode(path),
      sign: async (_key, digest) => digest,
    },
    pay: ({ to, amount, from = 'addr-customer' }) => {
      const transactionHash = hash()
      pool.push({ transactionHash, position: 'native', from, to, amount, raw: transactionHash, sequence: 0n })
      return transactionHash
    },
    mine: (number = 1) => {
      for (let index = 0; index < number; index += 1) mineOne()
    },
    fork: (depth) => {
      blocks.splice(blocks.length - depth, depth)
    },
    received: (address) =>
      all()
        .map(({ transaction }) => transaction)
        .filter(({ to }) => to === address),
  }
}
