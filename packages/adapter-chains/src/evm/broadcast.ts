import { notSent, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  declined,
  isProviderError,
  type Outcome,
  type SignedTransfer,
  unknown,
} from '@lastro/core/spec'
import { readFinalHeight, readLatest } from './blocks.ts'
import type { EvmContext } from './context.ts'
import { ethers } from './library.ts'
import type { Node, Rpc } from './nodes.ts'
import { classifyBroadcastError, type RpcError } from './rpc-errors.ts'
import { invalidRequest, misconfigured, unexpectedAnswer } from './trouble.ts'
import { quantity, toQuantity } from './wire.ts'

/** What a broadcast comes to. */
export type BroadcastOutcome = Outcome<{ readonly hash: string }>

interface Sending {
  readonly node: Node
  readonly signed: SignedTransfer
  readonly from: string
  readonly nonce: bigint
  readonly signal: AbortSignal | undefined
}

/**
 * Behind one address there may be many servers, some of them late. Only a nonce that was used this many blocks ago
 * counts as used up: a server late by more than that would be broken.
 */
const REPLICA_LAG_BLOCKS = 32n

/** True when the node has the transaction, in its pool or on its chain. */
async function isKnown(rpc: Rpc, hash: string): Promise<boolean> {
  if ((await rpc.call('eth_getTransactionReceipt', [hash])) !== null) return true
  return (await rpc.call('eth_getTransactionByHash', [hash])) !== null
}

/** True when the nonce was used in a block that is final, and old enough that no server behind the node lacks it. */
async function isNonceUsedUp(rpc: Rpc, context: EvmContext, { from, nonce }: Sending): Promise<boolean> {
  const { id } = context
  const final = await readFinalHeight(context, rpc)
  const settled = (await readLatest(rpc)).height - REPLICA_LAG_BLOCKS
  if (final === null || settled < 0n) return false
  const height = final < settled ? final : settled
  const count = await rpc.call('eth_getTransactionCount', [from, toQuantity(height)])
  return quantity(count, { id, field: 'eth_getTransactionCount' }) > nonce
}

/** The nonce is used. By our own bytes: accepted. For ever by others: declined. Not finally: doubt. */
async function resolveConflict(
  context: EvmContext,
  sending: Sending,
  error: RpcError,
): Promise<BroadcastOutcome> {
  const { node, signed, nonce, signal } = sending
  const rpc = node.rpc(signal)
  if (await isKnown(rpc, signed.hash)) return accepted({ hash: signed.hash })
  // The order matters: the count is read first, so that a server which knows the transaction cannot be missed after.
  const isUsedUp = await isNonceUsedUp(rpc, context, sending)
  if (await isKnown(rpc, signed.hash)) return accepted({ hash: signed.hash })
  if (isUsedUp) return declined('expired', `nonce ${nonce} was used by another transaction, finally.`)
  return unknown(refusal(context, { node, message: error.message }))
}

/** A refusal for want of money is final only for a node that does not hold the bytes. */
async function resolveFunds(
  context: EvmContext,
  sending: Sending,
  error: RpcError,
): Promise<BroadcastOutcome> {
  const { node, signed, signal } = sending
  if (await isKnown(node.rpc(signal), signed.hash)) return accepted({ hash: signed.hash })
  return declined('insufficient_funds', refusal(context, { node, message: error.message }).message)
}

function refusal({ id }: EvmContext, { node, message }: { node: Node; message: string }) {
  return unexpectedAnswer(id, `${node.name} refused the transaction: ${message}`)
}

/**
 * A node's refusal as an outcome.
 *
 * | The node says | Outcome |
 * |---|---|
 * | known: it has these bytes | `accepted` |
 * | conflict: the nonce is used, by these bytes | `accepted` |
 * | conflict: the nonce is used by others, in a final block | `declined`, `expired` |
 * | conflict: the nonce is used by others, not finally yet | `unknown` |
 * | underpriced | `unknown`: the bytes stay valid, and may land when fees fall; the way out is a replacement |
 * | funds | `declined`, `insufficient_funds`, unless the node has the bytes all the same |
 * | refused: no node can ever take these bytes | `declined`, `refused` |
 * | anything else | `unknown` |
 */
async function resolveRefusal(
  context: EvmContext,
  sending: Sending,
  error: RpcError,
): Promise<BroadcastOutcome> {
  const cause = refusal(context, { node: sending.node, message: error.message })
  try {
    switch (classifyBroadcastError(error)) {
      case 'known':
        return accepted({ hash: sending.signed.hash })
      case 'conflict':
        return await resolveConflict(context, sending, error)
      case 'funds':
        return await resolveFunds(context, sending, error)
      case 'refused':
        return declined('refused', cause.message)
      case 'underpriced':
      case 'unclear':
        return unknown(cause)
    }
  } catch (trouble) {
    if (!isProviderError(trouble)) throw trouble
    return unknown(trouble)
  }
}

async function broadcastTo(context: EvmContext, sending: Sending): Promise<BroadcastOutcome> {
  const { node, signed, signal } = sending
  const answer = await node.post({ method: 'eth_sendRawTransaction', params: [signed.raw], signal })
  switch (answer.kind) {
    case 'result':
      if (answer.value === signed.hash) return accepted({ hash: signed.hash })
      return unknown(unexpectedAnswer(context.id, `${node.name} answered with another hash.`))
    case 'error':
      return resolveRefusal(context, sending, answer)
    case 'failed':
      return answer.stage === 'before_send'
        ? notSent('unreachable', { cause: answer.cause })
        : unknown(answer.cause)
    case 'answered':
      if (answer.status === 401)
        return notSent('unauthorized', { cause: new Error(`${node.name} answered 401.`) })
      return unknownAnswer(answer.status, `${node.name} does not say whether it took the transaction`)
  }
}

/** @throws ProviderError `invalid_request` for bytes that are not what they are said to be: a fault of ours. */
function openSigned({ id, chainId }: EvmContext, signed: SignedTransfer): { from: string; nonce: bigint } {
  try {
    const transaction = ethers().transaction.Transaction.from(signed.raw)
    if (transaction.hash === signed.hash && transaction.chainId === chainId && transaction.from !== null) {
      return { from: transaction.from, nonce: BigInt(transaction.nonce) }
    }
  } catch {
    // ethers quotes the bytes; our own error below says enough.
  }
  throw invalidRequest(id, 'signed: raw is no signed transaction of this network with this hash.')
}

/**
 * Sends stored bytes. They may be sent again without harm, so each node is tried until one takes them; doubt about one
 * node outweighs another's refusal.
 * @throws ProviderError `invalid_request` for bytes that are no transaction of this network.
 */
export async function broadcast(
  context: EvmContext,
  signed: SignedTransfer,
  signal?: AbortSignal,
): Promise<BroadcastOutcome> {
  const opened = openSigned(context, signed)
  let doubt: BroadcastOutcome | null = null
  let unsent: BroadcastOutcome | null = null
  for (const node of context.nodes.all) {
    const outcome = await broadcastTo(context, { node, signed, signal, ...opened })
    if (outcome.kind === 'accepted') return outcome
    if (outcome.kind === 'declined') return doubt ?? outcome
    if (outcome.kind === 'unknown') doubt ??= outcome
    else unsent ??= outcome
  }
  return doubt ?? unsent ?? unknown(misconfigured(context.id, 'there is no node.'))
}
