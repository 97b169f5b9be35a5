import type { ChainHead } from '../../spec/index.ts'
import { changeTransfer } from './change-transfer.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork } from './context.ts'
import { type Decision, decide, type Observed } from './decide.ts'
import { setAnchor, suspect } from './displace.ts'
import { mine, unmine } from './mine.ts'
import { countOffer, offer } from './offer.ts'
import { replace } from './replace.ts'
import { nextTry } from './retry.ts'
import { settle } from './settle.ts'
import type { OnchainTransfer, SignedVersion } from './transfer.ts'

/** One run's look at a network, and the counts of its wallets, each asked once. */
export interface TrackLook {
  readonly head: ChainHead
  readonly signal: AbortSignal
  /** The network's count for a wallet: what is mined, and nothing else. */
  sequenceOf(address: string): Promise<bigint>
}

/** Takes one transfer that may be on the network one step further, if the network says so. */
export async function pursue<T extends OnchainWork>(
  context: OnchainContext<T>,
  due: OnchainTransfer,
  look: TrackLook,
): Promise<void> {
  const { trackMs, replaceAfterMs, maxVersions } = context.options
  const now = context.clock.now()
  const transfer = await context.storage.transaction(async (tx) => {
    const found = await tx.onchain.transfers.lock(due.id)
    if (found === null || found.version !== due.version) return null
    await tx.onchain.transfers.postpone({
      id: due.id,
      tries: found.tries,
      dueAt: new Date(now.getTime() + trackMs),
    })
    return found
  })
  if (transfer === null) return
  // Before the statuses: see `decide`.
  const chainSequence = await look.sequenceOf(transfer.from)
  const observed = await observe(context, transfer, look.signal)
  const decision = decide(transfer, { observed, chainSequence }, { now, replaceAfterMs, maxVersions })
  const isCleared = transfer.displacedBy !== null && decision.kind !== 'suspect' && decision.kind !== 'mine'
  if (isCleared) return setAnchor(context, { transfer, anchor: null })
  await act(context, { transfer, decision }, look)
}

async function act<T extends OnchainWork>(
  context: OnchainContext<T>,
  found: { readonly transfer: OnchainTransfer; readonly decision: Decision },
  look: TrackLook,
): Promise<void> {
  const { transfer, decision } = found
  switch (decision.kind) {
    case 'mine': {
      const { version, status } = decision
      const mined = await mine(context, { transfer, version, status })
      if (mined !== null) await settle(context, mined, look)
      return
    }
    case 'settle':
      return settle(context, transfer, look)
    case 'unmine':
      return unmine(context, transfer)
    case 'acknowledge':
      return acknowledge(context, transfer)
    case 'suspect':
      return suspect(context, transfer, look)
    case 'replace': {
      const { version } = decision
      const isReplaced = await replace(context, { transfer, version }, look.signal)
      return isReplaced ? undefined : resend(context, { transfer, version }, look.signal)
    }
    case 'resend':
      return resend(context, { transfer, version: decision.version }, look.signal)
    case 'wait':
      return
  }
}

/** What the network says of every version that may still land, oldest first. */
async function observe(
  context: OnchainParts,
  transfer: OnchainTransfer,
  signal: AbortSignal,
): Promise<readonly Observed[]> {
  const chain = chainOf(context, transfer.provider)
  const versions = await context.storage.read((tx) => tx.onchain.transfers.versions(transfer.id))
  const alive = versions.filter(({ isDead }) => !isDead)
  return Promise.all(
    alive.map(async (version) => ({ version, status: await chain.status(version.hash, signal) })),
  )
}

function acknowledge<T extends OnchainWork>(
  context: OnchainContext<T>,
  pending: OnchainTransfer,
): Promise<void> {
  return context.storage.transaction(async (tx) => {
    const transfer = await tx.onchain.transfers.lock(pending.id)
    if (transfer === null || transfer.version !== pending.version) return
    await changeTransfer(context, tx, { transfer, event: 'send', set: { unfundedSince: null } })
  })
}

/** The same bytes again, less and less often while it does not help. */
async function resend<T extends OnchainWork>(
  context: OnchainContext<T>,
  again: { readonly transfer: OnchainTransfer; readonly version: SignedVersion },
  signal: AbortSignal,
): Promise<void> {
  const { transfer } = again
  const counted = await countOffer(context, again)
  if (counted === null) return
  await context.storage.transaction((tx) =>
    tx.onchain.transfers.postpone({ id: transfer.id, ...nextTry(context, transfer) }),
  )
  await offer(context, counted, signal)
}
