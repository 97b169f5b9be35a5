import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import type { OnchainContext, OnchainWork } from './context.ts'
import { sendJob } from './jobs.ts'
import { offer } from './offer.ts'
import { prepare } from './prepare.ts'
import { nextTry } from './retry.ts'
import type { OnchainTransfer, TransferId } from './transfer.ts'

/**
 * Sends a created transfer for the first time. From then on `onchain.track` looks after it, and it also takes up what
 * did not get that far.
 */
export function send<T extends OnchainWork>(context: OnchainContext<T>): JobHandler {
  return handle(sendJob, async ({ transferId }, { signal }) => {
    const transfer = await begin(context, transferId)
    if (transfer === null) return
    const prepared = await prepare(context, transfer, signal)
    if (prepared !== null) await offer(context, prepared, signal)
  })
}

/** Puts off the next look, so that whoever tracks transfers leaves this one alone for now. */
function begin<T extends OnchainWork>(
  context: OnchainContext<T>,
  id: TransferId,
): Promise<OnchainTransfer | null> {
  return context.storage.transaction(async (tx) => {
    const transfer = await tx.onchain.transfers.lock(id)
    if (transfer?.state !== 'created') return null
    await tx.onchain.transfers.postpone({ id, ...nextTry(context, transfer) })
    return transfer
  })
}
