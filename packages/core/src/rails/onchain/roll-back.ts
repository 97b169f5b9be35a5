import { changeDeposit } from './change-deposit.ts'
import type { OnchainContext, OnchainWork } from './context.ts'
import { findFork } from './find-fork.ts'
import type { ChainLook } from './watch-look.ts'

/**
 * Takes back stored blocks that the network no longer has, newest first, each with its deposits in one commit.
 * @throws Error when the network reorganised below the oldest block kept: nothing is taken back then.
 */
export async function rollBack<T extends OnchainWork>(
  context: OnchainContext<T>,
  look: ChainLook,
): Promise<void> {
  const fork = await findFork(context, look)
  if (fork.kind === 'none') return
  const { provider } = look
  if (fork.kind === 'diverged') {
    await context.storage.transaction((tx) => reportDiverged(context, tx, { provider }))
    throw new Error(`${provider}: the network shares none of the blocks kept. Is it the same network?`)
  }
  // Only the very blocks that were compared may go: another process may be ahead, on the right chain already.
  let tipHash: string | null = fork.tipHash
  while (tipHash !== null && !look.signal.aborted) {
    const drop: Drop = { provider, tipHash, above: fork.height }
    tipHash = await context.storage.transaction((tx) => dropTip(context, tx, drop))
  }
}

interface Drop {
  readonly provider: string
  readonly tipHash: string
  readonly above: bigint | null
}

/** Answers the hash of the next block to drop, or null when that was the last. */
async function dropTip<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  drop: Drop,
): Promise<string | null> {
  const { provider, above } = drop
  const cursor = await tx.onchain.blocks.lockCursor(provider)
  const tip = cursor?.tip ?? null
  if (cursor === null || tip?.hash !== drop.tipHash) return null
  if (above !== null && tip.height <= above) return null
  for (const deposit of await tx.onchain.deposits.lockInBlock({ provider, height: tip.height })) {
    const event = deposit.state === 'confirmed' ? 'lose' : 'orphan'
    await changeDeposit(context, tx, { deposit, event })
  }
  await tx.onchain.blocks.remove({ provider, height: tip.height })
  const below = await tx.onchain.blocks.at({ provider, height: tip.height - 1n })
  const next = below === null ? null : { height: below.height, hash: below.hash }
  await tx.onchain.blocks.saveCursor({
    ...cursor,
    tip: next,
    divergedAt: null,
    updatedAt: context.clock.now(),
  })
  return next?.hash ?? null
}

/** Told once. The watch then fails until the network is back on a chain we know, or a person decides. */
async function reportDiverged<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  { provider }: { readonly provider: string },
): Promise<void> {
  const cursor = await tx.onchain.blocks.lockCursor(provider)
  if (cursor === null || cursor.divergedAt !== null) return
  const at = context.clock.now()
  const { network, tip } = cursor
  const details = {
    network,
    tipHeight: tip === null ? null : tip.height.toString(),
    tipHash: tip?.hash ?? null,
  }
  await tx.audit.append({ actor: 'system', action: 'chain.diverged', subject: provider, details, at })
  await tx.events.append({
    type: 'chain.diverged',
    subject: provider,
    correlation: provider,
    data: details,
    at,
  })
  await tx.onchain.blocks.saveCursor({ ...cursor, divergedAt: at, updatedAt: at })
}
