import type { EventApplier } from '../platform/webhooks/index.ts'
import type { Payouts } from '../rails/payouts/index.ts'
import type { Clock } from '../spec/index.ts'
import type { LastroTx } from '../storage.ts'

/** Where each kind of provider event goes. */
export function createApplier(deps: {
  readonly payouts: Payouts<LastroTx>
  readonly clock: Clock
}): EventApplier<LastroTx> {
  return {
    async confirm({ provider, event }) {
      if (event.kind !== 'payout' && event.kind !== 'unrecognised') return null
      if (event.providerRef === undefined) return null
      const told = await deps.payouts.ask({ provider, ref: event.providerRef })
      return told === null ? null : { kind: 'payout', ...told }
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
