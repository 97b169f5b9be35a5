/** Tokens: `POST /oauth/token`. */
import { type EfiAnswer, json, oauthError } from '../answers.ts'
import { type Call, type EfiContext, parseObject, type Route } from '../route.ts'

/** The token endpoint. */
export const oauthRoutes: readonly Route[] = [
  { operation: 'oauth.token', method: 'POST', path: '/oauth/token', scope: null, run: issue },
]

function issue({ settings, state, scheduler, ids }: EfiContext, call: Call): EfiAnswer {
  const { clientId, clientSecret } = settings.credentials
  const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  if (call.headers.authorization !== expected) {
    return oauthError(401, {
      error: 'invalid_client',
      error_description: 'Invalid or inactive credentials',
    })
  }
  if (parseObject(call.body)?.grant_type !== 'client_credentials') {
    return oauthError(400, {
      error: 'unsupported_grant_type',
      error_description: 'Unsupported grant type: expected client_credentials',
    })
  }
  const token = ids.token()
  state.tokens.set(token, scheduler.now().getTime() + settings.tokenLifetimeSeconds * 1000)
  return json(200, {
    access_token: token,
    token_type: 'Bearer',
    expires_in: settings.tokenLifetimeSeconds,
    scope: settings.scopes.join(' '),
  })
}

/** The refusal of a call without a valid token or without the scope, or null when it may pass. */
export function authorise(
  { settings, state, scheduler }: EfiContext,
  { headers, scope }: { readonly headers: Call['headers']; readonly scope: string },
): EfiAnswer | null {
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  if ((state.tokens.get(token) ?? 0) <= scheduler.now().getTime()) {
    return oauthError(401, { error: 'invalid_token', error_description: 'Invalid or expired access token' })
  }
  if (!settings.scopes.includes(scope)) {
    return oauthError(403, {
      error: 'insufficient_scope',
      error_description: 'Access token has insufficient scope',
    })
  }
  return null
}
