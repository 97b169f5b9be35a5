import { Money, type PaymentFacts } from '../../spec/index.ts'
import type { PaymentWork } from './context.ts'
import type { DisputeFact, ReceiptFact, RefundFact, Story } from './fold.ts'
import type { PaymentOperation } from './operation.ts'
import type { Payment } from './payment.ts'
import type { Dispute, Receipt, Refund } from './store.ts'

/** A payment's rows, as they stand. */
export interface Rows {
  readonly receipts: readonly Receipt[]
  readonly refunds: readonly Refund[]
  readonly disputes: readonly Dispute[]
  readonly operations: readonly PaymentOperation[]
}

/** Reads all rows of a payment. */
export async function readRows(tx: PaymentWork, id: Payment['id']): Promise<Rows> {
  return {
    receipts: await tx.payments.receipts(id),
    refunds: await tx.payments.refunds(id),
    disputes: await tx.payments.disputes(id),
    operations: await tx.payments.operations(id),
  }
}

/** What was told before, for the fold. */
export function storyOf(payment: Payment, rows: Rows): Story {
  const byRef = <F extends { readonly ref: string }>(facts: readonly F[]) =>
    new Map(facts.map((fact) => [fact.ref, fact]))
  return {
    told: new Set(payment.told),
    authorized: payment.authorized,
    receipts: byRef<ReceiptFact>(rows.receipts),
    refunds: byRef<RefundFact>(rows.refunds),
    disputes: byRef<DisputeFact>(rows.disputes),
  }
}

/** The folded facts as rows, each with what was booked of it before, and refunds joined to what asked for them. */
export function rowsOf(
  payment: Payment,
  story: Story,
  { rows, asked }: { readonly rows: Rows; readonly asked: ReadonlyMap<string, PaymentOperation> },
): Omit<Rows, 'operations'> {
  const of = { paymentId: payment.id, provider: payment.provider }
  const zero = Money.zero(payment.amount.asset)
  const known = {
    receipts: new Map(rows.receipts.map((row) => [row.ref, row])),
    refunds: new Map(rows.refunds.map((row) => [row.ref, row])),
    disputes: new Map(rows.disputes.map((row) => [row.ref, row])),
  }
  return {
    receipts: [...story.receipts.values()].map((fact) => {
      const { booked = zero, bookedFee = zero } = known.receipts.get(fact.ref) ?? {}
      return { ...fact, ...of, booked, bookedFee }
    }),
    refunds: [...story.refunds.values()].map((fact) => {
      const { booked = zero, operationId = null } = known.refunds.get(fact.ref) ?? {}
      return { ...fact, ...of, booked, operationId: operationId ?? asked.get(fact.ref)?.id ?? null }
    }),
    disputes: [...story.disputes.values()].map((fact) => {
      const {
        booked = zero,
        bookedFee = zero,
        bucket = null,
        postings = 0,
      } = known.disputes.get(fact.ref) ?? {}
      return { ...fact, ...of, booked, bookedFee, bucket, postings }
    }),
  }
}

/**
 * Which refund of the provider is which operation of ours: by its ref, else by our key where the provider repeats it.
 * `answered` is the operation whose own call or question told this refund.
 */
export function matchRefunds(
  operations: readonly PaymentOperation[],
  story: Story,
  answered: { readonly operation: PaymentOperation; readonly ref: string } | null,
): ReadonlyMap<string, PaymentOperation> {
  const refunds = operations.filter(({ kind }) => kind === 'refund')
  const matched = new Map<string, PaymentOperation>()
  for (const { ref, idempotencyKey } of story.refunds.values()) {
    const operation =
      answered?.ref === ref
        ? answered.operation
        : (refunds.find(({ providerRef }) => providerRef === ref) ??
          refunds.find(({ id, providerRef }) => id === idempotencyKey && providerRef === null))
    if (operation !== undefined) matched.set(ref, operation)
  }
  return matched
}

/** Facts without those whose refs belong to another payment: the same money is never counted twice. */
export function withoutStrangers(
  facts: PaymentFacts,
  foreign: {
    readonly receipts: ReadonlySet<string>
    readonly refunds: ReadonlySet<string>
    readonly disputes: ReadonlySet<string>
  },
): PaymentFacts {
  const { receipts, refunds, disputes, ...rest } = facts
  return {
    ...rest,
    ...(receipts === undefined ? {} : { receipts: receipts.filter(({ ref }) => !foreign.receipts.has(ref)) }),
    ...(refunds === undefined ? {} : { refunds: refunds.filter(({ ref }) => !foreign.refunds.has(ref)) }),
    ...(disputes === undefined ? {} : { disputes: disputes.filter(({ ref }) => !foreign.disputes.has(ref)) }),
  }
}
