import { z } from 'zod'
import type { Clock, ProviderEvent, Providers } from '../../spec/index.ts'
import { defineJob, handle, type JobHandler } from '../jobs/index.ts'
import { describeError } from '../telemetry/index.ts'
import type { UnitOfWork } from '../unit-of-work/index.ts'
import type { DeliveryStore } from './delivery.ts'

const input = z.object({ id: z.string() })

/** Translates a stored delivery and applies what it tells, in one transaction. */
export const applyDelivery = defineJob<{ id: string }>({
  name: 'webhooks.apply',
  retry: { attempts: 8, baseMs: 1_000, maxMs: 300_000 },
  timeoutMs: 60_000,
  parse: (stored) => input.parse(stored),
  lane: () => null,
})

/** Where a provider's events go. Declared here, filled by the engine. */
export interface EventApplier<T> {
  /**
   * Asks the provider about an event that nothing proves or that fits no rule; what it answers is applied instead.
   * Null: nothing there.
   */
  confirm(event: { readonly provider: string; readonly event: ProviderEvent }): Promise<ProviderEvent | null>
  /** Applies one event inside the transaction. On settled state it changes nothing. Throws when it contradicts. */
  apply(
    tx: T,
    event: { readonly provider: string; readonly event: ProviderEvent; readonly delivery: string },
  ): Promise<void>
}

/** The body of the job, for an applier. */
export function applyDeliveryJob<T extends { readonly deliveries: DeliveryStore }>(deps: {
  readonly storage: UnitOfWork<T>
  readonly providers: Providers
  readonly applier: EventApplier<T>
  readonly clock: Clock
}): JobHandler {
  return handle(applyDelivery, async ({ id }, { isLastAttempt }) => {
    const delivery = await deps.storage.read((tx) => tx.deliveries.get(id))
    if (delivery === null || delivery.state === 'applied') return
    const { provider } = delivery
    try {
      const source = deps.providers[provider]?.webhooks
      if (source === undefined) throw new Error(`provider ${provider} is not configured any more`)
      const told = source.translate(delivery.body)
      const isProven = delivery.verdict === 'authentic'
      const events = await confirmAll(deps.applier, { provider, told, isProven })
      await deps.storage.transaction(async (tx) => {
        const locked = await tx.deliveries.lock(id)
        if (locked === null || locked.state === 'applied') return
        for (const event of events) await deps.applier.apply(tx, { provider, event, delivery: id })
        await tx.deliveries.settle({ id, state: 'applied', error: null, at: deps.clock.now() })
      })
    } catch (error) {
      await deps.storage.transaction((tx) =>
        tx.deliveries.settle({
          id,
          state: isLastAttempt ? 'dead' : 'received',
          error: describeError(error),
          at: deps.clock.now(),
        }),
      )
      throw error
    }
  })
}

async function confirmAll<T>(
  applier: EventApplier<T>,
  delivery: { provider: string; told: readonly ProviderEvent[]; isProven: boolean },
): Promise<readonly ProviderEvent[]> {
  const events: ProviderEvent[] = []
  for (const event of delivery.told) {
    const isClear = delivery.isProven && event.kind !== 'unrecognised'
    const confirmed = isClear ? event : await applier.confirm({ provider: delivery.provider, event })
    if (confirmed !== null) events.push(confirmed)
    // What fits no rule is kept for people even when the provider cannot say more of it.
    else if (event.kind === 'unrecognised') events.push(event)
  }
  return events
}
