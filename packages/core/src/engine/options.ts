import type { LedgerOptions } from '../books/ledger/index.ts'
import type { RateOptions } from '../books/rates/index.ts'
import type { WorkerOptions } from '../platform/jobs/index.ts'
import type { RailOptions } from '../platform/policies/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import type { TradeOptions } from '../products/trades/index.ts'
import type { OnchainOptions } from '../rails/onchain/index.ts'
import type { PayoutTimes } from '../rails/payouts/index.ts'
import type { Clock, Ids, Providers } from '../spec/index.ts'
import type { LastroStorage } from '../storage.ts'

/** What `createLastro` takes. Only `storage` and `providers` are needed. */
export interface LastroOptions<Ps extends Providers = Providers> {
  /** Where everything is kept: `postgres(pool)` or `pglite(db)` of `@lastro/storage-postgres`. */
  readonly storage: LastroStorage
  /** Providers by the names you call them. Their ports decide what works. */
  readonly providers: Ps
  /** Default: the machine's clock. */
  readonly clock?: Clock
  /** Default: UUIDv7 bodies. */
  readonly ids?: Ids
  /** A pino-shaped logger. Default: silence. Facts are redacted before it sees them. */
  readonly logger?: Logger
  /** Names of providers that fill the rates port, in the order they are asked. Default: as listed in `providers`. */
  readonly rateOrder?: readonly (keyof Ps & string)[]
  readonly ledger?: LedgerOptions
  readonly rates?: RateOptions
  readonly trades?: TradeOptions
  readonly onchain?: OnchainOptions
  readonly payouts?: PayoutTimes
  readonly worker?: WorkerOptions
  /** How every provider's rail protects itself: breaker and calls under way. */
  readonly rails?: RailOptions
  /** What stands before `/webhooks/{provider}` in `lastro.http.fetch`. Default: nothing. */
  readonly basePath?: string
}
