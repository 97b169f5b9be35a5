import { accepted, type BlockRef, declined, unknown } from '@lastro/core/spec'
import type { ChainWorld, CreateWorld } from '../../conformance/index.ts'
import type { Flaw } from '../flaw.ts'
import { createMemorySigner } from '../signer/index.ts'
import {
  type Block,
  type ChainNode,
  createMemoryChain,
  hashOf,
  type MemoryChain,
  parseRaw,
} from './ledger.ts'
import { ASSETS, type ChainParts, createChain } from './reference.ts'

type Replace = (node: ChainNode) => Partial<ChainParts>

const [NATIVE = 'MEM.memory/18'] = ASSETS
const FOREIGN = 'USDT.elsewhere/6'
const STRANGER = 'memstranger'

/** Everything that looks like a deposit and is none. */
function makeNoise(chain: MemoryChain, to: string): bigint {
  const entry = { from: STRANGER, to, succeeded: true }
  for (const asset of ASSETS) chain.put({ ...entry, asset, amount: 0n })
  chain.put({ ...entry, asset: FOREIGN, amount: 5n })
  chain.put({ ...entry, asset: NATIVE, amount: 5n, succeeded: false })
  return chain.mine()
}

function createWorld(replace: Replace = () => ({})): ChainWorld {
  const chain = createMemoryChain()
  let addresses = 0
  return {
    chain: createChain(chain, replace(chain.node)),
    signer: createMemorySigner(),
    async address() {
      addresses += 1
      return `mem${addresses}`
    },
    depositAssets: ASSETS,
    largestDeposit: () => 10n ** 30n,
    async deposit({ to, amount: { amount, asset } }) {
      const transactionHash = chain.put({ from: STRANGER, to, asset, amount, succeeded: true })
      return { transactionHash, height: chain.mine() }
    },
    noise: async (to) => makeNoise(chain, to),
    async mine(blocks) {
      chain.mine(blocks)
    },
    reorg: async (depth) => chain.reorg(depth),
    async failed() {
      const hash = chain.put({ from: STRANGER, to: 'mem0', asset: NATIVE, amount: 1n, succeeded: false })
      chain.mine()
      return hash
    },
    unknownHash: () => hashOf('no transaction'),
    witness: {
      balance: async (address, asset) => chain.balance(address, asset),
      blockHash: async (height) => chain.node.blockAt(height)?.ref.hash ?? '',
    },
    fault: chain.fault,
    mend: chain.mend,
  }
}

/** A correct chain adapter over a network in memory. */
export const chainReference: CreateWorld<ChainWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<ChainWorld> => ({
  id: `chain/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

/** Remembers every block it read, and never asks for it again. */
function remembersBlocks(): Partial<ChainParts> {
  const seen = new Map<string, Block | null>()
  return {
    blockOf(node, { hash }: BlockRef) {
      const block = seen.get(hash) ?? node.blockByHash(hash)
      seen.set(hash, block)
      return block
    },
  }
}

/** Takes the next sequence when the node has the bytes already, and so pays again. */
function paysAgain(node: ChainNode): Partial<ChainParts> {
  return {
    onSent(sent, { raw, hash }) {
      if (sent === 'taken') return accepted({ hash })
      const { from, to, asset, amount, sequence } = parseRaw(raw)
      const next = { from, to, asset, amount: `${amount}`, sequence: `${sequence + 1n}` }
      node.send(Buffer.from(JSON.stringify(next)).toString('hex'))
      return unknown(sent)
    },
  }
}

/** Ways to break a chain adapter, at least one for each rule. */
export const chainFlaws: readonly Flaw<ChainWorld>[] = [
  flaw('blocks_link', 'names the block itself as its parent', {
    replace: () => ({ blockRef: ({ ref }) => ({ ...ref, parentHash: ref.hash }) }),
  }),
  flaw('deposits_by_hash', 'reads deposits by height', {
    replace: () => ({ blockOf: (node, { height }) => node.blockAt(height) }),
  }),
  flaw('deposits_by_hash', 'remembers blocks that were orphaned since', { replace: remembersBlocks }),
  flaw('deposit_exact', 'counts units with a float', {
    replace: () => ({ amountOf: ({ amount }) => BigInt(Number(amount)) }),
  }),
  flaw('deposit_exact', 'tells zero amounts', {
    replace: () => ({ isDeposit: ({ succeeded }) => succeeded }),
  }),
  flaw('deposit_exact', 'tells transfers that failed', {
    replace: () => ({ isDeposit: ({ amount }) => amount > 0n }),
  }),
  flaw('deposit_exact', 'knows a token by its symbol', {
    replace: () => ({
      isAccepted: (asset) => ASSETS.some((known) => known.split('.')[0] === asset.split('.')[0]),
    }),
  }),
  flaw('same_bytes_once', 'takes "already known" for a refusal', {
    replace: () => ({
      onSent: (sent, { hash }) => (sent === 'taken' ? accepted({ hash }) : declined('duplicate')),
    }),
  }),
  flaw('same_bytes_once', 'takes the next sequence and pays again', { replace: paysAgain }),
  flaw('lost_broadcast_is_unknown', 'takes every transport error for not sent', {
    replace: () => ({ onLost: (cause) => ({ kind: 'not_sent', cause }) }),
  }),
  flaw('lost_broadcast_is_unknown', 'takes a lost answer for a decline', {
    replace: () => ({ onLost: () => declined('refused') }),
  }),
  flaw('status_absent', 'calls a hash nobody knows pending', {
    replace: () => ({ onNoSuchHash: () => ({ kind: 'pending' }) }),
  }),
  flaw('status_absent', 'takes trouble for absence', {
    replace: () => ({ onStatusTrouble: () => ({ kind: 'absent' }) }),
  }),
  flaw('failed_is_told', 'takes mined for succeeded', { replace: () => ({ succeeded: () => true }) }),
]
