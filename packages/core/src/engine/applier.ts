import type { EventApplier } from '../platform/webhooks/index.ts'
import type { Payouts } from '../rails/payouts/index.ts'
import type { Clock } from '../spec/index.ts'
import type { LastroTx } from '../storage.ts'
import type { Wired } from './rails.ts'

/** Where each kind of provider event goes. */
export function createApplier(deps: {
  readonly payouts: Payouts<LastroTx>
  readonly wired: Wired
  readonly clock: Clock
}): EventApplier<LastroTx> {
  return {
    async confirm({ provider, event }) {
      const filled = deps.wired.payouts[provider]
      if (event.kind !== 'payout' || filled === undefined) return null
      const { idempotencyKey, providerRef } = event
      const found = await filled.rail.read('payouts.find', () =>
        filled.port.find({ idempotencyKey: idempotencyKey ?? '', providerRef }),
      )
      return found === null ? null : { kind: 'payout', ...found }
    },
    async apply(tx, { provider, event, delivery }) {
      if (event.kind === 'payout') return deps.payouts.applyEvent(tx, { provider, event, delivery })
      if (event.kind === 'ignored') return
      // Nothing of ours is waiting for it: kept in the inbox, and told to people.
      const details =
        event.kind === 'payment'
          ? { kind: event.kind, providerRef: event.providerRef, state: event.state }
          : { kind: event.kind, topic: event.topic, detail: event.detail }
      await tx.audit.append({
        actor: `provider:${provider}`,
        action: 'webhook.unmatched',
        subject: delivery,
        details,
        at: deps.clock.now(),
      })
    },
  }
}
