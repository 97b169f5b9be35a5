import type { LedgerOptions } from '../books/ledger/index.ts'
import type { RateOptions } from '../books/rates/index.ts'
import type { ReconciliationOptions } from '../operations/reconciliation/index.ts'
import type { WorkerOptions } from '../platform/jobs/index.ts'
import type { OutgoingOptions } from '../platform/outgoing/index.ts'
import type { RailOptions } from '../platform/policies/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import type {
  PointListener,
  RateLimits,
  WebhookHandler,
  WebhookRetention,
} from '../platform/webhooks/index.ts'
import type { TradeOptions } from '../products/trades/index.ts'
import type { OnchainOptions } from '../rails/onchain/index.ts'
import type { PaymentOptions } from '../rails/payments/index.ts'
import type { PayoutTimes } from '../rails/payouts/index.ts'
import type { RelayerOptions } from '../rails/relayer/index.ts'
import type { Clock, Filling, Ids, Providers } from '../spec/index.ts'
import type { LastroStorage, LastroTx } from '../storage.ts'

/** How webhooks are taken, applied and kept. All have defaults. */
export interface WebhookOptions<Ps extends Providers = Providers> {
  /**
   * The host's own part of applying an event, by the provider's name, and `*` for every provider: runs inside the
   * transaction, after the engine's part. When one throws, everything is rolled back and tried again.
   */
  readonly handlers?: { readonly [P in (keyof Ps & string) | '*']?: WebhookHandler<LastroTx> }
  /** What one process takes of one event type; beyond it senders are told to come again. */
  readonly rateLimits?: RateLimits
  /** When applied deliveries lose their bytes and their rows. Default: never. */
  readonly retention?: WebhookRetention
  /** For tests that stop a process: told at each named point of intake and application. */
  readonly onPoint?: PointListener
}

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
  readonly payments?: PaymentOptions
  readonly payouts?: PayoutTimes
  readonly webhooks?: WebhookOptions<Ps>
  /** When statements are compared with our books, and what may be mended without a yes. */
  readonly reconciliation?: ReconciliationOptions
  /** Contract events that are relayed into the inbox. Default: none. */
  readonly relayer?: RelayerOptions<Filling<Ps, 'contractEvents'>>
  /** Webhooks to the host's own customers. Without it `lastro.outgoing` refuses to be used. */
  readonly outgoing?: OutgoingOptions
  readonly worker?: WorkerOptions
  /** How every provider's rail protects itself: breaker and calls under way. */
  readonly rails?: RailOptions
  /** What stands before `/webhooks/{provider}` in `lastro.http.fetch`. Default: nothing. */
  readonly basePath?: string
}
