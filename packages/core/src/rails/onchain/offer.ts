import type { Json } from '../../platform/events/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import type { DeclineReason, Outcome } from '../../spec/index.ts'
import { changeTransfer, noteTransfer } from './change-transfer.ts'
import { chainOf, type OnchainContext, type OnchainWork } from './context.ts'
import type { Prepared } from './prepare.ts'
import type { OnchainTransfer, SignedVersion } from './transfer.ts'

type BroadcastOutcome = Outcome<{ readonly hash: string }>

/**
 * What a refusal of signed bytes leads to. `top_up`: they stay good, and are sent again. `look`: the network is asked
 * who used the sequence. `fail`: they can never land, so when all versions are refused like that, it is over.
 */
const DECLINED: Readonly<Record<DeclineReason, 'top_up' | 'look' | 'fail'>> = {
  insufficient_funds: 'top_up',
  expired: 'look',
  duplicate: 'look',
  invalid_destination: 'fail',
  invalid_amount: 'fail',
  limit_exceeded: 'fail',
  not_permitted: 'fail',
  refused: 'fail',
}

/** Gives stored bytes to the provider; the call was counted before. What comes back is stored in one commit. */
export async function offer<T extends OnchainWork>(
  context: OnchainContext<T>,
  prepared: Prepared,
  signal: AbortSignal,
): Promise<void> {
  const { transfer, version } = prepared
  const { raw, hash } = version
  const outcome: BroadcastOutcome = await chainOf(context, transfer.provider).broadcast({ raw, hash }, signal)
  await context.storage.transaction((tx) => conclude(context, tx, { prepared, outcome }))
}

/** Counts a call that is about to be made. Null when the bytes must not be sent any more. */
export async function countOffer<T extends OnchainWork>(
  context: OnchainContext<T>,
  prepared: Prepared,
): Promise<Prepared | null> {
  const { transferId, number, sequence } = prepared.version
  return context.storage.transaction(async (tx) => {
    const transfer = await tx.onchain.transfers.lock(transferId)
    if (transfer === null || !mayLand(transfer, sequence)) return null
    await tx.onchain.transfers.countCall({ transferId, number, as: 'calls' })
    return { transfer, version: prepared.version }
  })
}

function mayLand(transfer: OnchainTransfer, sequence: bigint): boolean {
  return (transfer.state === 'prepared' || transfer.state === 'sent') && transfer.sequence === sequence
}

async function conclude<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  call: { readonly prepared: Prepared; readonly outcome: BroadcastOutcome },
): Promise<void> {
  const { prepared, outcome } = call
  const { version } = prepared
  const transfer = await tx.onchain.transfers.lock(version.transferId)
  if (transfer === null) return
  const { transferId, number } = version
  const hadNoEffect =
    outcome.kind === 'not_sent' || (outcome.kind === 'declined' && outcome.reason !== 'duplicate')
  if (hadNoEffect) await tx.onchain.transfers.countCall({ transferId, number, as: 'refusals' })
  const at = context.clock.now()
  const facts = { version: number, hash: version.hash, ...outcomeFacts(outcome) }
  await noteTransfer(tx, { transfer, what: 'offered', at, facts })
  if (!mayLand(transfer, version.sequence)) return
  if (outcome.kind === 'accepted' && transfer.state === 'prepared') {
    await changeTransfer(context, tx, { transfer, event: 'send', set: { unfundedSince: null } })
  }
  if (outcome.kind === 'declined') await decline(context, tx, { transfer, reason: outcome.reason, facts })
}

async function decline<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  refused: { readonly transfer: OnchainTransfer; readonly reason: DeclineReason; readonly facts: Facts },
): Promise<void> {
  const { transfer, reason, facts } = refused
  const at = context.clock.now()
  if (DECLINED[reason] === 'top_up' && transfer.unfundedSince === null) {
    const waiting = { ...transfer, unfundedSince: at, updatedAt: at, version: transfer.version + 1 }
    await tx.onchain.transfers.update(waiting)
    await noteTransfer(tx, { transfer: waiting, what: 'unfunded', at })
  }
  if (DECLINED[reason] !== 'fail' || transfer.state !== 'prepared') return
  const versions = await tx.onchain.transfers.versions(transfer.id)
  // One call that may have had an effect is enough to go on watching.
  if (versions.some((version) => !version.isDead && !isRefused(version))) return
  const { provider, from: address, sequence } = transfer
  if (sequence !== null) {
    await tx.onchain.wallets.put({ provider, address, sequence, state: 'released', transferId: null })
  }
  const detail = typeof facts.detail === 'string' ? facts.detail : null
  await changeTransfer(context, tx, { transfer, event: 'refuse', set: { failure: reason, detail } })
}

function isRefused({ calls, refusals }: SignedVersion): boolean {
  return calls === refusals
}

type Facts = { readonly [key: string]: Json }

function outcomeFacts(outcome: BroadcastOutcome): Facts {
  if (outcome.kind === 'accepted') return { outcome: 'accepted' }
  if (outcome.kind === 'declined') {
    return { outcome: 'declined', reason: outcome.reason, detail: outcome.detail ?? null }
  }
  return { outcome: outcome.kind, cause: describeError(outcome.cause) }
}
