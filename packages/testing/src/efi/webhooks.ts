/** Webhooks on their way to the host: first calls, retries, and what faults make of them. */

import { DEFAULT_WEBHOOK_DELAY_MS, type EfiFaultPlan, type EfiWebhookFault } from './faults.ts'
import type { Deliver, EfiRefusal } from './options.ts'
import type { WebhookConfig } from './records.ts'
import type { Scheduler } from './scheduler.ts'
import { testBody } from './webhook-bodies.ts'

/** One webhook and what became of it. */
export interface WebhookDelivery {
  /** Counts from 1 in the order in which they arose. */
  readonly number: number
  /**
   * `test`: the call at registration. `returned`: money came back from a send. `refunded`: a received Pix was given back,
   * in part or whole.
   */
  readonly topic: 'test' | 'sent' | 'returned' | 'received' | 'refunded' | 'rec' | 'cobr'
  readonly idEnvio: string | null
  /** What it is about: an idEnvio, an end-to-end id, an idRec or a txid. */
  readonly subject: string | null
  /** With Efí's suffix. */
  readonly url: string
  readonly body: string
  /** `given_up`: the last retry failed. `lost`: a fault made it vanish. */
  readonly state: 'pending' | 'delivered' | 'given_up' | 'lost'
  readonly attempts: readonly WebhookAttempt[]
  /** The kind of the fault that was injected. */
  readonly fault: string | null
}

/** One call of a webhook. */
export interface WebhookAttempt {
  readonly at: Date
  readonly presentsCertificate: boolean
  /** The host's answer, or null when none came. */
  readonly status: number | null
  /** Why no answer came. */
  readonly error: string | null
}

/** Something to tell the host. */
export interface Notification {
  readonly topic: Exclude<WebhookDelivery['topic'], 'test'>
  readonly subject: string
  /** Of a send. */
  readonly idEnvio: string | null
  /** Where it goes; without it nobody is told. */
  readonly config: WebhookConfig | undefined
  readonly suffix: 'pix' | 'rec' | 'cobr'
  /** The true amount, in cents. */
  readonly amount: bigint
  /** The body that tells this amount, in cents. */
  body(told: bigint): object
  /** False for a re-send, which is tried once. */
  readonly retries: boolean
}

/** The webhooks of the fake. */
export interface Outbox {
  /** Sends a webhook, if there is where to. */
  notify(notification: Notification): void
  /** The calls at registration. Null when the host passed them, else how Efí refuses. */
  test(config: WebhookConfig): Promise<EfiRefusal | null>
  flush(options: { readonly everything: boolean }): Promise<readonly WebhookDelivery[]>
  readonly log: readonly WebhookDelivery[]
}

/** Efí's table: minutes until the next try. Whether they are gaps or offsets is not said; here they are gaps. */
const RETRY_MINUTES: readonly number[] = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 52560]

/** The address Efí calls from. */
const EFI_ADDRESS = '34.193.116.226'

type Open = { -readonly [K in keyof WebhookDelivery]: WebhookDelivery[K] } & {
  readonly attempts: WebhookAttempt[]
  readonly retries: boolean
  /** `late` and `held` ones stay away from an ordinary flush. */
  waits: 'turn' | 'late' | 'held'
  sending: Promise<void> | null
}

interface Parts {
  readonly scheduler: Scheduler
  readonly faults: EfiFaultPlan
  readonly deliver: Deliver
}

/** An empty outbox. */
export function createOutbox(parts: Parts): Outbox {
  const log: Open[] = []
  return {
    notify: (notification) => notify(parts, { log, notification }),
    test: (config) => test(parts, { log, config }),
    flush: (options) => flush(parts, { log, ...options }),
    get log() {
      return log.map(facts)
    },
  }
}

/** A copy without what only the outbox needs. */
function facts({
  number,
  topic,
  idEnvio,
  subject,
  url,
  body,
  state,
  attempts,
  fault,
}: Open): WebhookDelivery {
  return { number, topic, idEnvio, subject, url, body, state, attempts: [...attempts], fault }
}

function notify(parts: Parts, { log, notification }: { log: Open[]; notification: Notification }): void {
  const { topic, idEnvio, subject, config, suffix, amount, body, retries } = notification
  if (config === undefined) return
  const fault = parts.faults.take('webhook.deliver', subject)
  const told = fault?.kind === 'wrong_amount_webhook' ? (fault.amount ?? amount + 1n) : amount
  const text = JSON.stringify(body(told))
  const copies = fault?.kind === 'duplicate_webhook' ? (fault.copies ?? 1) : 0
  for (let copy = 0; copy <= copies; copy++) {
    const delivery = open(log, {
      topic,
      idEnvio,
      subject,
      url: `${config.webhookUrl}/${suffix}`,
      body: text,
      retries,
    })
    delivery.fault = fault?.kind ?? null
    start(parts, { log, delivery, fault })
  }
}

function open(
  log: Open[],
  given: Pick<Open, 'topic' | 'idEnvio' | 'subject' | 'url' | 'body' | 'retries'>,
): Open {
  const rest = { state: 'pending', attempts: [], fault: null, waits: 'turn', sending: null } as const
  const delivery: Open = { number: log.length + 1, ...given, ...rest, attempts: [] }
  log.push(delivery)
  return delivery
}

function start(
  parts: Parts,
  { log, delivery, fault }: { log: Open[]; delivery: Open; fault: EfiWebhookFault | null },
): void {
  if (fault?.kind === 'lost_webhook') {
    delivery.state = 'lost'
    return
  }
  if (fault?.kind === 'late_webhook') delivery.waits = 'late'
  if (fault?.kind === 'out_of_order_webhooks') delivery.waits = 'held'
  const lateBy = (fault?.kind === 'late_webhook' ? fault.delayMs : undefined) ?? DEFAULT_WEBHOOK_DELAY_MS
  plan(parts, { log, delivery, delayMs: delivery.waits === 'turn' ? 0 : lateBy })
}

function plan(
  parts: Parts,
  { log, delivery, delayMs }: { log: Open[]; delivery: Open; delayMs: number },
): void {
  const seen = delivery.attempts.length
  parts.scheduler.later(delayMs, () => {
    // A flush may have been quicker.
    if (delivery.attempts.length === seen) return attempt(parts, { log, delivery })
  })
}

/** Calls the host once. While a call is under way, asking again waits for that one. */
function attempt(parts: Parts, { log, delivery }: { log: Open[]; delivery: Open }): Promise<void> {
  if (delivery.state !== 'pending') return Promise.resolve()
  delivery.sending ??= call(parts, { log, delivery }).finally(() => {
    delivery.sending = null
  })
  return delivery.sending
}

async function call(parts: Parts, { log, delivery }: { log: Open[]; delivery: Open }): Promise<void> {
  delivery.waits = 'turn'
  const result = await post(parts, { url: delivery.url, body: delivery.body, presentsCertificate: true })
  delivery.attempts.push(result)
  const minutes = delivery.retries ? RETRY_MINUTES[delivery.attempts.length - 1] : undefined
  if (isSuccess(result)) delivery.state = 'delivered'
  else if (minutes === undefined) delivery.state = 'given_up'
  else plan(parts, { log, delivery, delayMs: minutes * 60_000 })
  for (const held of log.filter((other) => other.waits === 'held' && other !== delivery)) {
    held.waits = 'turn'
    plan(parts, { log, delivery: held, delayMs: 0 })
  }
}

async function flush(
  parts: Parts,
  { log, everything }: { log: Open[]; everything: boolean },
): Promise<readonly WebhookDelivery[]> {
  const tried = new Set<Open>()
  const rank = (delivery: Open) => (delivery.waits === 'turn' ? 0 : 1)
  const next = () =>
    log
      .filter(
        (other) => other.state === 'pending' && !tried.has(other) && (everything || other.waits === 'turn'),
      )
      .sort((a, b) => rank(a) - rank(b) || a.number - b.number)[0]
  for (let delivery = next(); delivery !== undefined; delivery = next()) {
    tried.add(delivery)
    await attempt(parts, { log, delivery })
  }
  return [...tried].map(facts)
}

async function test(
  parts: Parts,
  { log, config }: { log: Open[]; config: WebhookConfig },
): Promise<EfiRefusal | null> {
  const url = config.webhookUrl
  const body = JSON.stringify(testBody(parts.scheduler.now()))
  const delivery = open(log, { topic: 'test', idEnvio: null, subject: null, url, body, retries: false })
  delivery.state = 'given_up'
  if (!config.skipMtls) {
    const bare = await post(parts, { url, body, presentsCertificate: false })
    delivery.attempts.push(bare)
    if (isSuccess(bare)) return invalid('A autenticação de TLS mútuo não está configurada na URL informada')
  }
  const result = await post(parts, { url, body, presentsCertificate: true })
  delivery.attempts.push(result)
  if (isSuccess(result)) {
    delivery.state = 'delivered'
    return null
  }
  if (result.status !== null) return invalid(`A URL informada respondeu com o código HTTP ${result.status}`)
  if (result.error === 'TimeoutError') return invalid('A URL informada atingiu o tempo limite de resposta')
  if (/^(ECONNREFUSED|ENOTFOUND)$/.test(result.error ?? ''))
    return invalid('A URL informada está inacessível')
  return invalid(`A requisição na URL informada falhou com o erro: ${result.error}`)
}

async function post(
  { deliver, scheduler }: Parts,
  { url, body, presentsCertificate }: { url: string; body: string; presentsCertificate: boolean },
): Promise<WebhookAttempt> {
  const attempt = { at: scheduler.now(), presentsCertificate }
  const headers = { 'content-type': 'application/json' }
  try {
    const request = new Request(url, { method: 'POST', headers, body })
    const response = await deliver(request, { presentsCertificate, address: EFI_ADDRESS })
    await response.body?.cancel()
    return { ...attempt, status: response.status, error: null }
  } catch (error) {
    return { ...attempt, status: null, error: nameOf(error) }
  }
}

/** The system's code where there is one, else the error's name. */
function nameOf(error: unknown): string {
  const { cause, code, name } = error as { cause?: { code?: unknown }; code?: unknown; name?: unknown }
  const found = [cause?.code, code, name].find((text) => typeof text === 'string')
  return typeof found === 'string' ? found : 'unknown'
}

function isSuccess({ status }: WebhookAttempt): boolean {
  return status !== null && status >= 200 && status < 300
}

function invalid(mensagem: string): EfiRefusal {
  return { status: 400, nome: 'webhook_invalido', mensagem }
}
