import type { TransactionStatus } from '../../spec/index.ts'
import { changeTransfer } from './change-transfer.ts'
import type { OnchainContext, OnchainWork } from './context.ts'
import type { OnchainTransfer, SignedVersion } from './transfer.ts'

type Mined = Extract<TransactionStatus, { kind: 'mined' }>

/** Notes the block that a version of a transfer is in. Null when another process was faster. */
export function mine<T extends OnchainWork>(
  context: OnchainContext<T>,
  found: { readonly transfer: OnchainTransfer; readonly version: SignedVersion; readonly status: Mined },
): Promise<OnchainTransfer | null> {
  const { version, status } = found
  return context.storage.transaction(async (tx) => {
    let transfer = await tx.onchain.transfers.lock(found.transfer.id)
    if (transfer === null || transfer.version !== found.transfer.version) return null
    // Mined before we knew that it was sent, or mined again elsewhere: each step is told.
    if (transfer.state === 'prepared')
      transfer = await changeTransfer(context, tx, { transfer, event: 'send' })
    if (transfer.state === 'mined')
      transfer = await changeTransfer(context, tx, { transfer, event: 'unmine' })
    const set = {
      block: status.block,
      transactionHash: version.hash,
      succeeded: status.succeeded,
      networkFee: status.fee,
      displacedBy: null,
      unfundedSince: null,
    }
    return changeTransfer(context, tx, { transfer, event: 'mine', set })
  })
}

/** Takes back a block that is gone: the transfer is on its way again, with the same bytes. */
export function unmine<T extends OnchainWork>(
  context: OnchainContext<T>,
  mined: OnchainTransfer,
): Promise<void> {
  return context.storage.transaction(async (tx) => {
    const transfer = await tx.onchain.transfers.lock(mined.id)
    if (transfer === null || transfer.version !== mined.version || transfer.state !== 'mined') return
    const set = { block: null, succeeded: null, networkFee: null, dueAt: context.clock.now() }
    await changeTransfer(context, tx, { transfer, event: 'unmine', set })
  })
}
