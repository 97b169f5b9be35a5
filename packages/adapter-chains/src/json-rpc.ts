import { type HttpResult, isCertificateRefused } from '@lastro/adapter-kit'
import { isProviderError, type ProviderErrorKind } from '@lastro/core/spec'

/** What a node says to one call: a result, or a refusal in its own words. */
export type RpcAnswer =
  | { readonly kind: 'result'; readonly value: unknown }
  /** `message` is safe to show. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string }

/** Reads a JSON-RPC body; null when it is none. */
export function parseAnswer(json: unknown, show: (text: string) => string): RpcAnswer | null {
  if (typeof json !== 'object' || json === null) return null
  const error: unknown = Reflect.get(json, 'error')
  if (typeof error === 'object' && error !== null) {
    const message: unknown = Reflect.get(error, 'message')
    const code: unknown = Reflect.get(error, 'code')
    return {
      kind: 'error',
      code: typeof code === 'number' ? code : 0,
      message: show(typeof message === 'string' ? message : 'no message'),
    }
  }
  return 'result' in json ? { kind: 'result', value: json.result } : null
}

/** What kind of trouble it is that a node gave no JSON-RPC answer. */
export function kindOfTrouble(result: HttpResult): ProviderErrorKind {
  if (result.kind === 'failed') {
    const { cause } = result
    if (isCertificateRefused(cause) || cause.code === 'REQUEST_NOT_BUILT') return 'misconfigured'
    return cause.code === 'BODY_TOO_LARGE' ? 'unexpected_answer' : 'unavailable'
  }
  const { status } = result
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 429) return 'rate_limited'
  return status >= 500 || status === 408 || status === 425 ? 'unavailable' : 'unexpected_answer'
}

/** What makes it worth asking the next node. */
const NEXT_NODE: ReadonlySet<ProviderErrorKind> = new Set(['unavailable', 'rate_limited', 'unauthorized'])

/** True when another node may do better. */
export function isPassing(error: unknown): boolean {
  return isProviderError(error) && NEXT_NODE.has(error.kind)
}
