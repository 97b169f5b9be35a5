import { createHttp, type HttpRequest, type HttpResult, readError } from '@lastro/adapter-kit'
import { reveal, type Secret } from '@lastro/core/spec'
import type { Stripe } from 'stripe'
import type { Settings } from './options.ts'
import { PROVIDER } from './provider.ts'
import { API_VERSION } from './versions.ts'

/** What one call came to: what Stripe's package read of a 2xx answer, or else the answer or failure as it was. */
export type StripeAnswer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'result'; readonly result: HttpResult }

/** Stripe's API: what is said is the package's business, how it is sent is ours. */
export interface StripeClient {
  /** One attempt, never an exception. The Stripe in the callback makes exactly one request. */
  call<T>(
    make: (stripe: Stripe) => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<StripeAnswer<T>>
  /** For reads. Null: Stripe knows no such object. @throws ProviderError when there is no answer that says so. */
  ask<T>(
    make: (stripe: Stripe) => Promise<T>,
    options: { readonly subject: string; readonly signal?: AbortSignal | undefined },
  ): Promise<T | null>
}

const METHODS = { GET: 'GET', POST: 'POST', DELETE: 'DELETE' } as const
type Method = keyof typeof METHODS

/** The header values that are texts: the package writes numbers too, and nulls for none. */
function textHeaders(headers: object): Record<string, string> {
  const given = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length')
  return Object.fromEntries(given.flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]])))
}

/** Where the package leaves its requests: each goes through the kit's `http`, once, and nothing is retried below us. */
function transport(
  settings: Settings,
  hold: { result: HttpResult | null; readonly signal?: AbortSignal | undefined },
) {
  const http = createHttp({
    timeoutMs: settings.timeoutMs,
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  })
  return {
    getClientName: () => 'lastro',
    // tidy-allow: parameters the form that the package calls
    makeRequest: async (
      _host: string,
      _port: string,
      path: string,
      method: string,
      headers: object,
      data: string,
    ) => {
      const request: HttpRequest = {
        method: METHODS[method as Method],
        url: `${settings.baseUrl.replace(/\/$/, '')}${path}`,
        headers: textHeaders(headers),
        ...(method === 'POST' ? { body: data } : {}),
        ...(hold.signal === undefined ? {} : { signal: hold.signal }),
      }
      const result = await http(request)
      hold.result = result
      const isFine = result.kind === 'answered' && result.status >= 200 && result.status < 300
      // Without a code: by some codes the package sends a request a second time, whatever it was told of retries.
      if (!isFine || typeof result.json !== 'object' || result.json === null)
        throw new Error('No usable answer.')
      const { status, headers: answered, json } = result
      return {
        getStatusCode: () => status,
        getHeaders: () => answered,
        getRawResponse: () => ({}),
        toStream: () => null,
        toJSON: async () => json,
      }
    },
  }
}

/** The package as one call sees it. It is loaded when it is first needed: to verify webhooks takes none of it. */
async function createStripe(
  settings: Settings & { readonly apiKey: Secret },
  hold: Parameters<typeof transport>[1],
) {
  const { Stripe } = await import('stripe')
  return new Stripe(reveal(settings.apiKey), {
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: transport(settings, hold),
    appInfo: { name: 'lastro' },
    ...(settings.account === undefined ? {} : { stripeAccount: settings.account }),
  })
}

/** Connects to Stripe. This is the only file that does. */
export function createClient(settings: Settings & { readonly apiKey: Secret }): StripeClient {
  const call: StripeClient['call'] = async (make, options) => {
    const hold = { result: null as HttpResult | null, signal: options?.signal }
    const stripe = await createStripe(settings, hold)
    try {
      return { kind: 'value', value: await make(stripe) }
    } catch (error) {
      // Only what never became a request is thrown: an argument that the package refuses is a mistake of ours.
      if (hold.result === null) throw error
      return { kind: 'result', result: hold.result }
    }
  }
  return {
    call,
    async ask(make, { subject, signal }) {
      const answer = await call(make, { signal })
      if (answer.kind === 'value') return answer.value
      const { result } = answer
      if (result.kind === 'answered' && result.status === 404 && saysMissing(result.json)) return null
      throw readError({ provider: PROVIDER, subject, result, clock: settings.clock })
    },
  }
}

/** 404 of a proxy, or of an address that Stripe does not have, is no word about an object. */
function saysMissing(json: unknown): boolean {
  const error: unknown = Reflect.get(Object(json), 'error')
  return Reflect.get(Object(error), 'code') === 'resource_missing'
}
