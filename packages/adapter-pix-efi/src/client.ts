import {
  type Answered,
  createHttp,
  createTokenCache,
  type Failed,
  type HttpRequest,
  mtlsDispatcher,
  readError,
} from '@lastro/adapter-kit'
import { isProviderError, ProviderError, reveal, secret } from '@lastro/core/spec'
import { tokenAnswer } from './api.ts'
import { PROVIDER } from './map.ts'
import { revealCertificate, type Settings } from './options.ts'
import { readRefusal } from './refusal.ts'

/** One call to the Pix API. */
export interface EfiCall {
  readonly method: HttpRequest['method']
  /** Parts of the path, unescaped: each is percent-encoded here. */
  readonly path: readonly string[]
  /** What follows the path; an undefined value is left out. */
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** No token could be had, so the call never began. */
export interface NoToken {
  readonly kind: 'no_token'
  readonly error: ProviderError
}

/** Efí's Pix API, as far as transport and tokens go. */
export interface EfiClient {
  /** One attempt, never an exception: for calls that move money. */
  call(call: EfiCall): Promise<Answered | Failed | NoToken>
  /**
   * For everything else. Any answer is given back; a token that Efí no longer takes is replaced once.
   * @throws ProviderError when there is no answer, or no token.
   */
  ask(call: EfiCall & { readonly subject: string }): Promise<Answered>
  /** The error for an answer that is not the one expected. */
  refuse(answer: Answered, subject: string): ProviderError
}

/** Connects to Efí. This is the only file that does. */
export function createClient(settings: Settings): EfiClient {
  const { clock, baseUrl } = settings
  const http = createHttp({
    timeoutMs: settings.timeoutMs,
    dispatcher: mtlsDispatcher(revealCertificate(settings.certificate)),
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  })

  const errorOf = (result: Answered | Failed, subject: string): ProviderError => {
    const said = result.kind === 'answered' ? readRefusal(result.json).name : null
    return readError({ provider: PROVIDER, subject, result, clock, ...(said === null ? {} : { said }) })
  }

  const tokens = createTokenCache({
    clock,
    fetchToken: async () => {
      const credentials = `${settings.clientId}:${reveal(settings.clientSecret)}`
      const result = await http({
        method: 'POST',
        url: `${baseUrl}/oauth/token`,
        headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
        json: { grant_type: 'client_credentials' },
      })
      const isFine = result.kind === 'answered' && result.status >= 200 && result.status < 300
      const parsed = tokenAnswer.safeParse(isFine ? result.json : null)
      if (!parsed.success) throw errorOf(result, 'a token')
      return { token: secret(parsed.data.access_token), expiresInMs: parsed.data.expires_in * 1_000 }
    },
  })

  const call: EfiClient['call'] = async ({ path, query, signal, ...rest }) => {
    const token = await tokens
      .get(signal)
      .catch((error: unknown) => (isProviderError(error) ? error : gaveUp()))
    if (isProviderError(token)) return { kind: 'no_token', error: token }
    const request: HttpRequest = {
      ...rest,
      url: `${baseUrl}/${path.map(encodeURIComponent).join('/')}${queryText(query ?? {})}`,
      headers: { ...rest.headers, authorization: `Bearer ${reveal(token)}` },
      ...(signal === undefined ? {} : { signal }),
    }
    const result = await http(request)
    if (result.kind === 'answered' && result.status === 401) tokens.drop(token)
    return result
  }

  return {
    call,
    async ask({ subject, ...request }) {
      let result = await call(request)
      if (result.kind === 'answered' && result.status === 401) result = await call(request)
      if (result.kind === 'no_token') throw result.error
      if (result.kind === 'failed') throw errorOf(result, subject)
      return result
    },
    refuse: errorOf,
  }
}

function queryText(query: NonNullable<EfiCall['query']>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** The caller's signal ended the wait for a token. */
const gaveUp = (): ProviderError =>
  new ProviderError({
    provider: PROVIDER,
    kind: 'unavailable',
    message: 'the wait for a token was given up.',
  })
