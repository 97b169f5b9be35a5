import type { Page } from '../unit-of-work/index.ts'

/** What may stand in an event's data: JSON, with amounts as `{ amount, asset }` strings and times as ISO 8601. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A fact to write down, in the transaction that makes it true. */
export interface NewEvent {
  /** `noun.past`, such as `payout.paid`. */
  readonly type: `${string}.${string}`
  /** The id of the thing it is about. */
  readonly subject: string
  /** The id of the intent that all this belongs to, such as the trade: what `explain` collects. */
  readonly correlation: string
  readonly data: { readonly [key: string]: Json }
  readonly at: Date
}

/** A fact as the log holds it. */
export interface LoggedEvent extends NewEvent {
  /** Opaque and sortable; grows in commit-safe order, so a reader never misses an event that commits late. */
  readonly position: string
}

/** The event log inside a transaction. */
export interface EventStore {
  append(event: NewEvent): Promise<void>
  /** Events after a position, oldest first, only those that no transaction still under way can come before. */
  readAfter(query: {
    readonly position: string | null
    readonly types?: readonly string[]
    readonly limit: number
  }): Promise<readonly LoggedEvent[]>
  /** All events of one intent, oldest first. */
  ofCorrelation(query: {
    readonly correlation: string
    readonly limit: number
    readonly cursor?: string | null
  }): Promise<Page<LoggedEvent>>
  /** The reader's place, its row held until the transaction ends. Null position: from the beginning. */
  lockReader(name: string): Promise<{ readonly position: string | null }>
  moveReader(reader: { readonly name: string; readonly position: string; readonly at: Date }): Promise<void>
}
