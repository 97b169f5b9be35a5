import type { Page, PageRequest } from '../unit-of-work/index.ts'

/** Where a stored delivery stands. */
export type DeliveryState = 'received' | 'applied' | 'dead'

/** One stored arrival of a webhook. The raw bytes are kept, so a fixed adapter can replay them. */
export interface Delivery {
  readonly id: string
  readonly provider: string
  /** The provider's own id of the delivery, or a digest of its bytes. Unique per provider. */
  readonly deliveryId: string
  readonly topic: string
  readonly verdict: 'authentic' | 'unproven'
  readonly state: DeliveryState
  readonly body: Uint8Array
  readonly attempts: number
  readonly error: string | null
  readonly receivedAt: Date
  readonly appliedAt: Date | null
}

/** The inbox inside a transaction. */
export interface DeliveryStore {
  /** False when this delivery was stored before: a duplicate. */
  insert(delivery: Delivery): Promise<boolean>
  get(id: string): Promise<Delivery | null>
  /** Reads the row and holds it until the transaction ends. */
  lock(id: string): Promise<Delivery | null>
  settle(delivery: {
    readonly id: string
    readonly state: DeliveryState
    readonly error: string | null
    readonly at: Date
  }): Promise<void>
  list(
    query?: PageRequest & {
      readonly provider?: string
      readonly state?: DeliveryState
      readonly topic?: string
    },
  ): Promise<Page<Omit<Delivery, 'body'>>>
}
