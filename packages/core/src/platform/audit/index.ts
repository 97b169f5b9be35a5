import type { Json } from '../events/index.ts'
import type { Page, PageRequest } from '../unit-of-work/index.ts'

/** Who did what, for people who must answer for it. */
export interface AuditEntry {
  /** `system`, `operator:<name>` or `provider:<name>`. */
  readonly actor: string
  /** `noun.past`, such as `webhook.rejected`. */
  readonly action: string
  readonly subject: string
  readonly details: { readonly [key: string]: Json }
  readonly at: Date
}

/** Append-only: the database refuses to change or delete a row. */
export interface AuditStore {
  append(entry: AuditEntry): Promise<void>
  list(
    query?: PageRequest & { readonly action?: string; readonly subject?: string },
  ): Promise<Page<AuditEntry>>
}

/** The audit, as an operator reads it: newest first. */
export type Audit = Pick<AuditStore, 'list'>
