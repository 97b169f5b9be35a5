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
export { type ParsedJson, parseJson } from './json.ts'
export { type ClientCertificate, checkClientCertificate, mtlsDispatcher } from './mtls.ts'
export { type MoneyCallPolicy, moneyAnswer, type NotSentBecause, notSent, unknownAnswer } from './outcome.ts'
export { type Page, walkPages } from './pages.ts'
export { type RetryReadOptions, readError, retryRead } from './reads.ts'
export { retryAfterMs } from './retry-after.ts'
export {
  equalsAnyConstantTime,
  equalsConstantTime,
  type HmacHash,
  hmac,
  hmacHex,
  sha256Hex,
} from './signatures.ts'
export { type Status, type StatusTable, shownStatus, statusTable } from './status.ts'
export { createTokenCache, type FreshToken, type TokenCache } from './tokens.ts'
