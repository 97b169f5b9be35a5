import { type Answered, createHttp, type HttpResult, parseJson, readError } from '@lastro/adapter-kit'
import { ProviderError, type Secret } from '@lastro/core/spec'
import { refusal, success } from './api.ts'
import type { Settings } from './options.ts'
import { type HeleketPath, KEY_OF } from './paths.ts'
import { PROVIDER } from './provider.ts'
import { signatureOf } from './signature.ts'

/** One call to the API. */
export interface HeleketCall {
  readonly path: HeleketPath
  /** Left out where a call has no parameters: `{}` signs otherwise than no body. */
  readonly json?: Readonly<Record<string, unknown>>
  /** What is asked for, in errors: `the payment`. */
  readonly subject: string
  readonly signal?: AbortSignal | undefined
}

/** Heleket's API, as far as transport and signatures go. */
export interface HeleketClient {
  /**
   * Signs exactly the bytes that it sends, with the key of the path.
   * @throws ProviderError `misconfigured` when no key of that kind was given.
   */
  send(call: HeleketCall): Promise<HttpResult>
  /** `result` of a success, numbers as texts; null when it is absent. @throws ProviderError for every other answer. */
  read(call: HeleketCall): Promise<unknown>
}

/** Messages that Heleket is known to send (doc.heleket.com; Go SDK). Others are not shown: they may repeat what was sent. */
const KNOWN_MESSAGES: ReadonlySet<string> = new Set([
  'Wrong key',
  'You are forbidden',
  'The network was not found',
])

const isFine = ({ status }: Answered): boolean => status >= 200 && status < 300

const parsedOf = (answer: Answered): unknown => {
  const parsed = parseJson(answer.bytes, { numbers: 'text' })
  return parsed.kind === 'json' ? parsed.value : undefined
}

/** What may be shown of a refusal: a known message, or the names of our own fields that broke a rule. */
function saidOf(answer: Answered, { json = {} }: HeleketCall): string | null {
  const said = refusal.safeParse(parsedOf(answer)).data
  if (said === undefined) return null
  if (KNOWN_MESSAGES.has(said.message ?? '')) return said.message ?? null
  const fields = Object.keys(said.errors ?? {}).filter((name) => Object.hasOwn(json, name))
  return fields.length === 0 ? null : fields.join(', ')
}

const isRefusal = (answer: Answered): boolean => refusal.safeParse(parsedOf(answer)).success

/** Connects to Heleket. This is the only file that does. */
export function createClient(settings: Settings): HeleketClient {
  const { baseUrl, merchantId, clock } = settings
  const http = createHttp({
    timeoutMs: settings.timeoutMs,
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  })

  const keyFor = (path: HeleketPath): Secret => {
    const kind = KEY_OF[path]
    const [key] = kind === 'payout' ? settings.payoutKeys : settings.paymentKeys
    if (key !== undefined) return key
    const message = `options.${kind}Keys: ${path} needs a ${kind} key, and none was given.`
    throw new ProviderError({ provider: PROVIDER, kind: 'misconfigured', message })
  }

  const send: HeleketClient['send'] = async ({ path, json, signal }) => {
    const key = keyFor(path)
    const body = json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(json))
    return http({
      method: 'POST',
      url: baseUrl + path,
      headers: {
        merchant: merchantId,
        sign: signatureOf(body ?? '', key),
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
  }

  return {
    send,
    async read(call) {
      const result = await send(call)
      const { subject } = call
      const said = result.kind === 'answered' ? saidOf(result, call) : null
      const error = readError({
        provider: PROVIDER,
        subject,
        result,
        clock,
        ...(said === null ? {} : { said }),
      })
      if (result.kind === 'failed') throw error
      // A page of a proxy is no word of Heleket's: only its own refusal says that something is not there.
      if (result.status === 404 && isRefusal(result)) return null
      if (!isFine(result)) throw error
      const parsed = success.safeParse(parsedOf(result))
      if (parsed.success) return parsed.data.result
      if (!isRefusal(result)) throw error
      const message = `asking for ${subject} was refused${said === null ? '' : ` (${said})`}.`
      const { status } = result
      throw new ProviderError({ provider: PROVIDER, kind: 'invalid_request', message, status })
    },
  }
}
