import { refuse } from '../platform/input.ts'
import type { JobHandler, Schedule } from '../platform/jobs/index.ts'
import {
  applyDeliveryJob,
  checkRetention,
  createInbox,
  type Inbox,
  keepDeliveriesJob,
  keepSchedule,
  type PointListener,
  type WebhookHandler,
  type WebhookHandlers,
} from '../platform/webhooks/index.ts'
import type { Providers } from '../spec/index.ts'
import type { LastroTx } from '../storage.ts'
import { type ApplierDeps, createApplier } from './applier.ts'
import type { Base } from './domains.ts'
import type { WebhookOptions } from './options.ts'

/** The inbox with what runs for it. */
export interface WiredWebhooks {
  readonly inbox: Inbox
  readonly jobs: readonly JobHandler[]
  readonly schedules: readonly Schedule[]
}

const nobody: PointListener = () => undefined

/** @throws LastroError `invalid_input` naming the option and the rule. */
export function wireWebhooks(
  base: Base,
  parts: Omit<ApplierDeps, 'clock'> & { readonly options: WebhookOptions | undefined },
): WiredWebhooks {
  const { providers, options = {} } = parts
  const { retention = {}, rateLimits, onPoint: at = nobody } = options
  checkRetention(retention)
  const handlers = checkHandlers(options.handlers ?? {}, providers)
  const applier = createApplier({ ...parts, clock: base.clock })
  return {
    inbox: createInbox({ ...base, providers, at, ...(rateLimits === undefined ? {} : { rateLimits }) }),
    jobs: [
      applyDeliveryJob<LastroTx>({ ...base, providers, applier, handlers, at }),
      keepDeliveriesJob({ ...base, retention }),
    ],
    schedules: [keepSchedule],
  }
}

/** A handler under a name that no provider has would never be called. */
function checkHandlers(
  handlers: Readonly<Record<string, WebhookHandler<LastroTx> | undefined>>,
  providers: Providers,
): WebhookHandlers<LastroTx> {
  const given: Record<string, WebhookHandler<LastroTx>> = {}
  for (const [name, handler] of Object.entries(handlers)) {
    if (handler === undefined) continue
    if (name !== '*' && providers[name]?.webhooks === undefined)
      refuse(`webhooks.handlers.${name}`, 'must be the name of a provider that takes webhooks, or *')
    given[name] = handler
  }
  return given
}
