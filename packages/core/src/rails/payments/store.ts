import type { Page, PageRequest } from '../../platform/storage/index.ts'
import type { Money, PaymentMethod } from '../../spec/index.ts'
import type { DisputeFact, ReceiptFact, RefundFact } from './fold.ts'
import type { OperationId, PaymentOperation } from './operation.ts'
import type { Payment, PaymentId, PaymentState } from './payment.ts'

interface OfPayment {
  readonly paymentId: PaymentId
  readonly provider: string
}

/** A receipt with what of it is in the ledger. */
export interface Receipt extends ReceiptFact, OfPayment {
  readonly booked: Money
  readonly bookedFee: Money
}

/** A refund with what of it is in the ledger, and the operation of ours that asked for it. */
export interface Refund extends RefundFact, OfPayment {
  readonly operationId: OperationId | null
  readonly booked: Money
}

/** Where the money of a dispute stands in the ledger. */
export type DisputeBucket = 'blocked' | 'disputed' | 'lost'

/** A dispute with what of it is in the ledger. */
export interface Dispute extends DisputeFact, OfPayment {
  readonly bucket: DisputeBucket | null
  readonly booked: Money
  readonly bookedFee: Money
  /** Counts its postings, so that each has an id of its own. */
  readonly postings: number
}

/** Which payments. Several conditions must all hold. */
export interface PaymentQuery extends PageRequest {
  readonly state?: PaymentState
  readonly provider?: string
  readonly method?: PaymentMethod
  readonly reference?: string
  readonly correlation?: string
  /** All of these entries. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Created at this time or later. */
  readonly from?: Date
  /** Created before this time. */
  readonly to?: Date
}

/** Names that news carries, by which its payment may be found. */
export interface KnownBy {
  readonly provider: string
  readonly refs: readonly string[]
  readonly receipts: readonly string[]
  readonly refunds: readonly string[]
  readonly disputes: readonly string[]
}

/** Whose a name is. */
export interface RefOwner {
  readonly kind: 'payment' | 'receipt' | 'refund' | 'dispute'
  readonly ref: string
  readonly paymentId: PaymentId
}

/** The reads and writes payments need, and no others. */
export interface PaymentStore {
  insert(payment: Payment): Promise<void>
  get(id: PaymentId): Promise<Payment | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(id: PaymentId): Promise<Payment | null>
  /** @throws LastroError `version_conflict` when the row is no longer at `payment.version - 1`. */
  update(payment: Payment): Promise<void>
  list(query: PaymentQuery): Promise<Page<Payment>>
  /** Payments whose time to ask has come, the longest due first. */
  due(query: {
    readonly at: Date
    readonly limit: number
  }): Promise<readonly Pick<Payment, 'id' | 'state' | 'createdAt' | 'expiresAt'>[]>
  /** Moves the time of the next question without touching the version. */
  postpone(ask: { readonly id: PaymentId; readonly askAt: Date }): Promise<void>
  /** Which payments these names belong to. Names that nobody has are left out. */
  owners(names: KnownBy): Promise<readonly RefOwner[]>
  /** Keeps a provider's id of a payment for good. Answers whose it is. */
  addRef(ref: {
    readonly provider: string
    readonly ref: string
    readonly paymentId: PaymentId
  }): Promise<PaymentId>
  receipts(id: PaymentId): Promise<readonly Receipt[]>
  refunds(id: PaymentId): Promise<readonly Refund[]>
  disputes(id: PaymentId): Promise<readonly Dispute[]>
  /** Inserts or replaces. The database refuses a ref that belongs to another payment. */
  saveReceipt(receipt: Receipt): Promise<void>
  saveRefund(refund: Refund): Promise<void>
  saveDispute(dispute: Dispute): Promise<void>
  operations(id: PaymentId): Promise<readonly PaymentOperation[]>
  operation(id: OperationId): Promise<PaymentOperation | null>
  insertOperation(operation: PaymentOperation): Promise<void>
  /** @throws LastroError `version_conflict` when the row is no longer at `operation.version - 1`. */
  updateOperation(operation: PaymentOperation): Promise<void>
}

/** What a transaction offers to payments. */
export interface PaymentTx {
  readonly payments: PaymentStore
}
