import type { Page, PageRequest } from '../unit-of-work/index.ts'

/** Where a stored delivery stands. */
export type DeliveryState = 'received' | 'applied' | 'dead'

/**
 * What else is to be said of one that was applied. `superseded`: later news of its subject came first, so it changed
 * nothing. `unconfirmed`: the provider was asked, and knows nothing of a part of it.
 */
export type DeliveryNote = 'superseded' | 'unconfirmed'

/** One stored arrival of a webhook. The raw bytes are kept, so a fixed adapter can replay them. */
export interface Delivery {
  readonly id: string
  readonly provider: string
  /** The provider's own id of the delivery, or a digest of its bytes. Unique per provider. */
  readonly deliveryId: string
  readonly topic: string
  /** The object that the news is about, by the provider's id. */
  readonly subject: string | null
  /** Its place in the order of its subject, where the provider gives one. */
  readonly sequence: string | null
  readonly verdict: 'authentic' | 'unproven'
  /** False: the adapter's table of event types had no such type when it came. */
  readonly isKnownType: boolean
  readonly state: DeliveryState
  readonly note: DeliveryNote | null
  /** Null once it was emptied. */
  readonly body: Uint8Array | null
  readonly bodyBytes: number
  /** What was applied of it, as digests of events; with `?` behind it, nothing of ours was waiting for the event. */
  readonly applied: readonly string[]
  readonly attempts: number
  /** The error of the last attempt, where it failed. */
  readonly error: string | null
  /** The version of the adapter at the last attempt, where it tells one. */
  readonly adapterVersion: string | null
  readonly receivedAt: Date
  readonly appliedAt: Date | null
  /** When its body was removed. */
  readonly emptiedAt: Date | null
  /** Since when it waits for an earlier one of its subject, or had to; null where it never had. */
  readonly heldAt: Date | null
}

/** A delivery as it is taken up. `isLate`: later news of its subject was applied before. */
export type OpenedDelivery = Delivery & { readonly isLate: boolean }

/** What may have changed of a delivery since it was opened, and what tells its place. */
export type LockedDelivery = Pick<
  Delivery,
  'id' | 'provider' | 'subject' | 'sequence' | 'verdict' | 'state' | 'applied' | 'emptiedAt' | 'heldAt'
>

/** A delivery without its bytes. */
export type DeliverySummary = Omit<Delivery, 'body' | 'applied'>

/** What is stored of an arrival. */
export type NewDelivery = Pick<
  Delivery,
  | 'id'
  | 'provider'
  | 'deliveryId'
  | 'topic'
  | 'subject'
  | 'sequence'
  | 'verdict'
  | 'isKnownType'
  | 'receivedAt'
> & { readonly body: Uint8Array }

/** Which deliveries. Times are of arrival: `from` is included, `to` is not. */
export interface DeliveryFilter {
  readonly provider?: string
  readonly topic?: string
  readonly subject?: string
  readonly state?: DeliveryState
  readonly from?: Date
  readonly to?: Date
}

/** An attempt at applying that failed. */
export interface FailedAttempt {
  readonly number: number
  readonly at: Date
  readonly error: string
  readonly adapterVersion: string | null
}

/** Enough of a delivery to enqueue it. */
export type QueuedDelivery = Pick<Delivery, 'id' | 'provider' | 'subject'>

/** How an attempt at applying ended. */
export type Settlement = {
  readonly id: string
  readonly adapterVersion: string | null
  readonly at: Date
} & (
  | { readonly state: 'applied'; readonly note: DeliveryNote | null; readonly applied: readonly string[] }
  | { readonly state: 'received' | 'dead'; readonly error: string }
)

/** Refusals of one kind within one minute. */
export interface RefusalCount {
  readonly provider: string
  /** Empty where it was refused before its type was known. */
  readonly topic: string
  readonly reason: string
  readonly minute: Date
  readonly count: number
}

/** What arrived of one type, and what stands. Ages in milliseconds are made of `oldestAt`. */
export interface TopicCounts {
  readonly provider: string
  readonly topic: string
  /** Arrived in the window, and what became of those. */
  readonly received: number
  readonly applied: number
  readonly superseded: number
  readonly unrecognised: number
  /** Waiting to be applied now, whenever they came; the oldest of them. */
  readonly depth: number
  readonly oldestAt: Date | null
  /** Dead now, whenever they came. */
  readonly dead: number
}

/** Counts of the inbox. `isPartial`: there is more than was counted. */
export interface DeliveryCounts {
  readonly isPartial: boolean
  readonly topics: readonly TopicCounts[]
  readonly refusals: readonly Omit<RefusalCount, 'minute'>[]
}

/** The inbox inside a transaction. */
export interface DeliveryStore {
  /** Stores those that are not there yet, in one statement. Answers the ids of those it stored. */
  insert(deliveries: readonly NewDelivery[]): Promise<readonly string[]>
  get(id: string): Promise<Delivery | null>
  /** Those that exist, in any order. */
  open(ids: readonly string[]): Promise<readonly OpenedDelivery[]>
  /** Locks the row until the transaction ends. */
  lock(id: string): Promise<LockedDelivery | null>
  /** True when an earlier one of the subject waits to be applied. */
  hasEarlier(place: SubjectPlace): Promise<boolean>
  /**
   * Makes one that is locked wait for an earlier one of its subject, which is locked too. Answers since when it waits;
   * null: none is left to wait for.
   */
  hold(held: { readonly id: string; readonly at: Date }): Promise<Date | null>
  /** Ends an attempt and counts it. One that failed is kept in the history, and never undoes `applied`. */
  settle(settlement: Settlement): Promise<void>
  /** The first of the subject that waits and was held. */
  nextHeld(place: Pick<SubjectPlace, 'provider' | 'subject'>): Promise<QueuedDelivery | null>
  /** Attempts that failed, oldest first. At most 200. */
  history(id: string): Promise<readonly FailedAttempt[]>
  /** Moves the subject to this place and holds it until the transaction ends. False: it is there or further already. */
  advance(place: SubjectPlace & { readonly at: Date }): Promise<boolean>
  list(query?: PageRequest & DeliveryFilter): Promise<Page<DeliverySummary>>
  /** Makes deliveries wait again, oldest first, those that still have their bytes. */
  requeue(
    which: (DeliveryFilter | { readonly ids: readonly string[] }) & {
      readonly limit: number
      readonly at: Date
    },
  ): Promise<readonly QueuedDelivery[]>
  /** Takes up to `limit` that wait and that nothing was done for since `before`, so that each is taken once a time. */
  takeStranded(query: {
    readonly before: Date
    readonly at: Date
    readonly limit: number
  }): Promise<readonly QueuedDelivery[]>
  /** Removes the bytes of applied deliveries that came before. Answers how many. */
  empty(query: { readonly before: Date; readonly at: Date; readonly limit: number }): Promise<number>
  /** Deletes applied deliveries that came before, with their history. Answers how many. */
  remove(query: { readonly before: Date; readonly limit: number }): Promise<number>
  /** Deletes places of subjects and counts of refusals that did not move since. Answers how many. */
  forget(query: {
    readonly places: Date | null
    readonly refusals: Date
    readonly limit: number
  }): Promise<number>
  countRefusals(counts: readonly RefusalCount[]): Promise<void>
  counts(query: { readonly since: Date; readonly limit: number }): Promise<DeliveryCounts>
}

/** A delivery's place in the order of its subject. */
export interface SubjectPlace {
  readonly provider: string
  readonly subject: string
  readonly sequence: string
  readonly delivery: string
}
