import { changeDeposit } from './change-deposit.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork } from './context.ts'
import type { DepositId } from './deposit.ts'
import { finalHeightOf } from './finality.ts'
import type { ChainLook } from './watch-look.ts'

const PAGE = 100

/** A stored block that is final, and with it all that it builds on. */
interface FinalBlock {
  readonly provider: string
  readonly height: bigint
  readonly hash: string
}

/** Confirms deposits that are final. One that cannot be confirmed holds up none of the others. */
export async function confirmDeposits<T extends OnchainWork>(
  context: OnchainContext<T>,
  look: ChainLook,
): Promise<FinalBlock | null> {
  const final = await findFinal(context, look)
  if (final === null) return null
  const failures: unknown[] = []
  let after: DepositId | null = null
  for (;;) {
    const query = { provider: final.provider, height: final.height, after, limit: PAGE }
    const ids: readonly DepositId[] = await context.storage.read((tx) => tx.onchain.deposits.seenUpTo(query))
    for (const id of ids) {
      if (look.signal.aborted) return null
      await context.storage
        .transaction((tx) => confirm(context, tx, { id, final }))
        .catch((error: unknown) => failures.push(error))
    }
    after = ids.at(-1) ?? null
    if (ids.length < PAGE) break
  }
  if (failures.length > 0) throw failures[0]
  return final
}

/**
 * The highest stored block that is final by the rule and that the network still has: stored blocks are linked, so all
 * below it are canonical too.
 */
async function findFinal(context: OnchainParts, look: ChainLook): Promise<FinalBlock | null> {
  const { provider, head, signal } = look
  const chain = chainOf(context, provider)
  const limit = finalHeightOf(chain.network, head, context.options.chains[provider]?.finality)
  const stored = await context.storage.read(async (tx) => {
    const tip = (await tx.onchain.blocks.cursor(provider))?.tip ?? null
    if (tip === null) return null
    return tx.onchain.blocks.at({ provider, height: tip.height < limit ? tip.height : limit })
  })
  if (stored === null || !(await isSameBranch(context, look))) return null
  const remote = await chain.blockAt(stored.height, signal)
  return remote?.hash === stored.hash ? { provider, height: stored.height, hash: stored.hash } : null
}

/**
 * Servers behind one address may be on different branches. What one of them calls final says nothing about blocks that
 * another one told, so the blocks that the rule counts from must be ours too, where we have got that far.
 */
async function isSameBranch(context: OnchainParts, look: ChainLook): Promise<boolean> {
  const { provider, head } = look
  for (const told of [head.latest, head.safe, head.finalized]) {
    if (told === null) continue
    const stored = await context.storage.read((tx) => tx.onchain.blocks.at({ provider, height: told.height }))
    if (stored !== null && stored.hash !== told.hash) return false
  }
  return true
}

async function confirm<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  target: { readonly id: DepositId; readonly final: FinalBlock },
): Promise<void> {
  const { id, final } = target
  // Held, so that no other process takes blocks back between this look and the commit.
  await tx.onchain.blocks.lockCursor(final.provider)
  const stored = await tx.onchain.blocks.at(final)
  const deposit = await tx.onchain.deposits.lock(id)
  if (stored?.hash !== final.hash || deposit?.state !== 'seen' || deposit.block.height > final.height) return
  await changeDeposit(context, tx, { deposit, event: 'confirm' })
}
