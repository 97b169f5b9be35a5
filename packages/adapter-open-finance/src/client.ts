import {
  type Answered,
  createHttp,
  createTokenCache,
  type Failed,
  type Http,
  mtlsDispatcher,
  readError,
  type TokenCache,
} from '@lastro/adapter-kit'
import { type Clock, isProviderError, ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'
import { SignJWT } from 'jose'
import { errorAnswer, tokenAnswer } from './api.ts'
import { createKeys } from './keys.ts'
import { type Institution, revealCertificate, type Settings } from './options.ts'
import { readSigned } from './signed.ts'
import { PROVIDER } from './status.ts'

/** One read of one resource. */
export interface BankRead {
  /** Parts below `/open-banking`, unescaped: each is percent-encoded here. */
  readonly path: readonly string[]
  readonly scope: string
  readonly subject: string
  readonly signal?: AbortSignal | undefined
}

/** One institution's APIs, as far as transport, tokens and signatures go. */
export interface BankClient {
  readonly institution: Institution
  /** A token for a scope. @throws ProviderError when none could be had. */
  token(scope: string, signal?: AbortSignal): Promise<Secret>
  /**
   * The verified `data` of an answer, null for 404. A token that is no longer taken is replaced once.
   * @throws ProviderError for everything else.
   */
  read(call: BankRead): Promise<unknown>
}

/** Access tokens live 300 to 900 seconds (security profile); the least is assumed where it is not told. */
const LEAST_TOKEN_LIFE_SECONDS = 300
const ASSERTION_LIFE_SECONDS = 120

const gaveUp = (): ProviderError =>
  new ProviderError({
    provider: PROVIDER,
    kind: 'unavailable',
    message: 'the wait for a token was given up.',
  })

/** Who we are, in the form that was registered (RFC 7523, RFC 8705). */
async function proofOf(institution: Institution, settings: Settings): Promise<Record<string, string>> {
  const { clientAuthentication: by, clock } = settings
  const { clientId, tokenEndpoint, assertionAudience } = institution
  if (by.method === 'tls_client_auth') return { client_id: clientId }
  const now = Math.floor(clock.now().getTime() / 1_000)
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: 'PS256', kid: by.keyId, typ: 'JWT' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(assertionAudience ?? tokenEndpoint)
    .setJti(settings.randomUuid())
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_LIFE_SECONDS)
    .sign(by.key)
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
}

interface Connections {
  readonly settings: Settings
  /** With our certificate: to the institutions. */
  readonly mtls: Http
  /** Without it: the Directory publishes keys to everybody, so our certificate is not shown there. */
  readonly directory: Http
}

function errorOf(result: Answered | Failed, facts: { readonly subject: string; readonly clock: Clock }) {
  const said = result.kind === 'answered' ? errorAnswer.safeParse(result.json).data?.errors[0]?.code : null
  const isPlain = typeof said === 'string' && /^[A-Z0-9_]{1,80}$/.test(said)
  return readError({ provider: PROVIDER, result, ...facts, ...(isPlain ? { said } : {}) })
}

/** Tokens of one institution for one scope. */
function tokensOf(
  { settings, mtls }: Connections,
  { institution, scope }: { readonly institution: Institution; readonly scope: string },
): TokenCache {
  const { clock } = settings
  return createTokenCache({
    clock,
    fetchToken: async () => {
      const form = { grant_type: 'client_credentials', scope, ...(await proofOf(institution, settings)) }
      const result = await mtls({
        method: 'POST',
        url: institution.tokenEndpoint,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams(form).toString(),
      })
      const isFine = result.kind === 'answered' && result.status === 200
      const parsed = tokenAnswer.safeParse(isFine ? result.json : null)
      if (!parsed.success) throw errorOf(result, { subject: 'a token', clock })
      const seconds = parsed.data.expires_in ?? LEAST_TOKEN_LIFE_SECONDS
      return { token: secret(parsed.data.access_token), expiresInMs: seconds * 1_000 }
    },
  })
}

function createBankClient(connections: Connections, institution: Institution): BankClient {
  const { settings, mtls, directory } = connections
  const { clock } = settings
  const caches = new Map<string, TokenCache>()
  const keys = createKeys({
    jwks: institution.jwks,
    http: directory,
    clock,
    maxAgeMs: settings.jwksMaxAgeMs,
  })
  const tokens = (scope: string): TokenCache => {
    const cache = caches.get(scope) ?? tokensOf(connections, { institution, scope })
    caches.set(scope, cache)
    return cache
  }
  const token: BankClient['token'] = (scope, signal) =>
    tokens(scope)
      .get(signal)
      .catch((error: unknown) => {
        throw isProviderError(error) ? error : gaveUp()
      })

  const attempt = async ({ path, scope, signal }: BankRead): Promise<Answered | Failed> => {
    const held = await token(scope, signal)
    const result = await mtls({
      method: 'GET',
      url: `${institution.baseUrl}/${path.map(encodeURIComponent).join('/')}`,
      headers: {
        accept: 'application/jwt, application/json',
        authorization: `Bearer ${reveal(held)}`,
        'x-fapi-interaction-id': settings.randomUuid(),
      },
      ...(signal === undefined ? {} : { signal }),
    })
    if (result.kind === 'answered' && result.status === 401) tokens(scope).drop(held)
    return result
  }

  return {
    institution,
    token,
    async read(call) {
      const { subject } = call
      let result = await attempt(call)
      if (result.kind === 'answered' && result.status === 401) result = await attempt(call)
      if (result.kind === 'answered' && result.status === 404) return null
      if (result.kind === 'failed' || result.status !== 200) throw errorOf(result, { subject, clock })
      return readSigned(result, { subject, issuer: institution.organisationId, keys, settings })
    },
  }
}

/** Connects to the institutions. This is the only file that does. */
export function createClients(settings: Settings): readonly BankClient[] {
  const limits = {
    timeoutMs: settings.timeoutMs,
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  }
  const dispatcher = mtlsDispatcher(revealCertificate(settings.certificate))
  const connections = {
    settings,
    mtls: createHttp({ ...limits, dispatcher }),
    directory: createHttp(limits),
  }
  return settings.institutions.map((institution) => createBankClient(connections, institution))
}
