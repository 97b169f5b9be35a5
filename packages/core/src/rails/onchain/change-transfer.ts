import type { Json } from '../../platform/events/index.ts'
import { type EventOf, move } from '../../platform/machine/index.ts'
import { Money } from '../../spec/index.ts'
import { settleTransfer } from './booking.ts'
import type { OnchainContext, OnchainWork } from './context.ts'
import { type OnchainTransfer, type TransferChange, transferMachine } from './transfer.ts'

/** An event of the machine. */
export type TransferEvent = EventOf<typeof transferMachine>

/** What a step changes beside the state. */
export type TransferChanges = Partial<
  Omit<OnchainTransfer, 'id' | 'state' | 'version' | 'createdAt' | 'updatedAt'>
>

/** What events tell of a transfer. */
type TransferNews =
  | 'prepared'
  | 'offered'
  | 'sent'
  | 'replaced'
  | 'mined'
  | 'unmined'
  | 'displaced'
  | 'unfunded'
  | 'confirmed'
  | 'failed'

/** What a step is called in the event log. */
const TOLD: Readonly<Record<TransferEvent, TransferNews>> = {
  prepare: 'prepared',
  send: 'sent',
  mine: 'mined',
  unmine: 'unmined',
  displace: 'displaced',
  confirm: 'confirmed',
  revert: 'failed',
  refuse: 'failed',
}

/** One step of a transfer: state, ledger, event and listener in one commit. */
export async function changeTransfer<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  step: {
    readonly transfer: OnchainTransfer
    readonly event: TransferEvent
    readonly set?: TransferChanges
  },
): Promise<OnchainTransfer> {
  const { transfer, event, set = {} } = step
  const at = context.clock.now()
  const state = move(transferMachine, transfer, event)
  const isEnd = state === 'confirmed' || state === 'failed'
  const isFirstSent = state === 'sent' && transfer.sentAt === null
  const changed: OnchainTransfer = {
    ...transfer,
    tries: 0,
    dueAt: new Date(at.getTime() + context.options.trackMs),
    ...set,
    state,
    sentAt: isFirstSent ? at : transfer.sentAt,
    settledAt: isEnd ? at : null,
    updatedAt: at,
    version: transfer.version + 1,
  }
  await tx.onchain.transfers.update(changed)
  if (isEnd) await settleTransfer(tx, changed, { kind: state === 'confirmed' ? 'post' : 'void', at })
  await noteTransfer(tx, { transfer: changed, what: TOLD[event], at })
  if (isEnd) await tell(context, tx, { transfer: changed, change: state })
  if (isFirstSent) await tell(context, tx, { transfer: changed, change: 'sent' })
  return changed
}

/** A fill is our own affair: nobody waits for it. */
async function tell<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  news: { readonly transfer: OnchainTransfer; readonly change: TransferChange },
): Promise<void> {
  if (news.transfer.kind === 'payment') await context.onTransfer?.(tx, news.transfer, news.change)
}

/** Writes an event about a transfer. */
export async function noteTransfer(
  tx: OnchainWork,
  note: {
    readonly transfer: OnchainTransfer
    readonly what: TransferNews
    readonly at: Date
    readonly facts?: { readonly [key: string]: Json }
  },
): Promise<void> {
  const { transfer, what, at, facts = {} } = note
  const { id, correlation } = transfer
  const data = { ...transferFacts(transfer), ...facts }
  await tx.events.append({ type: `transfer.${what}`, subject: id, correlation, data, at })
}

/** A transfer as JSON, for events and the audit. */
export function transferFacts(transfer: OnchainTransfer): { readonly [key: string]: Json } {
  const { provider, kind, from, to, sequence, transactionHash, block, networkFee, failure, detail } = transfer
  return {
    provider,
    kind,
    from,
    to,
    amount: { ...Money.toJson(transfer.amount) },
    sequence: sequence === null ? null : sequence.toString(),
    transactionHash,
    blockHeight: block === null ? null : block.height.toString(),
    blockHash: block?.hash ?? null,
    networkFee: networkFee === null ? null : { ...Money.toJson(networkFee) },
    failure,
    detail,
  }
}
