import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { confirmDeposits } from './confirm-deposits.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork } from './context.ts'
import { depthOf } from './finality.ts'
import { follow } from './follow.ts'
import { watchJob } from './jobs.ts'
import { createKnownAddresses } from './known-addresses.ts'
import { rollBack } from './roll-back.ts'

/** Old blocks deleted in one run. */
const PRUNE_LIMIT = 1_000

/** One look at a network: take back what it no longer has, read what is new, confirm what is final. */
export function watch<T extends OnchainWork>(context: OnchainContext<T>): JobHandler {
  const known = createKnownAddresses(context)
  return handle(watchJob, async ({ provider }, { signal }) => {
    const head = await chainOf(context, provider).head(signal)
    const look = { provider, head, signal }
    await rollBack(context, look)
    const isMore = await follow(context, look, known)
    if (isMore) {
      await context.storage.transaction((tx) =>
        tx.jobs.enqueue(watchJob, { provider }, { dedupeKey: provider }),
      )
    }
    const final = await confirmDeposits(context, look)
    if (final !== null) await prune(context, final)
  })
}

/** Keeps enough blocks below the final one to find where chains meet, however the rule looks back. */
async function prune(
  context: OnchainParts,
  final: { readonly provider: string; readonly height: bigint },
): Promise<void> {
  const { provider, height } = final
  const depth = depthOf(chainOf(context, provider).network.finality)
  const kept = BigInt(context.options.blocksKept)
  const below = height - (kept > depth ? kept : depth)
  const oldest = await context.storage.read((tx) => tx.onchain.blocks.oldest(provider))
  if (oldest === null || oldest.height >= below) return
  await context.storage.transaction((tx) => tx.onchain.blocks.prune({ provider, below, limit: PRUNE_LIMIT }))
}
