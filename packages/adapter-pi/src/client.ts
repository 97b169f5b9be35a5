import {
  type Answered,
  createHttp,
  type HttpRequest,
  type HttpResult,
  parseJson,
  readError,
} from '@lastro/adapter-kit'
import { ProviderError, reveal } from '@lastro/core/spec'
import { errorAnswer, incompleteAnswer, type PaymentDto, paymentDto } from './api.ts'
import { isPaymentId } from './delivery.ts'
import { PROVIDER } from './networks.ts'
import type { Settings } from './options.ts'

/** One call of Pi's API. */
export interface PiCall {
  readonly method: 'GET' | 'POST'
  /** Parts of the path, unescaped. */
  readonly path: readonly string[]
  /** Written as JSON; amounts in it are made by `amountJson`. */
  readonly json?: unknown
  readonly signal?: AbortSignal | undefined
}

/** Pi's API, as far as transport and forms go. The key is sent as `Authorization: Key …`. */
export interface PiClient {
  /** One attempt, never an exception: for calls that change something. */
  call(call: PiCall): Promise<HttpResult>
  /**
   * Null only for Pi's own `payment_not_found`.
   * @throws ProviderError when Pi could not be asked, or its answer is not understood.
   */
  payment(id: string, signal?: AbortSignal): Promise<PaymentDto | null>
  /** Payments to users that are not finished: none or one. @throws ProviderError as above. */
  incomplete(signal?: AbortSignal): Promise<readonly PaymentDto[]>
}

/** The error for an answer that says something new, odd or contradictory. */
export function surprise(message: string): ProviderError {
  return new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message })
}

/** The answer's body with every number as its text, or undefined when it is no JSON. */
export function exactJson(answer: Answered): unknown {
  const parsed = parseJson(answer.bytes, { numbers: 'text' })
  return parsed.kind === 'json' ? parsed.value : undefined
}

/** The payment in an answer of any call that gives one, or null when there is none to be read. */
export function readPayment(json: unknown): PaymentDto | null {
  const parsed = paymentDto.safeParse(json)
  return parsed.success && isPaymentId(parsed.data.identifier) ? parsed.data : null
}

/** Pi's code for what went wrong: a plain word, safe to show. Null when the answer has none, as a gateway's page. */
export function errorCode(json: unknown): string | null {
  const parsed = errorAnswer.safeParse(json)
  return parsed.success && /^[a-z0-9_]{1,64}$/.test(parsed.data.error) ? parsed.data.error : null
}

/** Connects to Pi's API. */
export function createClient(settings: Settings): PiClient {
  const { clock } = settings
  const http = createHttp({
    timeoutMs: settings.timeoutMs,
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  })
  const call: PiClient['call'] = ({ method, path, json, signal }) => {
    const request: HttpRequest = {
      method,
      url: `${settings.apiUrl}/${path.map(encodeURIComponent).join('/')}`,
      headers: { authorization: `Key ${reveal(settings.apiKey)}` },
      ...(json === undefined ? {} : { json }),
      ...(signal === undefined ? {} : { signal }),
    }
    return http(request)
  }
  /** A 2xx with its body, or the code by which Pi refused. */
  const ask = async (
    path: readonly string[],
    { subject, signal }: { readonly subject: string; readonly signal: AbortSignal | undefined },
  ): Promise<{ readonly json: unknown } | { readonly code: string }> => {
    const result = await call({ method: 'GET', path, signal })
    const json = result.kind === 'answered' ? exactJson(result) : undefined
    if (result.kind === 'answered' && result.status === 200) return { json }
    const said = errorCode(json)
    if (result.kind === 'answered' && result.status === 404 && said !== null) return { code: said }
    throw readError({ provider: PROVIDER, subject, result, clock, ...(said === null ? {} : { said }) })
  }
  return {
    call,
    async payment(id, signal) {
      const answer = await ask(['payments', id], { subject: 'a payment', signal })
      if ('code' in answer && answer.code === 'payment_not_found') return null
      const payment = 'json' in answer ? readPayment(answer.json) : null
      if (payment === null) throw surprise('the answer for a payment cannot be read.')
      if (payment.identifier !== id) throw surprise('a payment has another id than the one asked for.')
      return payment
    },
    async incomplete(signal) {
      const path = ['payments', 'incomplete_server_payments']
      const answer = await ask(path, { subject: 'the incomplete payments', signal })
      const parsed = incompleteAnswer.safeParse('json' in answer ? answer.json : undefined)
      if (!parsed.success || !parsed.data.every(({ identifier }) => isPaymentId(identifier)))
        throw surprise('the answer for the incomplete payments cannot be read.')
      return parsed.data
    },
  }
}
