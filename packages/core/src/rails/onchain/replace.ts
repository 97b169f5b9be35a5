import { isProviderError, type NetworkFee, type SignedTransfer } from '../../spec/index.ts'
import { noteTransfer } from './change-transfer.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork } from './context.ts'
import { offer } from './offer.ts'
import { type Prepared, sign } from './prepare.ts'
import type { OnchainTransfer, SignedVersion } from './transfer.ts'

/**
 * Signs a further version with a higher fee and the same sequence, so that at most one of them lands, and offers it.
 * False when the fee cannot be raised: then the old bytes have to do.
 */
export async function replace<T extends OnchainWork>(
  context: OnchainContext<T>,
  stuck: { readonly transfer: OnchainTransfer; readonly version: SignedVersion },
  signal: AbortSignal,
): Promise<boolean> {
  const { transfer, version } = stuck
  const fee = await higherFee(context, { transfer, version, signal })
  if (fee === null) return false
  const signed = await sign(context, { transfer, fee })
  const prepared = await context.storage.transaction((tx) => keepNext(context, tx, { ...stuck, signed, fee }))
  if (prepared !== null) await offer(context, prepared, signal)
  return true
}

async function higherFee(
  context: OnchainParts,
  stuck: {
    readonly transfer: OnchainTransfer
    readonly version: SignedVersion
    readonly signal: AbortSignal
  },
): Promise<NetworkFee | null> {
  const { transfer, version, signal } = stuck
  const { provider, from, to, amount } = transfer
  try {
    const replaces = version.fee
    const fee = await chainOf(context, provider).estimateFee({ from, to, amount, replaces, signal })
    const limit = context.options.chains[provider]?.maxNetworkFee
    return limit !== undefined && fee.max.amount > limit.amount ? null : fee
  } catch (error) {
    // Above a cap, or the network does not answer: neither may keep the old bytes from being sent.
    if (isProviderError(error)) return null
    throw error
  }
}

/** Stored and counted before the provider gets it. Null when another process added a version, or something landed. */
async function keepNext<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  made: {
    readonly transfer: OnchainTransfer
    readonly version: SignedVersion
    readonly signed: SignedTransfer
    readonly fee: NetworkFee
  },
): Promise<Prepared | null> {
  const { signed, fee } = made
  const transfer = await tx.onchain.transfers.lock(made.transfer.id)
  if (transfer === null || transfer.version !== made.transfer.version) return null
  const earlier = await tx.onchain.transfers.versions(transfer.id)
  const at = context.clock.now()
  const { sequence } = made.version
  const version: SignedVersion = {
    transferId: transfer.id,
    sequence,
    number: earlier.length + 1,
    raw: signed.raw,
    hash: signed.hash,
    fee,
    calls: 1,
    refusals: 0,
    isDead: false,
    createdAt: at,
  }
  await tx.onchain.transfers.addVersion(version)
  const next = { ...transfer, transactionHash: signed.hash, updatedAt: at, version: transfer.version + 1 }
  await tx.onchain.transfers.update(next)
  await noteTransfer(tx, { transfer: next, what: 'replaced', at, facts: { version: version.number } })
  return { transfer: next, version }
}
