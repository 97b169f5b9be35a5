/** Names whose values are hidden wherever they stand, in any letter case, with or without separators. */
const HIDDEN_NAME =
  /secret|passw|passphrase|token|authorization|cookie|api[-_]?key|private[-_]?key|mnemonic|seed|hmac|signature|client[-_]?cert|certificate|\bpfx\b/i

/** Values that are hidden whatever their name: bearer texts, PEM blocks, Basic credentials, long hex keys. */
const HIDDEN_VALUE = [
  /-----BEGIN [A-Z ]+-----[\s\S]*?(-----END [A-Z ]+-----|$)/g,
  /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /\b(whsec|whsk|sk_live|sk_test|rk_live|rk_test)_[A-Za-z0-9+/=_-]+/g,
  /(?<=[?&](?:hmac|token|key|secret|signature)=)[^&\s"']+/gi,
]

const MAX_DEPTH = 8
const MAX_TEXT = 2_000

function redactText(text: string): string {
  let shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
  for (const pattern of HIDDEN_VALUE) shown = shown.replace(pattern, '[secret]')
  return shown
}

/** Plain data with secrets hidden, by name at any depth and by form of value; errors become their facts. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return '[deep]'
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`
  if (value instanceof Error) return describe(value, depth)
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      HIDDEN_NAME.test(name) ? '[secret]' : redact(item, depth + 1),
    ]),
  )
}

function describe(error: Error, depth: number): object {
  const { name, message, cause } = error
  const code = 'code' in error ? error.code : undefined
  return {
    name,
    message: redactText(message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined || depth >= MAX_DEPTH ? {} : { cause: redact(cause, depth + 1) }),
  }
}

/** One safe line about an error or whatever else was thrown: what tables and timelines may hold. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return redactText(String(error))
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  const cause = error.cause instanceof Error ? `: ${describeError(error.cause)}` : ''
  return redactText(`${error.name}${code}: ${error.message}${cause}`).slice(0, 1_000)
}

/** Where an error came from, without what it says: for errors whose message may hold what a stranger sent. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return [error.name, ...frames.slice(0, 5).map((line) => line.trim())].join(' ')
}
