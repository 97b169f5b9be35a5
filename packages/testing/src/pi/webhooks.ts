import { createHmac } from 'node:crypto'
import type { Scheduler } from '../efi/scheduler.ts'
import type { PiFaultPlan } from './faults.ts'
import type { Settings } from './options.ts'
import type { Mutable, PiDelivery, PiPayment } from './records.ts'

/** News by the project's own contract, which the host's own relay would send: Pi sends none. */
export interface Outbox {
  readonly log: readonly PiDelivery[]
  /** Writes news down for the next `flush`. */
  tell(type: 'payment_completed' | 'payment_cancelled' | 'payment_failed', payment: PiPayment): void
  /** Brings to the host what was not brought yet. */
  flush(): Promise<readonly PiDelivery[]>
}

/** Headers of Standard Webhooks for a body, or none where nothing is signed. */
export function sign(
  body: string,
  given: { readonly id: string; readonly at: Date; readonly secret: string | undefined },
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (given.secret === undefined) return headers
  const key = Buffer.from(given.secret.replace(/^whsec_/, ''), 'base64')
  const timestamp = String(Math.floor(given.at.getTime() / 1_000))
  const mac = createHmac('sha256', key).update(`${given.id}.${timestamp}.${body}`).digest('base64')
  return {
    ...headers,
    'webhook-id': given.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
  }
}

/** An empty outbox. */
export function createOutbox(given: {
  readonly settings: Settings
  readonly scheduler: Scheduler
  readonly faults: PiFaultPlan
}): Outbox {
  const { settings, scheduler, faults } = given
  const log: Mutable<PiDelivery>[] = []
  const waiting: Mutable<PiDelivery>[] = []
  let held: Mutable<PiDelivery> | null = null

  const tell: Outbox['tell'] = (type, payment) => {
    const { webhook } = settings
    if (webhook === null) return
    const at = scheduler.now()
    const body = JSON.stringify({
      type,
      payment_id: payment.identifier,
      ...(payment.txid === null ? {} : { txid: payment.txid }),
      sent_at: at.toISOString(),
    })
    const id = `msg_${log.length + 1}`
    const delivery = {
      id,
      url: webhook.url,
      headers: sign(body, { id, at, secret: webhook.secret }),
      body,
      status: null,
    }
    log.push(delivery)
    const fault = faults.take('webhook.deliver', payment.identifier)
    if (fault?.kind === 'lost_webhook') return
    if (fault?.kind === 'out_of_order_webhooks') {
      held = delivery
      return
    }
    const copies = fault?.kind === 'duplicate_webhook' ? (fault.copies ?? 1) : 0
    waiting.push(...Array.from({ length: 1 + copies }, () => delivery))
    if (held !== null) waiting.push(held)
    held = null
  }
  return {
    log,
    tell,
    async flush() {
      const due = waiting.splice(0)
      const deliver = settings.webhook?.deliver
      if (deliver === undefined) return due
      for (const delivery of due) {
        const { url, headers, body } = delivery
        const answer = await deliver(new Request(url, { method: 'POST', headers, body }))
        delivery.status = answer.status
      }
      return due
    },
  }
}
