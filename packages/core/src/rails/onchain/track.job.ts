import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork } from './context.ts'
import { fillGap } from './fill-gap.ts'
import { sendJob, trackJob } from './jobs.ts'
import { pursue, type TrackLook } from './pursue.ts'
import { nextTry } from './retry.ts'
import type { OnchainTransfer } from './transfer.ts'

/** Looks after all transfers of one network that are due. One that cannot be helped holds up none of the others. */
export function track<T extends OnchainWork>(context: OnchainContext<T>): JobHandler {
  return handle(trackJob, async ({ provider }, { signal }) => {
    const failures: unknown[] = []
    const trying = (work: Promise<void>) => work.catch((error: unknown) => void failures.push(error))
    await trying(wakeCreated(context, provider))
    const due = await listDue(context, { provider, states: ['prepared', 'sent', 'mined'] })
    if (due.length > 0) {
      const look = await lookAt(context, { provider, signal })
      for (const transfer of due) {
        if (signal.aborted) return
        await trying(pursue(context, transfer, look))
      }
      await trying(fillGaps(context, due, look))
    }
    if (failures.length > 0) throw failures[0]
  })
}

async function lookAt(
  context: OnchainParts,
  at: { readonly provider: string; readonly signal: AbortSignal },
): Promise<TrackLook> {
  const { provider, signal } = at
  const chain = chainOf(context, provider)
  const sequences = new Map<string, Promise<bigint>>()
  const sequenceOf = (address: string) => {
    const asked = sequences.get(address) ?? chain.sequence(address, signal)
    sequences.set(address, asked)
    return asked
  }
  return { head: await chain.head(signal), signal, sequenceOf }
}

function listDue(
  context: OnchainParts,
  query: { readonly provider: string; readonly states: readonly OnchainTransfer['state'][] },
): Promise<readonly OnchainTransfer[]> {
  const at = context.clock.now()
  const limit = context.options.transfersPerRun
  return context.storage.read((tx) => tx.onchain.transfers.due({ ...query, at, limit }))
}

/** Created transfers that were left lying, by a job that died or for want of money. */
async function wakeCreated<T extends OnchainWork>(
  context: OnchainContext<T>,
  provider: string,
): Promise<void> {
  const due = await listDue(context, { provider, states: ['created'] })
  for (const { id, from, tries } of due) {
    await context.storage.transaction(async (tx) => {
      await tx.onchain.transfers.postpone({ id, ...nextTry(context, { tries }) })
      await tx.jobs.enqueue(sendJob, { transferId: id, provider, from }, { dedupeKey: id })
    })
  }
}

async function fillGaps<T extends OnchainWork>(
  context: OnchainContext<T>,
  due: readonly OnchainTransfer[],
  look: TrackLook,
): Promise<void> {
  const wallets = new Map(due.map(({ provider, from }) => [from, { provider, address: from }]))
  for (const wallet of wallets.values()) {
    const chainSequence = await look.sequenceOf(wallet.address)
    await context.storage.transaction((tx) => fillGap(context, tx, { ...wallet, chainSequence }))
  }
}
