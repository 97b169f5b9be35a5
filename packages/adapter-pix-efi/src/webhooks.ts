import { equalsAnyConstantTime, sha256Hex } from '@lastro/adapter-kit'
import {
  ProviderError,
  type RawDelivery,
  type RejectReason,
  reveal,
  type Verdict,
  type WebhookSource,
} from '@lastro/core/spec'
import { readBody } from './body.ts'
import type { EfiClient } from './client.ts'
import { EVENT_TYPES } from './event-types.ts'
import { lookUp } from './look-up.ts'
import { PROVIDER } from './map.ts'
import type { Settings } from './options.ts'
import { readRefusal } from './refusal.ts'
import { translate } from './translate.ts'
import { isSafeUrl } from './url.ts'

type WebhookSettings = Settings['webhook']
type MtlsSettings = Extract<WebhookSettings, { mode: 'mtls' }>
type HmacSettings = Extract<WebhookSettings, { mode: 'hmac' }>

/** Efí groups several Pix in one call and states no limit. */
const MAX_BODY_BYTES = 1_048_576

/**
 * The one value of a query parameter exactly as sent, or null when it is absent or there are several. Nothing is
 * decoded or repaired: `hmac=secret/pix`, which a URL without `ignorar=` brings about, is not `hmac=secret`.
 */
function exactParameter(url: string, name: string): string | null {
  const start = url.indexOf('?')
  const pairs = start < 0 ? [] : url.slice(start + 1).split('&')
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`))
  return values.length === 1 ? (values[0] ?? '').slice(name.length + 1) : null
}

/** The common name in a subject: `CN=webhook.efipay.com.br, O=…`, `/O=…/CN=…`, or the bare name. */
function commonNameOf(subject: string): string {
  if (!subject.includes('=')) return subject.trim()
  const names = subject.split(/[,/+\n]/).flatMap((part) => /^\s*CN\s*=\s*(.*?)\s*$/i.exec(part)?.[1] ?? [])
  return names.length === 1 ? (names[0] ?? '') : ''
}

function checkMtls({ peer }: RawDelivery, { subject }: MtlsSettings): RejectReason | null {
  if (peer?.certificateVerified !== true) return 'bad_signature'
  if (subject === undefined) return null
  return commonNameOf(peer.certificateSubject ?? '') === subject ? null : 'foreign'
}

function checkHmac({ url, peer }: RawDelivery, settings: HmacSettings): RejectReason | null {
  const { allowedAddresses, secrets } = settings
  // An IPv4 caller on a socket that speaks both shows as ::ffff:a.b.c.d.
  const address = (peer?.address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  if (allowedAddresses.length > 0 && !allowedAddresses.includes(address)) return 'foreign'
  const given = exactParameter(url, 'hmac')
  return given !== null && equalsAnyConstantTime(given, secrets.map(reveal)) ? null : 'bad_signature'
}

/** Efí signs no body: what is proven is who calls. The bytes are read only after that. */
function verify(delivery: RawDelivery, settings: WebhookSettings): Verdict {
  const reason = settings.mode === 'mtls' ? checkMtls(delivery, settings) : checkHmac(delivery, settings)
  if (reason !== null) return { kind: 'rejected', reason }
  if (delivery.method !== 'POST' || delivery.body.byteLength > MAX_BODY_BYTES)
    return { kind: 'rejected', reason: 'malformed' }
  const body = readBody(delivery.body)
  if (body.kind === 'malformed') return { kind: 'rejected', reason: 'malformed' }
  const { topic, subject } = body
  // Efí numbers no delivery; the same news comes in the same bytes.
  const deliveryId = sha256Hex(delivery.body)
  return { kind: 'authentic', deliveryId, topic, ...(subject === null ? {} : { subject }) }
}

const refuse = (kind: 'misconfigured' | 'invalid_request', message: string): ProviderError =>
  new ProviderError({ provider: PROVIDER, kind, message })

/**
 * The URL to register. Efí appends `/pix` to whatever it is given, query included: a last parameter `ignorar=` takes
 * it, so that the path and the secret stay as they are.
 */
function webhookUrl(base: string, settings: WebhookSettings): string {
  const url = URL.canParse(base) ? new URL(base) : null
  if (url === null || !isSafeUrl(url)) {
    throw refuse('invalid_request', 'the webhook URL must be https: (http: on loopback only, for tests).')
  }
  if (base.includes('#') || url.searchParams.has('hmac') || url.searchParams.has('ignorar')) {
    throw refuse(
      'invalid_request',
      'the webhook URL must have no fragment, and no hmac or ignorar: they are added here.',
    )
  }
  const [secret] = settings.mode === 'hmac' ? settings.secrets : []
  const added = secret === undefined ? 'ignorar=' : `hmac=${reveal(secret)}&ignorar=`
  return `${url.href}${url.href.includes('?') ? '&' : '?'}${added}`
}

/** Where each kind of news is registered. Those of Pix Automático have no key: there is one of each for the account. */
const pathOf = (kind: Settings['notifications'][number], pixKey: string): readonly string[] =>
  kind === 'pix' ? ['v2', 'webhook', pixKey] : ['v2', `webhook${kind}`]

async function registerOne(
  { client, settings }: { readonly client: EfiClient; readonly settings: Settings },
  call: {
    readonly path: readonly string[]
    readonly webhookUrl: string
    readonly signal?: AbortSignal | undefined
  },
): Promise<void> {
  const subject = 'the webhook to be registered'
  const answer = await client.ask({
    method: 'PUT',
    path: call.path,
    json: { webhookUrl: call.webhookUrl },
    headers: { 'x-skip-mtls-checking': settings.webhook.mode === 'hmac' ? 'true' : 'false' },
    subject,
    signal: call.signal,
  })
  if (answer.status >= 200 && answer.status < 300) return
  if (readRefusal(answer.json).name === 'webhook_invalido') {
    throw refuse(
      'misconfigured',
      'the webhook was refused (webhook_invalido): Efí called the URL and did not get its 2xx.',
    )
  }
  throw client.refuse(answer, subject)
}

async function register(
  context: { readonly client: EfiClient; readonly settings: Settings },
  { url, signal }: { readonly url: string; readonly signal?: AbortSignal },
): Promise<void> {
  const { settings } = context
  const target = webhookUrl(url, settings.webhook)
  for (const kind of settings.notifications) {
    await registerOne(context, { path: pathOf(kind, settings.pixKey), webhookUrl: target, signal })
  }
}

/** What `efi` fills of the port: Efí is content with a plain 200. */
export type EfiWebhooks = Required<Omit<WebhookSource, 'acknowledge'>>

/** Deliveries from Efí. The test call at registration is authentic, and translates to nothing to do. */
export function createWebhooks(client: EfiClient, settings: Settings): EfiWebhooks {
  return {
    specVersion: 1,
    maxBodyBytes: MAX_BODY_BYTES,
    eventTypes: EVENT_TYPES,
    verify: async (delivery) => verify(delivery, settings.webhook),
    translate,
    lookUp: (event, options) => lookUp({ client, signal: options?.signal }, event),
    register: (options) => register({ client, settings }, options),
  }
}
