import { type BookedResult, book, type NewTransfer, openAccounts } from '../../books/ledger/index.ts'
import { LastroError } from '../../platform/errors/index.ts'
import { parseInput, refuse } from '../../platform/input.ts'
import { Money } from '../../spec/index.ts'
import { type PaymentDeps, type PaymentWork, railOf } from './context.ts'
import { settleSchema } from './input.ts'
import { ACCOUNTS, accountOf, refKey } from './postings.ts'

/** Money that a provider has delivered. */
export interface SettleInput {
  readonly provider: string
  /** What arrived. */
  readonly amount: Money
  /** What the provider kept for delivering, beyond `amount`. */
  readonly fee?: Money
  /** The provider's id of the settlement: it is booked once. */
  readonly ref: string
  /** The ledger account it arrived in. Default `provider:<name>:<asset>`, from which payouts are paid. */
  readonly account?: string
  /** When it happened. Default: now. */
  readonly effectiveAt?: Date
}

/**
 * Books that a provider delivered what it owed, inside the caller's transaction: once for each ref.
 * @throws LastroError `invalid_input`; `ledger_refused` with rule `conflict` for the same ref with other facts.
 */
export async function settlePayments<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'clock' | 'rails'>,
  tx: T,
  input: SettleInput,
): Promise<{ readonly ref: string; readonly status: BookedResult['status'] }> {
  const { provider, amount, ref } = parseInput(settleSchema, input)
  const { asset } = amount
  if (railOf(deps, provider) === undefined) refuse('provider', 'is no provider that takes payments')
  const { fee = Money.zero(amount.asset), effectiveAt } = input
  if (fee.asset !== asset) refuse('fee.asset', `must be ${asset}, as the amount's`)
  const at = deps.clock.now()
  const own = `provider:${provider}:${asset}`
  const account = input.account ?? own
  const place = { provider, asset }
  const needed = ['receivable', 'fees'] as const
  await openAccounts(tx, {
    accounts: [
      ...needed.map((name) => ({ id: accountOf(name, place), normalSide: ACCOUNTS[name] })),
      ...(account === own ? [{ id: own, normalSide: 'debit' as const }] : []),
    ].map((row) => ({ ...row, asset, constraint: 'none' as const })),
    at,
  })
  const id = `settle:${provider}:${refKey(ref)}`
  const common = {
    kind: 'posted',
    credit: accountOf('receivable', place),
    cause: id,
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
  } as const
  const transfers: NewTransfer[] = [{ ...common, id, debit: account, amount }]
  const feeId = `${id}:fee`
  const hasFee = Money.isPositive(fee)
  if (hasFee) transfers.push({ ...common, id: feeId, debit: accountOf('fees', place), amount: fee })
  // With a fee or without one are two facts; the ledger compares only transfers that both have.
  const isKnown = (await tx.ledger.getTransfer(id)) !== null
  if (isKnown && hasFee !== ((await tx.ledger.getTransfer(feeId)) !== null))
    throw new LastroError('ledger_refused', { transfer: feeId, rule: 'conflict' })
  const [first] = await book(tx, { at, transfers })
  const status = first?.status ?? 'accepted'
  if (status === 'accepted') {
    await tx.events.append({
      type: 'payment.settled',
      subject: id,
      correlation: id,
      data: { provider, ref, amount: Money.toJson(amount), fee: Money.toJson(fee), account },
      at,
    })
  }
  return { ref, status }
}
