import { type AssetId, type BlockRef, type ChainDeposit, Money } from '@lastro/core/spec'
import type { AcceptedToken, EvmContext } from './context.ts'
import { ethers } from './library.ts'
import { type Log, type Receipt, readLog } from './receipts.ts'
import { hash, list, object, quantity, toQuantity } from './wire.ts'

/** The topic of `Transfer(address,address,uint256)`: keccak-256 of that text (ERC-20). */
export const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/** Money that moved in one transaction. Addresses are EIP-55. */
export type Transfer = ChainDeposit

/** An address as a topic. */
export function toTopic(address: string): string {
  return `0x${address.slice(2).toLowerCase().padStart(64, '0')}`
}

interface TokenTransfer {
  readonly from: string
  readonly to: string
  readonly amount: bigint
}

/** Null for a log that is no plain token transfer: an NFT has a fourth topic, and no amount. */
function tokenTransfer({ topics, data }: Pick<Log, 'topics' | 'data'>): TokenTransfer | null {
  const [topic, from, to] = topics
  if (topic !== TRANSFER_TOPIC || from === undefined || to === undefined) return null
  if (topics.length !== 3 || data.length !== 66) return null
  return { from: `0x${from.slice(26)}`, to: `0x${to.slice(26)}`, amount: BigInt(data) }
}

/**
 * Everything that one transaction moved, as far as it leaves a mark: its own `value`, which receipts do not tell, and
 * the logs of accepted tokens.
 * Zero amounts are left out, since anyone can send those in anyone's name. A failed transaction moved nothing.
 */
export function transfersOf(
  { network, tokens }: Pick<EvmContext, 'network' | 'tokens'>,
  { value, receipt }: { readonly value: bigint; readonly receipt: Receipt },
): readonly Transfer[] {
  if (!receipt.succeeded) return []
  const { getAddress } = ethers().address
  const found: Transfer[] = []
  const add = (moved: { position: string; from: string; to: string; amount: bigint; asset: AssetId }) => {
    if (moved.amount === 0n) return
    found.push({
      transactionHash: receipt.transactionHash,
      position: moved.position,
      from: getAddress(moved.from),
      to: getAddress(moved.to),
      amount: Money.of(moved.amount, moved.asset),
    })
  }
  if (receipt.to !== null) {
    const { from, to } = receipt
    add({ position: 'native', from, to, amount: value, asset: network.nativeAsset })
  }
  for (const [index, log] of receipt.logs.entries()) {
    const token = tokens.find(({ contract }) => contract === log.contract)
    const moved = token === undefined ? null : tokenTransfer(log)
    if (token !== undefined && moved !== null) add({ position: `log:${index}`, asset: token.asset, ...moved })
  }
  return found
}

/** Which logs to look for: those of one block, or of a range of heights. */
export type LogScope =
  | { readonly block: Pick<BlockRef, 'hash'> }
  | { readonly fromHeight: bigint; readonly toHeight: bigint }

/** A token transfer as `eth_getLogs` tells it: where to look, not what to believe. The receipt is read for that. */
export interface LogMark {
  readonly transactionHash: string
  readonly blockHash: string
  readonly height: bigint
  readonly from: string
  readonly to: string
}

/** The parameters of `eth_getLogs` for transfers of accepted tokens. Null topics match all. */
export function logQuery(
  tokens: readonly AcceptedToken[],
  scope: LogScope,
  party: { readonly from: readonly string[] | null; readonly to: readonly string[] | null },
): readonly unknown[] {
  const range =
    'block' in scope
      ? { blockHash: scope.block.hash }
      : { fromBlock: toQuantity(scope.fromHeight), toBlock: toQuantity(scope.toHeight) }
  const topics = [TRANSFER_TOPIC, party.from?.map(toTopic) ?? null, party.to?.map(toTopic) ?? null]
  return [{ ...range, address: tokens.map(({ contract }) => contract), topics }]
}

/** The plain token transfers among the logs that a node answered with. */
export function logMarks(id: string, value: unknown): readonly LogMark[] {
  return list(value, { id, field: 'logs' }).flatMap((row) => {
    const transfer = tokenTransfer(readLog(id, row))
    if (transfer === null) return []
    const log = object(row, { id, field: 'log' })
    return {
      transactionHash: hash(log.transactionHash, { id, field: 'log.transactionHash' }),
      blockHash: hash(log.blockHash, { id, field: 'log.blockHash' }),
      height: quantity(log.blockNumber, { id, field: 'log.blockNumber' }),
      from: transfer.from,
      to: transfer.to,
    }
  })
}
