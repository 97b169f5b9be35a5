import {
  type Answered,
  createHttp,
  createTokenCache,
  type Failed,
  parseJson,
  readError,
} from '@lastro/adapter-kit'
import { isProviderError, ProviderError, reveal, secret } from '@lastro/core/spec'
import { apiKeyAnswer, errorAnswer } from './api.ts'
import type { Settings } from './options.ts'
import { PROVIDER } from './status.ts'

/** Two hours (Pluggy's page on authentication). */
const API_KEY_LIFE_MS = 7_200_000
const RENEW_EARLY_MS = 300_000

/** One call to the API. */
export interface PluggyCall {
  readonly method?: 'GET' | 'POST' | 'PATCH'
  /** Parts of the path, unescaped: each is percent-encoded here. */
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** What is asked for, in errors: `the payment request`. */
  readonly subject: string
  readonly signal?: AbortSignal | undefined
}

/** Pluggy's API, as far as transport and API keys go. */
export interface PluggyClient {
  /**
   * Any answer of the API. An API key that it no longer takes is replaced once.
   * @throws ProviderError when there is no answer, or no API key.
   */
  ask(call: PluggyCall): Promise<Answered>
  /** The parsed answer, numbers as texts; null for 404. @throws ProviderError for every other failure. */
  read(call: PluggyCall): Promise<unknown>
  /** The error for an answer that is not the one expected. */
  refuse(answer: Answered, subject: string): ProviderError
}

const isFine = ({ status }: Answered): boolean => status >= 200 && status < 300

/** The caller's signal ended the wait for an API key. */
const gaveUp = (): ProviderError =>
  new ProviderError({
    provider: PROVIDER,
    kind: 'unavailable',
    message: 'the wait for an API key was given up.',
  })

/** 401, and the 403 that Pluggy sends for a key it does not take. Other 403s are about rights. */
function isKeyRefused(result: Answered): boolean {
  if (result.status === 401) return true
  const said = errorAnswer.safeParse(result.json)
  return result.status === 403 && said.success && /authorization token/i.test(said.data.message ?? '')
}

/** Connects to Pluggy. This is the only file that does. */
export function createClient(settings: Settings): PluggyClient {
  const { baseUrl, clientId, clientSecret, clock } = settings
  const http = createHttp({
    timeoutMs: settings.timeoutMs,
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  })

  const errorOf = (result: Answered | Failed, subject: string): ProviderError => {
    const said = result.kind === 'answered' ? errorAnswer.safeParse(result.json).data?.codeDescription : null
    const isPlain = typeof said === 'string' && /^[A-Z0-9_]{1,80}$/.test(said)
    return readError({ provider: PROVIDER, subject, result, clock, ...(isPlain ? { said } : {}) })
  }

  const keys = createTokenCache({
    clock,
    renewEarlyMs: RENEW_EARLY_MS,
    fetchToken: async () => {
      const result = await http({
        method: 'POST',
        url: `${baseUrl}/auth`,
        json: { clientId, clientSecret: reveal(clientSecret) },
      })
      const parsed = apiKeyAnswer.safeParse(result.kind === 'answered' && isFine(result) ? result.json : null)
      if (!parsed.success) throw errorOf(result, 'an API key')
      return { token: secret(parsed.data.apiKey), expiresInMs: API_KEY_LIFE_MS }
    },
  })

  const attempt = async ({ method, path, query, json, signal }: PluggyCall) => {
    const key = await keys.get(signal).catch((error: unknown) => {
      throw isProviderError(error) ? error : gaveUp()
    })
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
    const result = await http({
      method: method ?? 'GET',
      url: `${baseUrl}/${path.map(encodeURIComponent).join('/')}${search}`,
      headers: { 'x-api-key': reveal(key) },
      ...(json === undefined ? {} : { json }),
      ...(signal === undefined ? {} : { signal }),
    })
    const isRefused = result.kind === 'answered' && isKeyRefused(result)
    if (isRefused) keys.drop(key)
    return { result, isRefused }
  }

  const ask: PluggyClient['ask'] = async (call) => {
    let { result, isRefused } = await attempt(call)
    if (isRefused) ({ result, isRefused } = await attempt(call))
    if (result.kind === 'failed' || isRefused) throw errorOf(result, call.subject)
    return result
  }

  return {
    ask,
    async read(call) {
      const answer = await ask(call)
      if (answer.status === 404) return null
      const parsed = isFine(answer) ? parseJson(answer.bytes, { numbers: 'text' }) : { kind: 'not_json' }
      if (parsed.kind !== 'json' || !('value' in parsed)) throw errorOf(answer, call.subject)
      return parsed.value
    },
    refuse: errorOf,
  }
}
