import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { RawDelivery } from '@lastro/core/spec'
import { createCertificates } from '@lastro/testing/efi'
import { exportJWK, SignJWT } from 'jose'
import { delay, type HttpHandler, HttpResponse, http } from 'msw'
import { parse } from 'yaml'
import { type OpenFinanceInstitution, type OpenFinanceOptions, openFinance } from '../src/index.ts'

/** Made once per file: they take a second. */
export const certificates = await createCertificates()
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2_048 })
export const bankKeys = rsa()
export const otherKeys = rsa()
export const ourKeys = rsa()
export const OUR_KEY = ourKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicJwk = async (keys: typeof bankKeys, kid: string) => ({
  ...(await exportJWK(keys.publicKey)),
  kid,
})
export const JWKS = { keys: [await publicJwk(bankKeys, 'k-2026-01')] }
export const ROTATED = { keys: [...JWKS.keys, await publicJwk(otherKeys, 'k-2026-02')] }

export const US = '0b7f2c1d-1111-4a6b-8c7d-9e0f1a2b3c4d'
export const BANK = '6f1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'
export const SUBJECT = `CN=webhook.banco.example,UID=ss-1,O=Banco Exemplo\\, S.A.,organizationIdentifier=OFBBR-${BANK},C=BR`
export const API = 'https://api.banco.example/open-banking'
export const TOKEN = 'https://mtls.banco.example/token'
export const DIRECTORY = 'https://keystore.example/bank.jwks'
export const CONSENT = 'urn:bancoex:C1DD33123'
export const PAYMENT = 'TXpRMU9UQTROMWhZV2xSU1FUazJSMDl'
export const E2E = 'E12345678202608011503a1b2c3d4e5f'

/** A minute after the news, where nothing of it is young any more and no signature is old. */
export const NOW = '2026-08-01T15:04:08Z'

/** A clock that stands still until it is moved. */
export function handClock(start = NOW) {
  let nowMs = Date.parse(start)
  return {
    now: () => new Date(nowMs),
    advance: (ms: number) => {
      nowMs += ms
    },
  }
}

export const institution = (given: Partial<OpenFinanceInstitution> = {}): OpenFinanceInstitution => ({
  organisationId: BANK,
  clientId: 'client-at-the-bank',
  baseUrl: API,
  tokenEndpoint: TOKEN,
  jwks: JWKS,
  ...given,
})

let uuids = 0
/** Options that are right. */
export const optionsFor = (given: Partial<OpenFinanceOptions> = {}): OpenFinanceOptions => ({
  organisationId: US,
  certificate: { ...certificates.client, ca: certificates.ca },
  clientAuthentication: { method: 'private_key_jwt', key: OUR_KEY, keyId: 'ours-1' },
  institutions: [institution()],
  clock: handClock(),
  randomUuid: () => {
    uuids += 1
    return `00000000-0000-4000-8000-${`${uuids}`.padStart(12, '0')}`
  },
  ...given,
})

export const setUp = (given: Partial<OpenFinanceOptions> = {}) => openFinance(optionsFor(given))

export const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

export const BODY = { data: { timestamp: '2026-08-01T15:03:08Z' } }
export const PATHS: Readonly<Record<string, string>> = {
  'payments/consents': `payments/v4/consents/${encodeURIComponent(CONSENT)}`,
  'payments/pix/payments': `payments/v5/pix/payments/${PAYMENT}`,
  'automatic-payments/recurring-consents': `automatic-payments/v2/recurring-consents/${CONSENT}`,
  'automatic-payments/pix/recurring-payments': `automatic-payments/v2/pix/recurring-payments/${PAYMENT}`,
  'enrollments/enrollments': `enrollments/v2/enrollments/${encodeURIComponent(CONSENT)}`,
}
export const urlOf = (path: string) => `/webhooks/open-finance/open-banking/webhook/v1/${path}`

/** A notification as an institution makes it. */
export function delivery(topic = 'payments/pix/payments', given: Partial<RawDelivery> = {}): RawDelivery {
  return {
    method: 'POST',
    url: urlOf(PATHS[topic] ?? topic),
    headers: { 'content-type': 'application/json', 'x-webhook-interaction-id': 'a1b2-1' },
    body: bytes(BODY),
    receivedAt: new Date('2026-08-01T15:03:09Z'),
    peer: { certificateVerified: true, certificateSubject: SUBJECT },
    ...given,
  }
}

/** A resource of each type, as the API tells it. */
export function resource(topic: string, given: object = {}): Record<string, unknown> {
  const common = {
    creationDateTime: '2026-08-01T15:03:05Z',
    statusUpdateDateTime: '2026-08-01T15:03:08Z',
  }
  const payment = {
    ...common,
    status: 'ACSC',
    endToEndId: E2E,
    payment: { amount: '149.90', currency: 'BRL' },
    localInstrument: 'DICT',
    proxy: 'maria@example.com',
    debtorAccount: { ispb: '87654321', issuer: '0001', number: '998877', accountType: 'CACC' },
  }
  const made: Readonly<Record<string, Record<string, unknown>>> = {
    'payments/pix/payments': { ...payment, paymentId: PAYMENT, consentId: CONSENT },
    'automatic-payments/pix/recurring-payments': {
      ...payment,
      recurringPaymentId: PAYMENT,
      recurringConsentId: CONSENT,
      date: '2026-08-01',
    },
    'payments/consents': { ...common, consentId: CONSENT, status: 'CONSUMED' },
    'automatic-payments/recurring-consents': {
      ...common,
      recurringConsentId: CONSENT,
      status: 'REVOKED',
      revocation: { revokedBy: 'USUARIO', reason: { code: 'REVOGADO_USUARIO', detail: 'Maria said so' } },
    },
    'enrollments/enrollments': {
      ...common,
      enrollmentId: CONSENT,
      status: 'REJECTED',
      cancellation: { reason: { rejectionReason: 'REJEITADO_MANUALMENTE' } },
    },
  }
  return { ...made[topic], ...given }
}

interface Signing {
  readonly keys?: typeof bankKeys
  readonly kid?: string
  readonly alg?: string
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A signed answer. */
export async function signed(data: unknown, given: Signing = {}): Promise<Response> {
  const claims = {
    iss: BANK,
    aud: US,
    iat: Date.parse(NOW) / 1_000,
    jti: '0c5a7f0e-2f0b-4a66-9a9a-0b1c2d3e4f50',
    ...given.claims,
  }
  const jwt = await new SignJWT({ data, links: { self: 'x' }, meta: {}, ...claims })
    .setProtectedHeader({ alg: given.alg ?? 'PS256', kid: given.kid ?? 'k-2026-01', typ: 'JWT' })
    .sign((given.keys ?? bankKeys).privateKey)
  return new HttpResponse(jwt, { headers: { 'content-type': 'application/jwt; charset=utf-8' } })
}

export interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly form: Readonly<Record<string, string>>
}
export type Script = Readonly<Record<string, readonly (() => Response | Promise<Response>)[]>>

/** Institutions and a Directory that say what they are told to, in order; the last answer is repeated. */
export function scripted(script: Script): { readonly handler: HttpHandler; readonly asked: Asked[] } {
  const asked: Asked[] = []
  const left = new Map(Object.entries(script).map(([url, answers]) => [url, [...answers]]))
  let tokens = 0
  const handler = http.all('*', async ({ request }) => {
    const text = request.method === 'POST' ? await request.text() : ''
    asked.push({
      url: request.url,
      headers: Object.fromEntries(request.headers),
      form: Object.fromEntries(new URLSearchParams(text)),
    })
    const answers = left.get(request.url)
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]
    if (answer !== undefined) return answer()
    if (request.url.endsWith('/token')) {
      tokens += 1
      return HttpResponse.json({ access_token: `token-${tokens}`, token_type: 'Bearer', expires_in: 300 })
    }
    return HttpResponse.json({ errors: [{ code: 'NAO_ENCONTRADO' }] }, { status: 404 })
  })
  return { handler, asked }
}

/** An answer that never comes. */
export const never = async (): Promise<Response> => {
  await delay('infinite')
  return HttpResponse.json({})
}

/** A specification, which is not in this repository: null where it cannot be found. */
export function readSpec(name: string): unknown {
  const folder =
    process.env.LASTRO_SPECS ?? fileURLToPath(new URL('../../../../shared/providers/specs', import.meta.url))
  const file = `${folder}/${name}`
  if (existsSync(file)) return parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  console.info(`skipped: ${file} is not here, so nothing is compared with it.`)
  return null
}
