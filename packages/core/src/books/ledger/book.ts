import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { parseInput } from '../../platform/input.ts'
import type { LedgerTx } from './store.ts'
import { type BookedResult, type NewTransfer, newTransfersSchema, type TransferResult } from './transfer.ts'

/** Transfers to book, and the moment that is written as `bookedAt`. */
export interface Booking {
  /** At most 1,000. */
  readonly transfers: readonly NewTransfer[]
  /** The clock's now: decides which holds have expired. */
  readonly at: Date
}

const bookingSchema = z.object({ transfers: newTransfersSchema, at: z.date({ error: 'must be a Date' }) })

/**
 * Books transfers inside the caller's transaction, all or none; those booked before by the same id and body count as
 * done. Accounts are locked until the transaction ends: book once, and late.
 * @throws LastroError `ledger_refused` with the first transfer that a rule forbids, `invalid_input`.
 */
export async function book(tx: LedgerTx, booking: Booking): Promise<readonly BookedResult[]> {
  const { transfers, at } = parseBooking(booking)
  // One group, so that a refusal leaves nothing even where the caller catches the error and commits.
  const group = transfers.map((transfer, index) => ({ ...transfer, linked: index < transfers.length - 1 }))
  const results = await tx.ledger.post({ transfers: group, at })
  const refused = results.filter((result) => result.status === 'refused')
  const first = refused.find(({ rule }) => rule !== 'linked_failed') ?? refused[0]
  if (first !== undefined) {
    const account = first.account === null ? {} : { account: first.account }
    const limit = first.limit === undefined ? {} : { limit: first.limit }
    throw new LastroError('ledger_refused', { transfer: first.id, rule: first.rule, ...account, ...limit })
  }
  return results.filter((result) => result.status !== 'refused')
}

/**
 * Books transfers inside the caller's transaction one by one, in their order, and answers what became of each. Only
 * those joined by `linked` depend on each other.
 * @throws LastroError `invalid_input`. A refusal is a result, not an error.
 */
export async function tryBook(tx: LedgerTx, booking: Booking): Promise<readonly TransferResult[]> {
  return tx.ledger.post(parseBooking(booking))
}

function parseBooking(booking: Booking): Booking {
  return parseInput(bookingSchema, booking) as Booking
}
