/** A member of an object as it was written: the bytes of its name and value, without the whitespace around them. */
export interface RawMember {
  /** Unescaped. */
  readonly name: string
  readonly key: string
  readonly value: string
}

/** The tokens of a text that is known to be JSON; whitespace is between them. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g

const textOf = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1)

/** The members of an object, in their order. Only for a text that was parsed as a JSON object before. */
export function membersOf(json: string): readonly RawMember[] {
  const members: RawMember[] = []
  let depth = 0
  let key: string | null = null
  let start = -1
  let end = -1
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    if (token === '}' || token === ']') depth -= 1
    const isEnd = depth === 0 ? token === '}' : depth === 1 && token === ','
    if (isEnd && key !== null) {
      members.push({ name: textOf(key), key, value: json.slice(start, end) })
      key = null
      start = -1
    } else if (depth === 1 && key === null) {
      key = token
    } else if (depth > 1 || (depth === 1 && token !== ':')) {
      if (start < 0) start = index
      end = index + token.length
    }
    if (token === '{' || token === '[') depth += 1
  }
  return members
}

const ESCAPED: Readonly<Record<string, string>> = {
  '/': '\\/',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

function phpString(token: string): string {
  if (!/[\\/\u2028\u2029]/.test(token)) return token
  return JSON.stringify(textOf(token)).replace(/[/\u2028\u2029]/g, (sign) => ESCAPED[sign] ?? sign)
}

/**
 * A JSON text as PHP's `json_encode` with `JSON_UNESCAPED_UNICODE` would write its value: no whitespace, `/` escaped, all
 * else unescaped but U+2028 and U+2029. Works on the tokens: numbers keep their digits, members their order, and an empty
 * object stays one, which parsing and writing again would all lose.
 */
export function phpLike(json: string): string {
  return Array.from(json.matchAll(TOKEN), ([token]) =>
    token.startsWith('"') ? phpString(token) : token,
  ).join('')
}
