import type { BlockRef, ChainDeposit } from '../../spec/index.ts'
import { changeDeposit, depositFacts, tellDeposit } from './change-deposit.ts'
import type { OnchainContext, OnchainParts, OnchainWork } from './context.ts'
import type { Deposit } from './deposit.ts'

/** A deposit as the chain told it, and the block it is in. */
export interface SightedDeposit {
  readonly provider: string
  readonly block: BlockRef
  readonly told: ChainDeposit
}

/** Writes down a deposit in a block that is being stored: a new one, or one that a reorganisation brought back. */
export async function seeDeposit<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  sighted: SightedDeposit,
): Promise<void> {
  const { provider, block, told } = sighted
  // Locked, so that its owner cannot change between this look and the commit.
  const address = await tx.onchain.addresses.lock({ provider, address: told.to })
  if (address === null) return
  if (address.state === 'free') await tx.onchain.addresses.retire({ ...address, at: context.clock.now() })
  const key = { provider, transactionHash: told.transactionHash, position: told.position }
  const known = await tx.onchain.deposits.lockByKey(key)
  if (known === null) {
    const deposit = newDeposit(context, { ...sighted, network: address.network, owner: address.owner })
    await tx.onchain.deposits.insert(deposit)
    return tellDeposit(context, tx, deposit)
  }
  if (known.state === 'lost') return reportReturn(context, tx, { known, sighted })
  if (known.state !== 'orphaned') {
    const place = `${told.transactionHash} ${told.position}`
    throw new Error(
      `${provider} tells deposit ${place} in block ${block.hash} and in ${known.block.hash} at once.`,
    )
  }
  // The same transaction may do something else in another block: all it says now counts.
  const set = {
    address: told.to,
    owner: address.owner,
    from: told.from,
    amount: told.amount,
    block: { height: block.height, hash: block.hash, time: block.time },
  }
  await changeDeposit(context, tx, { deposit: known, event: 'see', set })
}

function newDeposit(
  context: Pick<OnchainParts, 'clock' | 'ids'>,
  seen: SightedDeposit & { readonly network: string; readonly owner: string | null },
): Deposit {
  const { provider, network, owner, block, told } = seen
  const at = context.clock.now()
  return {
    id: context.ids.next('dep'),
    provider,
    network,
    address: told.to,
    owner,
    transactionHash: told.transactionHash,
    position: told.position,
    from: told.from,
    amount: told.amount,
    state: 'seen',
    block: { height: block.height, hash: block.hash, time: block.time },
    firstSeenAt: at,
    confirmedAt: null,
    updatedAt: at,
    version: 1,
  }
}

/** A lost deposit stays lost: people are at work on it. That its transaction is back is what they must know. */
async function reportReturn<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  found: { readonly known: Deposit; readonly sighted: SightedDeposit },
): Promise<void> {
  const { known, sighted } = found
  const at = context.clock.now()
  const now = { blockHeightNow: sighted.block.height.toString(), blockHashNow: sighted.block.hash }
  const details = { ...depositFacts(known), ...now }
  await tx.audit.append({ actor: 'system', action: 'deposit.returned', subject: known.id, details, at })
  const correlation = known.owner ?? known.id
  await tx.events.append({ type: 'deposit.returned', subject: known.id, correlation, data: details, at })
}
