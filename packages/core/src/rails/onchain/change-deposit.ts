import type { Json } from '../../platform/events/index.ts'
import { type EventOf, move } from '../../platform/machine/index.ts'
import { Money } from '../../spec/index.ts'
import { bookDeposit, unbookDeposit } from './booking.ts'
import type { OnchainContext, OnchainWork } from './context.ts'
import { type Deposit, depositMachine } from './deposit.ts'

/** What a step changes beside the state. */
export type DepositChanges = Partial<Pick<Deposit, 'address' | 'owner' | 'from' | 'amount' | 'block'>>

/** One step of a deposit: state, ledger, event and listener in one commit. */
export async function changeDeposit<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  change: {
    readonly deposit: Deposit
    readonly event: EventOf<typeof depositMachine>
    readonly set?: DepositChanges
  },
): Promise<Deposit> {
  const { deposit, event, set = {} } = change
  const at = context.clock.now()
  const state = move(depositMachine, deposit, event)
  const changed: Deposit = {
    ...deposit,
    ...set,
    state,
    confirmedAt: state === 'confirmed' ? at : deposit.confirmedAt,
    updatedAt: at,
    version: deposit.version + 1,
  }
  await tx.onchain.deposits.update(changed)
  if (state === 'confirmed') await bookDeposit(tx, changed, at)
  if (state === 'lost') await reportLost(tx, { deposit: changed, at })
  await tellDeposit(context, tx, changed)
  return changed
}

/** Writes the event of the state a deposit is in now, and tells the listener. */
export async function tellDeposit<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  deposit: Deposit,
): Promise<void> {
  await tx.events.append({
    type: `deposit.${deposit.state}`,
    subject: deposit.id,
    correlation: deposit.owner ?? deposit.id,
    data: depositFacts(deposit),
    at: context.clock.now(),
  })
  await context.onDeposit?.(tx, deposit, deposit.state)
}

/** A final deposit vanished: never silent, and the books say whether they could follow. */
async function reportLost(tx: OnchainWork, lost: { deposit: Deposit; at: Date }): Promise<void> {
  const { deposit, at } = lost
  const refusedBy = await unbookDeposit(tx, deposit, at)
  await tx.audit.append({
    actor: 'system',
    action: 'deposit.lost',
    subject: deposit.id,
    details: { ...depositFacts(deposit), isReversed: refusedBy === null, reversalRefusedBy: refusedBy },
    at,
  })
}

/** A deposit as JSON, for events and the audit. */
export function depositFacts(deposit: Deposit): { readonly [key: string]: Json } {
  return {
    provider: deposit.provider,
    network: deposit.network,
    address: deposit.address,
    owner: deposit.owner,
    transactionHash: deposit.transactionHash,
    position: deposit.position,
    from: deposit.from,
    amount: { ...Money.toJson(deposit.amount) },
    blockHeight: deposit.block.height.toString(),
    blockHash: deposit.block.hash,
    blockTime: deposit.block.time.toISOString(),
    firstSeenAt: deposit.firstSeenAt.toISOString(),
  }
}
