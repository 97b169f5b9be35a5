export { isCertificateRefused, provesUnsent, type TransportError, transportError } from './causes.ts'
export { type DecimalFormat, decimalFormat } from './decimal.ts'
export {
  type Answered,
  createHttp,
  type Failed,
  type Http,
  type HttpOptions,
  type HttpRequest,
  type HttpResult,
} from './http.ts'
export { jsonNumber, type ParsedJson, parseJson } from './json.ts'
export { type ClientCertificate, checkClientCertificate, mtlsDispatcher } from './mtls.ts'
export { type MoneyCallPolicy, moneyAnswer, type NotSentBecause, notSent, unknownAnswer } from './outcome.ts'
export { type Page, walkPages } from './pages.ts'
export { type RetryReadOptions, readError, retryRead } from './reads.ts'
export { retryAfterMs } from './retry-after.ts'
export {
  createHmacKey,
  equalsAnyConstantTime,
  equalsConstantTime,
  equalsTextAt,
  type HmacHash,
  type HmacKey,
  hmac,
  hmacHex,
  sha256Hex,
} from './signatures.ts'
export {
  type StandardPayload,
  type StandardWebhooksOptions,
  standardWebhooks,
} from './standard-webhooks.ts'
export {
  type SignedParts,
  type StandardSignature,
  type StandardVerifier,
  type StandardVerifierOptions,
  standardVerifier,
} from './standard-webhooks-keys.ts'
export { type Status, type StatusTable, shownStatus, statusTable } from './status.ts'
export { createTokenCache, type FreshToken, type TokenCache } from './tokens.ts'
export { isPublicAddress } from './webhook-address.ts'
export { type ClosableWebhookSender, type WebhookSenderOptions, webhookSender } from './webhook-sender.ts'
