import {
  type AssetId,
  accepted,
  type BlockRef,
  type BuildTransfer,
  type ChainDeposit,
  type ChainProvider,
  declined,
  Money,
  type Network,
  type Outcome,
  ProviderError,
  type SignedTransfer,
  type Signer,
  type TransactionStatus,
  unknown,
} from '@lastro/core/spec'
import { isRefused } from '../flaw.ts'
import {
  type Block,
  type ChainNode,
  hashOf,
  type MemoryChain,
  type Sent,
  type Transaction,
} from './ledger.ts'

/** What a broadcast comes to. */
export type BroadcastOutcome = Outcome<{ readonly hash: string }>

/** The decisions of a chain adapter, one by one, so that a flaw can replace just one of them. */
export interface ChainParts {
  blockRef(block: Block): BlockRef
  /** The block whose deposits are read. */
  blockOf(node: ChainNode, ref: BlockRef): Block | null
  isAccepted(asset: AssetId): boolean
  isDeposit(transaction: Transaction): boolean
  amountOf(transaction: Transaction): bigint
  onLost(error: unknown): BroadcastOutcome
  onSent(sent: Sent, signed: SignedTransfer): BroadcastOutcome
  succeeded(transaction: Transaction): boolean
  onNoSuchHash(): TransactionStatus
  /** Trouble while asking for a status. @throws ProviderError, unless broken. */
  onStatusTrouble(): TransactionStatus
}

const NATIVE = 'MEM.memory/18'
/** What the reference accepts: the native asset and one token. */
export const ASSETS: readonly AssetId[] = [NATIVE, 'USDT.memory/6']

const NETWORK: Network = {
  id: 'memory',
  family: 'evm',
  caip2: 'eip155:999999',
  name: 'Memory',
  nativeAsset: NATIVE,
  finality: { by: 'depth', blocks: 2 },
  explorerUrl: null,
  isTest: true,
}

const FEE = Money.of(0n, NATIVE)

const down = (): ProviderError =>
  new ProviderError({ provider: 'reference', kind: 'unavailable', message: 'the node could not be asked.' })

/** Correct parts. */
export const correctParts: ChainParts = {
  blockRef: ({ ref }) => ref,
  blockOf: (node, { hash }) => node.blockByHash(hash),
  isAccepted: (asset) => ASSETS.includes(asset),
  isDeposit: ({ amount, succeeded }) => amount > 0n && succeeded,
  amountOf: ({ amount }) => amount,
  onLost: (error) => (isRefused(error) ? { kind: 'not_sent', cause: error } : unknown(error)),
  onSent: (sent, { hash }) =>
    sent === 'sequence_used' ? declined('expired', 'the sequence was used') : accepted({ hash }),
  succeeded: ({ succeeded }) => succeeded,
  onNoSuchHash: () => ({ kind: 'absent' }),
  onStatusTrouble() {
    throw down()
  },
}

/** A read, with trouble in the port's words. */
function read<T>(ask: () => T): T {
  try {
    return ask()
  } catch {
    throw down()
  }
}

function readDeposits(
  { node, parts }: { node: ChainNode; parts: ChainParts },
  query: Parameters<ChainProvider['deposits']>[0],
): readonly ChainDeposit[] | null {
  const block = read(() => parts.blockOf(node, query.block))
  if (block === null) return null
  return block.transactions
    .filter(
      (entry) => query.addresses.has(entry.to) && parts.isAccepted(entry.asset) && parts.isDeposit(entry),
    )
    .map((entry) => ({
      transactionHash: entry.hash,
      position: 'native',
      from: entry.from,
      to: entry.to,
      amount: Money.of(parts.amountOf(entry), entry.asset),
    }))
}

function readStatus(
  { node, parts }: { node: ChainNode; parts: ChainParts },
  hash: string,
): TransactionStatus {
  let found: ReturnType<ChainNode['transaction']>
  try {
    found = node.transaction(hash)
  } catch {
    return parts.onStatusTrouble()
  }
  if (found === null) return parts.onNoSuchHash()
  if (found.block === null) return { kind: 'pending' }
  const { height, hash: blockHash } = found.block.ref
  const block = { height, hash: blockHash }
  return { kind: 'mined', block, succeeded: parts.succeeded(found.transaction), fee: FEE }
}

async function signTransfer(transfer: BuildTransfer, signer: Signer): Promise<SignedTransfer> {
  const { from, to, amount, sequence, key } = transfer
  const body = { from, to, asset: amount.asset, amount: `${amount.amount}`, sequence: `${sequence}` }
  const digest = Buffer.from(hashOf(JSON.stringify(body)), 'hex')
  const signature = Buffer.from(await signer.sign(key, digest)).toString('hex')
  const raw = Buffer.from(JSON.stringify({ ...body, signature })).toString('hex')
  return { raw, hash: hashOf(raw) }
}

/** The address of a public key on this network. */
export const addressOf = (publicKey: Uint8Array): string =>
  `mem${hashOf(Buffer.from(publicKey).toString('hex')).slice(0, 40)}`

/** A correct adapter, with some of its parts replaced. */
export function createChain(chain: MemoryChain, replace: Partial<ChainParts> = {}): ChainProvider {
  const { node } = chain
  const parts = { ...correctParts, ...replace }
  const refOf = (block: Block | null) => (block === null ? null : parts.blockRef(block))
  return {
    specVersion: 1,
    network: NETWORK,
    assets: ASSETS,
    addressOf,
    keyRef: (index) => ({ curve: 'secp256k1', path: `m/44'/1'/0'/0/${index}` }),
    parseAddress: (text) =>
      /^mem\w+$/.test(text) ? { ok: true, address: text } : { ok: false, rule: 'format' },
    head: async () => ({ latest: parts.blockRef(read(() => node.latest())), safe: null, finalized: null }),
    blockAt: async (height) => refOf(read(() => node.blockAt(height))),
    deposits: async (query) => readDeposits({ node, parts }, query),
    balance: async ({ address, asset }) => Money.of(chain.balance(address, asset), asset),
    history: async () => [],
    sequence: async (address) => chain.count(address),
    estimateFee: async () => ({ max: FEE, parameters: {} }),
    sign: signTransfer,
    async broadcast(signed) {
      let sent: Sent
      try {
        sent = node.send(signed.raw)
      } catch (error) {
        return parts.onLost(error)
      }
      return parts.onSent(sent, signed)
    },
    status: async (hash) => readStatus({ node, parts }, hash),
  }
}
