import type { ChainHead } from '../../spec/index.ts'
import { changeTransfer, transferFacts } from './change-transfer.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork } from './context.ts'
import { sendJob } from './jobs.ts'
import { isFinal } from './settle.ts'
import type { OnchainTransfer } from './transfer.ts'

type Anchor = NonNullable<OnchainTransfer['displacedBy']>

/**
 * The network counts a transfer's sequence as used, and none of its versions is mined. A block in which that was so is
 * noted; once it is final, and enough time has passed for every node to know, the versions can never land, and the
 * transfer is built again. Until then it waits: this is the only place from which new bytes come for an old intent.
 */
export async function suspect<T extends OnchainWork>(
  context: OnchainContext<T>,
  transfer: OnchainTransfer,
  look: { readonly head: ChainHead; readonly signal: AbortSignal },
): Promise<void> {
  const { displacedBy: anchor, provider } = transfer
  if (anchor === null) {
    const found = await findAnchor(context, transfer, look.signal)
    if (found !== null) await setAnchor(context, { transfer, anchor: found })
    return
  }
  const block = await chainOf(context, provider).blockAt(anchor.height, look.signal)
  if (block !== null && block.hash !== anchor.hash) return setAnchor(context, { transfer, anchor: null })
  const waitedMs = context.clock.now().getTime() - anchor.since.getTime()
  if (waitedMs < context.options.displaceAfterMs) return
  if (!(await isFinal(context, { provider, ...anchor }, look))) return
  await context.storage.transaction((tx) => displace(context, tx, transfer))
}

/** The network's count between two looks at one and the same head is the count of that head. */
async function findAnchor(
  context: OnchainParts,
  transfer: OnchainTransfer,
  signal: AbortSignal,
): Promise<Anchor | null> {
  const chain = chainOf(context, transfer.provider)
  const before = await chain.head(signal)
  const sequence = await chain.sequence(transfer.from, signal)
  const after = await chain.head(signal)
  if (before.latest.hash !== after.latest.hash) return null
  if (transfer.sequence === null || sequence <= transfer.sequence) return null
  const { height, hash } = after.latest
  return { height, hash, since: context.clock.now() }
}

/** Notes or forgets the block; nothing else about the transfer changes. */
export function setAnchor<T extends OnchainWork>(
  context: OnchainContext<T>,
  change: { readonly transfer: OnchainTransfer; readonly anchor: Anchor | null },
): Promise<void> {
  const { transfer, anchor } = change
  return context.storage.transaction(async (tx) => {
    const found = await tx.onchain.transfers.lock(transfer.id)
    if (found === null || found.version !== transfer.version) return
    const at = context.clock.now()
    await tx.onchain.transfers.update({
      ...found,
      displacedBy: anchor,
      updatedAt: at,
      version: found.version + 1,
    })
  })
}

async function displace<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  displaced: OnchainTransfer,
): Promise<void> {
  const transfer = await tx.onchain.transfers.lock(displaced.id)
  if (transfer === null || transfer.version !== displaced.version || transfer.sequence === null) return
  const { id, provider, from, sequence } = transfer
  const at = context.clock.now()
  await tx.onchain.transfers.killVersions({ transferId: id, sequence })
  await tx.onchain.wallets.put({ provider, address: from, sequence, state: 'foreign', transferId: null })
  await tx.audit.append({
    actor: 'system',
    action: 'transfer.displaced',
    subject: id,
    details: transferFacts(transfer),
    at,
  })
  const set = { sequence: null, transactionHash: null, displacedBy: null, dueAt: at }
  await changeTransfer(context, tx, { transfer, event: 'displace', set })
  await tx.jobs.enqueue(sendJob, { transferId: id, provider, from }, { dedupeKey: id })
}
