import { book, openAccounts } from '../../books/ledger/index.ts'
import type { Json } from '../../platform/events/index.ts'
import { type EventOf, move } from '../../platform/machine/index.ts'
import { type AssetId, Money, type ProviderPayout } from '../../spec/index.ts'
import type { PayoutDeps, PayoutWork } from './context.ts'
import { type Payout, payoutMachine } from './payout.ts'

/** What a step changes beside the state. */
export type PayoutChanges = Partial<
  Pick<Payout, 'attempts' | 'providerRef' | 'endToEndId' | 'reason' | 'detail' | 'returned' | 'submittedAt'>
>

/** The account that shrinks when a provider pays for us. */
export function providerAccount(provider: string, asset: AssetId): string {
  return `provider:${provider}:${asset}`
}

/** Where payouts are paid from when the host names no account. */
export function defaultSource(asset: AssetId): string {
  return `clearing:payouts:${asset}`
}

/** Opens the accounts a payout moves between; the host's own source account must exist. */
export async function openPayoutAccounts(tx: PayoutWork, payout: Payout): Promise<void> {
  const { asset } = payout.amount
  const provider = {
    id: providerAccount(payout.provider, asset),
    asset,
    normalSide: 'debit',
    constraint: 'none',
  } as const
  const source = { id: defaultSource(asset), asset, normalSide: 'credit', constraint: 'none' } as const
  await openAccounts(tx, {
    accounts: payout.sourceAccount === source.id ? [provider, source] : [provider],
    at: payout.createdAt,
  })
}

/** Holds the money of a new payout. @throws LastroError `ledger_refused` when the source account has too little. */
export async function holdMoney(tx: PayoutWork, payout: Payout): Promise<void> {
  await book(tx, {
    at: payout.createdAt,
    transfers: [
      {
        id: `${payout.id}:hold`,
        kind: 'pending',
        debit: payout.sourceAccount,
        credit: providerAccount(payout.provider, payout.amount.asset),
        amount: payout.amount,
        cause: payout.id,
      },
    ],
  })
}

const LEDGER_STEP = { paid: 'post', failed: 'void', canceled: 'void' } as const

/** One step of a payout: state, ledger, event and listener in one commit. */
export async function step<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  change: {
    readonly payout: Payout
    readonly event: EventOf<typeof payoutMachine>
    readonly set?: PayoutChanges
    /** Facts for the timeline. */
    readonly facts?: { readonly [key: string]: Json }
  },
): Promise<Payout> {
  const { payout, event, set = {}, facts = {} } = change
  const at = deps.clock.now()
  const state = move(payoutMachine, payout, event)
  const moved: Payout = { ...payout, ...set, state, updatedAt: at, version: payout.version + 1 }
  await tx.payouts.update(moved)
  if (state === 'paid' || state === 'failed' || state === 'canceled') {
    const kind = LEDGER_STEP[state]
    await book(tx, {
      at,
      transfers: [{ id: `${payout.id}:${kind}`, kind, hold: `${payout.id}:hold`, cause: payout.id }],
    })
  }
  await tx.events.append({
    type: `payout.${state}`,
    subject: payout.id,
    correlation: payout.correlation,
    data: { from: payout.state, by: event, attempts: moved.attempts, ...facts },
    at,
  })
  if (state === 'paid' || state === 'failed' || state === 'canceled' || state === 'returned') {
    await deps.onPayout?.(tx, moved, state)
  }
  return moved
}

/**
 * Books money that came back after a payout was paid, up to the whole that the provider tells: what was booked before
 * is not booked again. Answers the payout with it; the step to `returned`, once all is back, is the caller's.
 */
export async function bookReturn<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  back: { readonly payout: Payout; readonly returned: Money },
): Promise<Payout> {
  const { payout, returned } = back
  const amount = Money.subtract(returned, payout.returned)
  if (!Money.isPositive(amount)) return payout
  const at = deps.clock.now()
  await book(tx, {
    at,
    transfers: [
      {
        id: `${payout.id}:return:${returned.amount}`,
        kind: 'posted',
        debit: providerAccount(payout.provider, payout.amount.asset),
        credit: payout.sourceAccount,
        amount,
        cause: payout.id,
      },
    ],
  })
  const moved: Payout = { ...payout, returned, updatedAt: at, version: payout.version + 1 }
  await tx.payouts.update(moved)
  await tx.events.append({
    type: 'payout.money_returned',
    subject: payout.id,
    correlation: payout.correlation,
    data: { amount: Money.toJson(amount), returned: Money.toJson(returned) },
    at,
  })
  return moved
}

/** What the provider tells of a payout, as the step it means in the payout's state now. Null: nothing new. */
export function stepFor(
  payout: Payout,
  told: Pick<ProviderPayout, 'state'>,
): EventOf<typeof payoutMachine> | null {
  const table = {
    pending: { created: 'accept', submitting: 'accept', unknown: 'accept' },
    paid: { created: 'settle', submitting: 'settle', unknown: 'settle', pending: 'settle' },
    failed: { created: 'decline', submitting: 'decline', unknown: 'decline', pending: 'decline' },
    // A return tells that it was paid first: the caller takes both steps.
    returned: {
      created: 'settle',
      submitting: 'settle',
      unknown: 'settle',
      pending: 'settle',
      paid: 'return',
    },
  } as const
  const row: Readonly<Partial<Record<Payout['state'], EventOf<typeof payoutMachine>>>> = table[told.state]
  return row[payout.state] ?? null
}

/** True when what the provider tells can never follow from the payout's state: a person must look. */
export function contradicts(
  payout: Payout,
  told: Pick<ProviderPayout, 'state' | 'amount' | 'returnedAmount'>,
): string | null {
  if (!Money.equals(payout.amount, told.amount)) {
    return `amount differs: asked ${Money.format(payout.amount)} ${payout.amount.asset}, told ${Money.format(told.amount)} ${told.amount.asset}`
  }
  const isNeverSent = payout.state === 'created' && payout.attempts === 0
  const isEnded = payout.state === 'failed' || payout.state === 'canceled' || isNeverSent
  if (isEnded && told.state !== 'failed')
    return `it is ${payout.state} here, and ${told.state} at the provider`
  if (payout.state === 'paid' && told.state === 'failed') return 'it is paid here, and failed at the provider'
  if (told.returnedAmount !== undefined && told.returnedAmount.amount > payout.amount.amount)
    return 'more came back than was paid'
  return null
}
