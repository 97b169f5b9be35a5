/** A parsed body, or the fact that it is no JSON. */
export type ParsedJson = { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'not_json' }

type Reviver = (this: unknown, key: string, value: unknown) => unknown
// tidy-allow: parameters the shape that JSON.parse calls
const textOfNumbers = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' ? (context?.source ?? value) : value

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses JSON without throwing, and without an error that would quote the body.
 *
 * Bytes that are no UTF-8 are no JSON. With `numbers: 'text'` every number comes back as the text the sender wrote
 * (`12.30` stays `'12.30'`), for providers that write amounts as JSON numbers: no float ever holds them.
 */
export function parseJson(body: Uint8Array | string, options?: { readonly numbers: 'text' }): ParsedJson {
  try {
    const text = typeof body === 'string' ? body : utf8.decode(body)
    // The third argument of a reviver (the source text) is in V8 since Node 21, and not yet in the type of `parse`.
    const value: unknown =
      options?.numbers === 'text' ? JSON.parse(text, textOfNumbers as Reviver) : JSON.parse(text)
    return { kind: 'json', value }
  } catch {
    return { kind: 'not_json' }
  }
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
// `JSON.rawJSON` is in V8 since Node 21, and not yet in the type of `JSON`.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }

/**
 * A number that `JSON.stringify` writes exactly as the text says, digit by digit, for providers that take amounts as
 * JSON numbers: no float ever holds them.
 * @throws RangeError when the text is no JSON number.
 */
export function jsonNumber(text: string): unknown {
  if (!JSON_NUMBER.test(text)) throw new RangeError(`"${text.slice(0, 40)}" is no JSON number.`)
  return rawJSON(text)
}
