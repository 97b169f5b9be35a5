import { createLedger, type Ledger } from '../books/ledger/index.ts'
import type { Rates } from '../books/rates/index.ts'
import type { Reconciliation } from '../operations/reconciliation/index.ts'
import type { Audit } from '../platform/audit/index.ts'
import { createEvents, type Events } from '../platform/events/index.ts'
import { createHealth, type Health } from '../platform/health/index.ts'
import { createJobs, createWorker, type Jobs, type TickReport, type Worker } from '../platform/jobs/index.ts'
import { systemClock, systemIds } from '../platform/node.ts'
import { createOutgoing, type Outgoing } from '../platform/outgoing/index.ts'
import { type Logger, redactingLogger, silentLogger } from '../platform/telemetry/index.ts'
import type { Inbox } from '../platform/webhooks/index.ts'
import type { Quotes, Trades } from '../products/trades/index.ts'
import type { Onchain } from '../rails/onchain/index.ts'
import type { Payments } from '../rails/payments/index.ts'
import type { Payouts } from '../rails/payouts/index.ts'
import { type Relayer, withRelayedEvents } from '../rails/relayer/index.ts'
import type { Filling, Providers } from '../spec/index.ts'
import type { LastroTx } from '../storage.ts'
import { createHttp, type HttpSurface } from '../surfaces/http/index.ts'
import { assembleWork, withStreams } from './assembly.ts'
import { wireDomains } from './domains.ts'
import type { LastroOptions } from './options.ts'
import { wireProviders } from './rails.ts'
import { guardStorage } from './storage.ts'
import { wireWebhooks } from './webhooks.ts'

/** Payouts whose `provider` must be one that fills the payouts port. */
type PublicPayouts<Ps extends Providers> = Omit<
  Payouts,
  'createIn' | 'applyEvent' | 'ask' | 'jobs' | 'check' | 'create'
> & {
  create(
    input: Omit<Parameters<Payouts['create']>[0], 'provider'> & { readonly provider: Filling<Ps, 'payouts'> },
    options?: Parameters<Payouts['create']>[1],
  ): ReturnType<Payouts['create']>
}

/** Payments whose `provider`, where one is named, must fill the payments port. */
type PublicPayments<Ps extends Providers> = Omit<
  Payments,
  'createIn' | 'refundIn' | 'applyEvent' | 'ask' | 'jobs' | 'schedules' | 'check' | 'create'
> & {
  create(
    input: Omit<Parameters<Payments['create']>[0], 'provider'> & {
      readonly provider?: Filling<Ps, 'payments'>
    },
    options?: Parameters<Payments['create']>[1],
  ): ReturnType<Payments['create']>
}

/** The engine: everything a host calls. */
export interface Lastro<Ps extends Providers = Providers> {
  readonly ledger: Ledger
  readonly rates: Rates
  readonly payments: PublicPayments<Ps>
  readonly payouts: PublicPayouts<Ps>
  readonly onchain: Omit<Onchain<LastroTx>, 'takeAddress' | 'createTransferIn' | 'jobs' | 'schedules'>
  /** Contract events read with a durable cursor, each relayed once through the inbox. */
  readonly relayer: Omit<Relayer<LastroTx>, 'applyEvent' | 'health' | 'jobs' | 'schedules'>
  readonly quotes: Quotes
  readonly trades: Trades
  /** Providers' statements against our books, and both against the ledger. */
  readonly reconciliation: Reconciliation
  readonly webhooks: Inbox
  /** Webhooks to the host's own customers, signed by Standard Webhooks. */
  readonly outgoing: Outgoing
  readonly events: Events
  readonly jobs: Jobs
  /** Who did what, and what people must look at: webhooks refused or unmatched, contradictions, incidents. */
  readonly audit: Audit
  readonly health: Health
  readonly http: HttpSurface
  /** Runs durable jobs in a long-lived process. */
  readonly worker: Pick<Worker, 'start' | 'stop'>
  /** Runs what is due for a moment, from a cron route: the same guarantees as the worker. */
  tick(options?: { readonly budgetMs?: number }): Promise<TickReport>
  /** Brings the database up to date and makes the job queue ready. Call it at start-up or at deployment. */
  migrate(): Promise<{ readonly from: number; readonly to: number }>
  /** Stops the worker and lets go of the storage. */
  close(): Promise<void>
}

/**
 * Wires the engine. It opens nothing and calls nobody: call `migrate()` once, then use it.
 * @throws LastroError `invalid_input` naming the option and the rule.
 */
export function createLastro<const Ps extends Providers>(options: LastroOptions<Ps>): Lastro<Ps> {
  const { providers, clock = systemClock, ids = systemIds } = options
  const storage = guardStorage(options.storage)
  const logger: Logger = redactingLogger(options.logger ?? silentLogger)
  const wired = wireProviders(providers, options)
  const base = { storage, clock, ids, logger }
  const domains = wireDomains(base, { options, wired })
  const { payments, payouts, onchain, relayer, rates, products, operations } = domains
  const ledger = createLedger(base)
  const webhooks = wireWebhooks(base, {
    ...domains,
    providers: withRelayedEvents(providers),
    rails: wired.rails,
    options: options.webhooks,
  })
  const events = createEvents(base)
  const outgoing = createOutgoing<LastroTx>(base, options.outgoing)
  outgoing.follow(events)
  const { handlers, schedules } = assembleWork(base, {
    parts: [payments, payouts, onchain, relayer, rates, products, operations, webhooks, outgoing],
    ledger: options.ledger,
  })
  const worker = createWorker(
    {
      ...base,
      queue: storage.queue,
      handlers: new Map(handlers.map((handler) => [handler.definition.name, handler])),
      schedules,
      everyRound: () => events.deliver(),
    },
    options.worker,
  )

  return {
    ledger,
    rates,
    payments,
    payouts,
    onchain,
    relayer,
    quotes: products.quotes,
    trades: products.trades,
    reconciliation: operations.reconciliation,
    webhooks: webhooks.inbox,
    outgoing: outgoing.outgoing,
    events,
    jobs: createJobs({ ...base, queue: storage.queue }),
    audit: { list: (query) => storage.read((tx) => tx.audit.list(query)) },
    health: withStreams(createHealth({ storage, providers, rails: wired.rails }), relayer),
    http: createHttp({
      webhooks: webhooks.inbox,
      logger,
      ...(options.basePath === undefined ? {} : { basePath: options.basePath }),
    }),
    worker,
    tick: (budget) => worker.tick(budget),
    async migrate() {
      const report = await storage.migrate()
      await storage.queue.prepare(handlers.map((handler) => handler.definition))
      return report
    },
    async close() {
      await worker.stop()
      await webhooks.inbox.drain()
      await ledger.drain()
      await storage.close()
    },
  }
}
