/** The facts that each error code carries. Amounts are decimal strings of smallest units, times ISO 8601. */
export interface Details {
  invalid_input: { readonly field: string; readonly rule: string }
  idempotency_key_reused: { readonly operation: string; readonly key: string }
  illegal_transition: {
    readonly machine: string
    readonly id: string
    readonly state: string
    readonly event: string
  }
  not_found: { readonly kind: string; readonly id: string }
  provider_missing: { readonly provider: string; readonly port: string }
  network_in_transaction: { readonly provider: string; readonly operation: string }
  quote_expired: { readonly quoteId: string; readonly expiredAt: string }
  quote_used: { readonly quoteId: string; readonly tradeId: string }
  rate_unavailable: { readonly base: string; readonly quote: string; readonly reason: string }
  ledger_refused: {
    readonly transfer: string
    readonly rule: string
    readonly account?: string
    /** The name of the velocity limit. */
    readonly limit?: string
  }
  ledger_busy: { readonly waiting: number; readonly limit: number }
  account_not_empty: {
    readonly account: string
    readonly posted: string
    readonly pendingIn: string
    readonly pendingOut: string
  }
  webhook_body_parsed: { readonly found: string }
  delivery_emptied: { readonly id: string; readonly at: string }
  storage_not_migrated: { readonly found: number; readonly expected: number }
  storage_from_future: { readonly found: number; readonly known: number }
  storage_migration_changed: { readonly number: number; readonly name: string }
  storage_in_use: { readonly holder: string }
  version_conflict: { readonly kind: string; readonly id: string }
}

/** The contract of an error: its code. A code is added, never renamed. */
export type ErrorCode = keyof Details

interface Rule<C extends ErrorCode> {
  /** What an HTTP surface answers. */
  readonly status: number
  /** True where the same call may succeed later, unchanged. */
  readonly isRetryable: boolean
  says(details: Details[C]): string
}

/** One table of every error: status, whether trying again helps, and the sentence. */
export const RULES: { readonly [C in ErrorCode]: Rule<C> } = {
  invalid_input: { status: 400, isRetryable: false, says: (d) => `${d.field}: ${d.rule}.` },
  idempotency_key_reused: {
    status: 409,
    isRetryable: false,
    says: (d) =>
      `idempotencyKey: "${d.key}" was used for ${d.operation} with another body. Use a new key for a new intent.`,
  },
  illegal_transition: {
    status: 409,
    isRetryable: false,
    says: (d) => `${d.machine} ${d.id} is ${d.state}, which does not allow ${d.event}.`,
  },
  not_found: { status: 404, isRetryable: false, says: (d) => `There is no ${d.kind} ${d.id}.` },
  provider_missing: {
    status: 400,
    isRetryable: false,
    says: (d) => `provider: "${d.provider}" is not configured, or does not fill the ${d.port} port.`,
  },
  network_in_transaction: {
    status: 500,
    isRetryable: false,
    says: (d) =>
      `${d.provider} ${d.operation} was called while a transaction was open. Call it outside, between two commits.`,
  },
  quote_expired: {
    status: 409,
    isRetryable: false,
    says: (d) => `Quote ${d.quoteId} expired at ${d.expiredAt}. Ask for a new one.`,
  },
  quote_used: {
    status: 409,
    isRetryable: false,
    says: (d) => `Quote ${d.quoteId} was used by trade ${d.tradeId}.`,
  },
  rate_unavailable: {
    status: 503,
    isRetryable: true,
    says: (d) => `No usable rate of ${d.base} in ${d.quote}: ${d.reason}.`,
  },
  ledger_refused: {
    status: 409,
    isRetryable: false,
    says: (d) =>
      `Transfer ${d.transfer} was refused: ${d.rule}${d.account === undefined ? '' : ` on account ${d.account}`}.`,
  },
  ledger_busy: {
    status: 503,
    isRetryable: true,
    says: (d) => `${d.waiting} transfers wait already, of at most ${d.limit}. Post again a little later.`,
  },
  account_not_empty: {
    status: 409,
    isRetryable: false,
    says: (d) =>
      `Account ${d.account} still has ${d.posted} posted, ${d.pendingIn} pending in and ${d.pendingOut} pending out. Empty it first.`,
  },
  webhook_body_parsed: {
    status: 500,
    isRetryable: false,
    says: (d) =>
      `body: must be the raw bytes as received, got ${d.found}. Mount the webhook route before any body parser.`,
  },
  delivery_emptied: {
    status: 409,
    isRetryable: false,
    says: (d) =>
      `The body of delivery ${d.id} was removed at ${d.at}, as the retention says. It cannot be replayed.`,
  },
  storage_not_migrated: {
    status: 500,
    isRetryable: false,
    says: (d) =>
      `The database is at migration ${d.found}, this version needs ${d.expected}. Run storage.migrate() first.`,
  },
  storage_from_future: {
    status: 500,
    isRetryable: false,
    says: (d) =>
      `The database is at migration ${d.found}, this version knows ${d.known}. Update the packages first.`,
  },
  storage_migration_changed: {
    status: 500,
    isRetryable: false,
    says: (d) =>
      `Migration ${d.number} (${d.name}) in the database is not the one this version knows. A published migration never changes.`,
  },
  storage_in_use: {
    status: 500,
    isRetryable: true,
    says: (d) => `The embedded database is open in another process (${d.holder}). Two openers would diverge.`,
  },
  version_conflict: {
    status: 409,
    isRetryable: true,
    says: (d) => `${d.kind} ${d.id} was changed meanwhile. Read it again.`,
  },
}
