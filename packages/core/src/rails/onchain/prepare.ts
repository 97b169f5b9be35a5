import type { NetworkFee, SignedTransfer } from '../../spec/index.ts'
import { allocate } from './allocate.ts'
import { appraise } from './appraise.ts'
import { changeTransfer, noteTransfer } from './change-transfer.ts'
import { chainOf, type OnchainContext, type OnchainWork, signerOf } from './context.ts'
import type { OnchainTransfer, SignedVersion } from './transfer.ts'

/** A transfer with bytes that are stored and may be sent. */
export interface Prepared {
  readonly transfer: OnchainTransfer
  readonly version: SignedVersion
}

/**
 * Gives a created transfer a sequence, and signs it: one commit before the signature, one after. Null when it must
 * wait, or when another process was faster.
 */
export async function prepare<T extends OnchainWork>(
  context: OnchainContext<T>,
  start: OnchainTransfer,
  signal: AbortSignal,
): Promise<Prepared | null> {
  const appraisal = await appraise(context, start, signal)
  if (appraisal.kind !== 'ready') {
    const { kind } = appraisal
    await context.storage.transaction((tx) => wait(context, tx, { start, isUnfunded: kind === 'unfunded' }))
    return null
  }
  const { fee, chainSequence } = appraisal
  const transfer = await context.storage.transaction((tx) => assign(context, tx, { start, chainSequence }))
  if (transfer === null) return null
  const signed = await sign(context, { transfer, fee })
  return context.storage.transaction((tx) => keep(context, tx, { transfer, signed, fee }))
}

/** Signs with the sequence that is stored. No network but the signer's. */
export function sign(
  context: Pick<OnchainContext<OnchainWork>, 'chains' | 'signer'>,
  what: { readonly transfer: OnchainTransfer; readonly fee: NetworkFee },
): Promise<SignedTransfer> {
  const { transfer, fee } = what
  const { provider, from, fromIndex, to, amount, sequence } = transfer
  if (sequence === null) throw new Error(`${transfer.id} has no sequence to sign with.`)
  const chain = chainOf(context, provider)
  const key = chain.keyRef(fromIndex)
  return chain.sign({ from, key, to, amount, sequence, fee }, signerOf(context))
}

/** Nothing is signed, so a sequence it may hold goes back: it must not block the wallet while it waits. */
async function wait<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  found: { readonly start: OnchainTransfer; readonly isUnfunded: boolean },
): Promise<void> {
  const transfer = await tx.onchain.transfers.lock(found.start.id)
  if (transfer?.state !== 'created') return
  const at = context.clock.now()
  const { provider, from: address, sequence } = transfer
  if (sequence !== null) {
    await tx.onchain.wallets.put({ provider, address, sequence, state: 'released', transferId: null })
  }
  const unfundedSince = found.isUnfunded ? (transfer.unfundedSince ?? at) : null
  if (sequence === null && transfer.unfundedSince?.getTime() === unfundedSince?.getTime()) return
  const waiting = { ...transfer, sequence: null, unfundedSince, updatedAt: at, version: transfer.version + 1 }
  await tx.onchain.transfers.update(waiting)
  if (found.isUnfunded && transfer.unfundedSince === null) {
    await noteTransfer(tx, { transfer: waiting, what: 'unfunded', at })
  }
}

/** Commit one: the sequence is the transfer's, before anything is signed with it. */
async function assign<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  wanted: { readonly start: OnchainTransfer; readonly chainSequence: bigint },
): Promise<OnchainTransfer | null> {
  const { start, chainSequence } = wanted
  const transfer = await tx.onchain.transfers.lock(start.id)
  if (transfer?.state !== 'created') return null
  // A process that died after this commit left it one already: nothing was sent with it.
  if (transfer.sequence !== null) return transfer
  const sequence = await allocate(tx, { transfer, chainSequence })
  if (sequence === null) {
    await changeTransfer(context, tx, {
      transfer,
      event: 'refuse',
      set: { detail: 'no gap is left to fill' },
    })
    return null
  }
  const at = context.clock.now()
  const assigned = {
    ...transfer,
    sequence,
    unfundedSince: null,
    updatedAt: at,
    version: transfer.version + 1,
  }
  await tx.onchain.transfers.update(assigned)
  return assigned
}

/** Commit two: the bytes are stored, and counted as given to the provider, before the provider gets them. */
async function keep<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  made: { readonly transfer: OnchainTransfer; readonly signed: SignedTransfer; readonly fee: NetworkFee },
): Promise<Prepared | null> {
  const { signed, fee } = made
  const { id, sequence } = made.transfer
  const transfer = await tx.onchain.transfers.lock(id)
  // Another process signed meanwhile, or gave the sequence back: these bytes were never sent, and never will be.
  if (transfer?.state !== 'created' || sequence === null || transfer.sequence !== sequence) return null
  const earlier = await tx.onchain.transfers.versions(id)
  const version: SignedVersion = {
    transferId: id,
    sequence,
    number: earlier.length + 1,
    raw: signed.raw,
    hash: signed.hash,
    fee,
    calls: 1,
    refusals: 0,
    isDead: false,
    createdAt: context.clock.now(),
  }
  await tx.onchain.transfers.addVersion(version)
  const set = { transactionHash: signed.hash }
  return { transfer: await changeTransfer(context, tx, { transfer, event: 'prepare', set }), version }
}
