/** The forms that Efí's answers take. */
import type { EfiRefusal } from './options.ts'

/** One request, however it came. */
export interface EfiRequest {
  readonly method: string
  /** Whole, or path and query alone. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string | Uint8Array
}

/** One answer. */
export interface EfiAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The body was cut: this is how many bytes it should have had. The connection dies where it ends. */
  readonly announcedBytes?: number
}

/** A JSON answer. */
export function json(status: number, body: object): EfiAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  }
}

/** An answer without a body. */
export function empty(status: number): EfiAnswer {
  return { status, headers: {}, body: '' }
}

/** Shape A: charges, sends, webhooks, balance. */
export function refusal({ status, nome, mensagem }: EfiRefusal): EfiAnswer {
  return json(status, { nome, mensagem })
}

/** Shape B, RFC 7807: look-ups and lists of sent Pix, re-sends. */
export function problem(
  status: number,
  { type, ...rest }: { type: string; title: string; detail: string; violacoes?: readonly Violation[] },
): EfiAnswer {
  const body = { type: `https://pix.bcb.gov.br/api/v2/error/${type}`, status, ...rest }
  return { ...json(status, body), headers: { 'content-type': 'application/problem+json' } }
}

/** One broken rule of a request. */
export interface Violation {
  readonly razao: string
  readonly propriedade: string
  readonly valor?: string
}

/** Shape C: tokens and scopes. */
export function oauthError(status: number, body: { error: string; error_description: string }): EfiAnswer {
  return json(status, body)
}

/** Shape D: not JSON at all, as from a gateway. */
export function html(status: number, text: string): EfiAnswer {
  const body = `<html><head><title>${status} ${text}</title></head><body><h1>${status} ${text}</h1></body></html>`
  return { status, headers: { 'content-type': 'text/html' }, body }
}
