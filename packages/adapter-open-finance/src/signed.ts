import type { Answered } from '@lastro/adapter-kit'
import { isProviderError, ProviderError } from '@lastro/core/spec'
import { type JWTVerifyGetKey, jwtVerify } from 'jose'
import { envelope } from './api.ts'
import type { Settings } from './options.ts'
import { PROVIDER } from './status.ts'

const refuse = (subject: string, why: string): ProviderError =>
  new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message: `${subject} ${why}.` })

const codeOf = (error: unknown): string => {
  const code: unknown = Reflect.get(Object(error), 'code')
  return typeof code === 'string' && /^ERR_[A-Z_]{1,60}$/.test(code) ? code : 'unexplained'
}

/**
 * The `data` of a signed answer (security profile, payload signatures): PS256 with a key of the institution, made by
 * it, for us, within the tolerance of our clock.
 * @throws ProviderError `unexpected_answer` when any of that is not so, and for an answer that is not signed.
 */
export async function readSigned(
  answer: Answered,
  expected: {
    readonly subject: string
    readonly issuer: string
    readonly keys: JWTVerifyGetKey
    readonly settings: Settings
  },
): Promise<unknown> {
  const { subject, issuer, keys, settings } = expected
  const type = answer.headers['content-type'] ?? ''
  if (!/^application\/jwt\s*(;|$)/i.test(type)) throw refuse(subject, 'came unsigned')
  const toleranceMs = settings.clockToleranceMs
  const now = settings.clock.now()
  const verified = await jwtVerify(answer.text.trim(), keys, {
    algorithms: ['PS256'],
    issuer,
    audience: settings.organisationId,
    currentDate: now,
    clockTolerance: Math.ceil(toleranceMs / 1_000),
    requiredClaims: ['iat', 'jti'],
  }).catch((error: unknown) => {
    throw isProviderError(error) ? error : refuse(subject, `came with a bad signature (${codeOf(error)})`)
  })
  const { iat = 0 } = verified.payload
  if (Math.abs(now.getTime() - iat * 1_000) > toleranceMs)
    throw refuse(subject, 'was signed at another time than now')
  return envelope.parse(verified.payload).data
}
