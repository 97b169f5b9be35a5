import { createHmac } from 'node:crypto'
import type { Scheduler } from '../efi/scheduler.ts'
import { bodyFor } from './bodies.ts'
import { DEFAULT_WEBHOOK_DELAY_MS, type StripeFaultPlan, type StripeWebhookFault } from './faults.ts'
import type { FakeStripeEndpoint, Settings } from './options.ts'
import type { StripeEvent } from './records.ts'

/** One try to bring a webhook to the host. */
export interface StripeWebhookAttempt {
  readonly at: Date
  /** What the host answered, or null where no answer came. */
  readonly status: number | null
}

/** One webhook for one endpoint. */
export interface StripeDelivery {
  readonly number: number
  readonly eventId: string
  readonly type: string
  /** The id of the object that it is about. */
  readonly subject: string
  readonly url: string
  readonly body: string
  readonly state: 'pending' | 'delivered' | 'lost' | 'given_up'
  readonly attempts: readonly StripeWebhookAttempt[]
  /** The kind of the fault that was injected. */
  readonly fault: string | null
}

/** Webhooks on their way. */
export interface Outbox {
  readonly log: readonly StripeDelivery[]
  notify(news: {
    readonly endpoint: FakeStripeEndpoint
    readonly event: StripeEvent
    readonly id: string
  }): void
  /** Tries everything that waits for its turn; late and held ones too, with `everything`. */
  flush(options: { readonly everything: boolean }): Promise<readonly StripeDelivery[]>
}

type Open = { -readonly [K in keyof StripeDelivery]: StripeDelivery[K] } & {
  readonly endpoint: FakeStripeEndpoint
  readonly attempts: StripeWebhookAttempt[]
  waits: 'turn' | 'late' | 'held'
  sending: Promise<void> | null
}

interface Parts {
  readonly settings: Settings
  readonly scheduler: Scheduler
  readonly faults: StripeFaultPlan
  readonly log: Open[]
}

/** Hours until the next try: for up to three days, with growing gaps. Stripe does not publish the steps. */
const RETRY_HOURS: readonly number[] = [1, 2, 4, 8, 16, 24]

/** `Stripe-Signature` for a body: one digest for each secret, over the time of this very attempt. */
export function signStripeWebhook(
  body: string,
  given: { readonly secrets: readonly string[]; readonly at: Date; readonly withTestScheme?: boolean },
): string {
  const t = Math.floor(given.at.getTime() / 1_000)
  const digest = (secret: string) => createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
  const items = [`t=${t}`, ...given.secrets.map((secret) => `v1=${digest(secret)}`)]
  if (given.withTestScheme === true) items.push(`v0=${digest('the scheme for tests')}`)
  return items.join(',')
}

/** An empty outbox. */
export function createOutbox(given: Omit<Parts, 'log'>): Outbox {
  const parts: Parts = { ...given, log: [] }
  return {
    get log() {
      return parts.log.map(facts)
    },
    notify: (news) => notify(parts, news),
    flush: (options) => flush(parts, options.everything),
  }
}

function facts({ endpoint: _, waits: _waits, sending: _sending, ...told }: Open): StripeDelivery {
  return { ...told, attempts: [...told.attempts] }
}

function notify(parts: Parts, { endpoint, event, id }: Parameters<Outbox['notify']>[0]): void {
  const { settings, faults, log } = parts
  const fault = faults.take('webhook.deliver', event.data.object.id)
  const body = bodyFor(endpoint, { event, id, indent: settings.indent })
  const copies = fault?.kind === 'duplicate_webhook' ? (fault.copies ?? 1) : 0
  for (let copy = 0; copy <= copies; copy++) {
    const delivery: Open = {
      number: log.length + 1,
      eventId: id,
      type: event.type,
      subject: event.data.object.id,
      url: endpoint.url,
      body,
      state: 'pending',
      attempts: [],
      fault: fault?.kind ?? null,
      endpoint,
      waits: 'turn',
      sending: null,
    }
    log.push(delivery)
    start(parts, { delivery, fault })
  }
}

function start(
  parts: Parts,
  { delivery, fault }: { readonly delivery: Open; readonly fault: StripeWebhookFault | null },
): void {
  if (fault?.kind === 'lost_webhook') {
    delivery.state = 'lost'
    return
  }
  if (fault?.kind === 'late_webhook') delivery.waits = 'late'
  if (fault?.kind === 'out_of_order_webhooks') delivery.waits = 'held'
  const lateBy = (fault?.kind === 'late_webhook' ? fault.delayMs : undefined) ?? DEFAULT_WEBHOOK_DELAY_MS
  plan(parts, { delivery, delayMs: delivery.waits === 'turn' ? 0 : lateBy })
}

function plan(
  parts: Parts,
  { delivery, delayMs }: { readonly delivery: Open; readonly delayMs: number },
): void {
  const seen = delivery.attempts.length
  parts.scheduler.later(delayMs, () => {
    // A flush may have been quicker.
    if (delivery.attempts.length === seen) return attempt(parts, delivery)
  })
}

/** Calls the host once. While a call is under way, asking again waits for that one. */
function attempt(parts: Parts, delivery: Open): Promise<void> {
  if (delivery.state !== 'pending') return Promise.resolve()
  delivery.sending ??= call(parts, delivery).finally(() => {
    delivery.sending = null
  })
  return delivery.sending
}

async function call(parts: Parts, delivery: Open): Promise<void> {
  delivery.waits = 'turn'
  const result = await post(parts, delivery)
  delivery.attempts.push(result)
  const hours = RETRY_HOURS[delivery.attempts.length - 1]
  if (result.status !== null && result.status >= 200 && result.status < 300) delivery.state = 'delivered'
  else if (hours === undefined) delivery.state = 'given_up'
  else plan(parts, { delivery, delayMs: hours * 3_600_000 })
  for (const held of parts.log.filter(({ waits, state }) => waits === 'held' && state === 'pending')) {
    held.waits = 'turn'
    plan(parts, { delivery: held, delayMs: 0 })
  }
}

async function post({ settings, scheduler }: Parts, delivery: Open): Promise<StripeWebhookAttempt> {
  const { url, body, endpoint } = delivery
  const at = scheduler.now()
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'stripe-signature': signStripeWebhook(body, {
      secrets: endpoint.secrets,
      at,
      withTestScheme: settings.withTestScheme,
    }),
  }
  try {
    const response = await settings.deliver(new Request(url, { method: 'POST', headers, body }))
    await response.body?.cancel()
    return { at, status: response.status }
  } catch {
    return { at, status: null }
  }
}

async function flush(parts: Parts, everything: boolean): Promise<readonly StripeDelivery[]> {
  const tried = new Set<Open>()
  const rank = ({ waits }: Open) => (waits === 'turn' ? 0 : 1)
  const next = () =>
    parts.log
      .filter((one) => one.state === 'pending' && !tried.has(one) && (everything || one.waits === 'turn'))
      .sort((a, b) => rank(a) - rank(b) || a.number - b.number)[0]
  for (let delivery = next(); delivery !== undefined; delivery = next()) {
    tried.add(delivery)
    await attempt(parts, delivery)
  }
  return [...tried].map(facts)
}
