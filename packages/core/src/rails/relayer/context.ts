import type { AuditStore } from '../../platform/audit/index.ts'
import { LastroError } from '../../platform/errors/index.ts'
import type { EventStore } from '../../platform/events/index.ts'
import type { JobEnqueuer } from '../../platform/jobs/index.ts'
import type { Rail } from '../../platform/policies/index.ts'
import type { UnitOfWork } from '../../platform/storage/index.ts'
import type { Logger } from '../../platform/telemetry/index.ts'
import type { DeliveryStore } from '../../platform/webhooks/index.ts'
import type { Clock, ContractEventSource, Ids } from '../../spec/index.ts'
import type { RelayerOptions, ResolvedRelayerOptions } from './options.ts'
import type { RelayerTx } from './store.ts'

/** What a transaction must offer to the relayer. */
export interface RelayerWork extends RelayerTx {
  readonly deliveries: DeliveryStore
  readonly jobs: JobEnqueuer
  readonly events: EventStore
  readonly audit: AuditStore
}

/** A provider that fills the port, and the guarded way to it. */
export interface RelayerSource {
  readonly port: ContractEventSource
  readonly rail: Rail
}

/** What the relayer needs. */
export interface RelayerDeps<T extends RelayerWork> {
  readonly storage: UnitOfWork<T>
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly sources: Readonly<Record<string, RelayerSource>>
  readonly options?: RelayerOptions
}

/** The same, with its options checked. */
export interface RelayerContext<T extends RelayerWork = RelayerWork> extends Omit<RelayerDeps<T>, 'options'> {
  readonly options: ResolvedRelayerOptions
}

/** @throws LastroError `provider_missing`. */
export function sourceOf({ sources }: Pick<RelayerContext, 'sources'>, provider: string): RelayerSource {
  const source = Object.hasOwn(sources, provider) ? sources[provider] : undefined
  if (source === undefined) throw new LastroError('provider_missing', { provider, port: 'contractEvents' })
  return source
}
