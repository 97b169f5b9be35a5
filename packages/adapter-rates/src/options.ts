import {
  type AssetId,
  assetRow,
  type Clock,
  Money,
  ProviderError,
  reveal,
  type Secret,
} from '@lastro/core/spec'
import { stepsOf } from './json-path.ts'
import type { MomentFormat } from './observed-at.ts'
import { fill, type Names, placeholders } from './template.ts'

/** A pair as the source is asked for it. */
export interface RateAsk {
  readonly base: AssetId
  readonly quote: AssetId
  /** What `pairs` says for the pair, or an empty text without `pairs`. */
  readonly symbol: string
}

/** What `httpRates` needs to know. Every unknown option is refused. */
export interface HttpRatesOptions {
  /** The provider's name in errors and in tables. Default: `rates`. */
  readonly id?: string
  /**
   * Where a rate is asked for: a template with `{symbol}`, `{base}` and `{quote}`, percent-encoded when filled in, or a
   * function. `https:` only, except on loopback. `{base}` and `{quote}` are the asset's symbol (`POL`, `BRL`). Never
   * shown in errors, since a key may be in it.
   */
  readonly url: string | ((ask: RateAsk) => string)
  /**
   * Where the rate is in the answer: `data.0.price`, or a list of steps where a key has a dot. The same placeholders
   * may stand in it: `{symbol}.bid`. The value is a decimal text or a JSON number, which is read from the answer's text.
   */
  readonly path: string | readonly string[]
  /** Where the answer says what moment the rate is of. Default: the moment before it was asked for. */
  readonly observedAtPath?: string | readonly string[]
  /** How that moment is written: `iso` with its offset, `brasilia` without one, or Unix time. Default: `iso`. */
  readonly observedAtFormat?: MomentFormat
  /**
   * The source's symbol of each pair: `{ 'POL.polygon/18': { 'BRL/2': 'POLBRL' } }`. When given, a pair that is not here
   * is `null` and the source is not asked.
   */
  readonly pairs?: Readonly<Record<AssetId, Readonly<Record<AssetId, string>>>>
  /** Statuses by which the source says that it does not know a pair. Default: 404 without `pairs`, none with them. */
  readonly unknownPairStatuses?: readonly number[]
  readonly headers?: Readonly<Record<string, string | Secret>>
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
  readonly clock: Clock
  /** For one call, body included, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number
  /** Largest answer that is read, in bytes. Default: 256 KiB. */
  readonly maxBodyBytes?: number
}

/** The options, checked and completed. */
export interface Settings {
  readonly id: string
  readonly path: readonly string[]
  readonly observedAtPath: readonly string[] | null
  readonly observedAtFormat: MomentFormat
  readonly unknownPairStatuses: ReadonlySet<number>
  readonly headers: Readonly<Record<string, string | Secret>>
  readonly clock: Clock
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  readonly fetch?: typeof globalThis.fetch
  /** The source's names of a pair; null when it is not listed. */
  namesOf(pair: { readonly base: AssetId; readonly quote: AssetId }): Names | null
  /** @throws ProviderError `misconfigured` when the address is none that may be asked. */
  urlOf(ask: RateAsk, names: Names): string
}

const FIELDS: readonly (keyof HttpRatesOptions)[] = [
  'id',
  'url',
  'path',
  'observedAtPath',
  'observedAtFormat',
  'pairs',
  'unknownPairStatuses',
  'headers',
  'fetch',
  'clock',
  'timeoutMs',
  'maxBodyBytes',
]
const FORMATS: readonly string[] = ['iso', 'brasilia', 'seconds', 'milliseconds']
const DEFAULT_TIMEOUT_MS = 5_000
const DEFAULT_MAX_BODY_BYTES = 262_144
const ID = /^[a-z0-9][a-z0-9:_.-]{0,63}$/

type Refuse = (field: string, rule: string) => ProviderError

function isAllowedUrl(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, hostname, username } = new URL(text)
  const isLoopback = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  return (protocol === 'https:' || (protocol === 'http:' && isLoopback)) && username === ''
}

const URL_RULE = 'must be an https: address without a user (http: is allowed on loopback only)'

function checkPlaceholders(
  refuse: Refuse,
  given: { field: string; texts: readonly string[]; hasSymbols: boolean },
): void {
  for (const name of given.texts.flatMap(placeholders)) {
    if (!['base', 'quote', 'symbol'].includes(name))
      throw refuse(given.field, 'may name {base}, {quote} and {symbol} only')
    if (name === 'symbol' && !given.hasSymbols)
      throw refuse(given.field, 'names {symbol}, which needs the option pairs')
  }
}

function checkPath(
  refuse: Refuse,
  given: { field: string; path: unknown; hasSymbols: boolean },
): readonly string[] {
  const { field, path } = given
  const isList = Array.isArray(path) && path.every((step) => typeof step === 'string')
  const steps = typeof path === 'string' || isList ? stepsOf(path as string | readonly string[]) : []
  if (steps.length === 0 || steps.length > 20 || steps.includes(''))
    throw refuse(field, 'must be 1 to 20 steps, such as "data.0.price" or ["a.b", "price"]')
  checkPlaceholders(refuse, { field, texts: steps, hasSymbols: given.hasSymbols })
  return steps
}

function pairTable(
  refuse: Refuse,
  pairs: HttpRatesOptions['pairs'],
): Map<string, Map<string, string>> | null {
  if (pairs === undefined) return null
  const table = new Map<string, Map<string, string>>()
  for (const [base, quotes] of Object.entries(pairs)) {
    for (const [quote, symbol] of Object.entries(quotes)) {
      const field = `pairs["${base.slice(0, 70)}"]["${quote.slice(0, 70)}"]`
      if (!Money.isAssetId(base) || !Money.isAssetId(quote))
        throw refuse(field, 'must name two asset ids, such as POL.polygon/18 and BRL/2')
      if (typeof symbol !== 'string' || symbol === '') throw refuse(field, 'must be a symbol, not empty')
    }
    table.set(base, new Map(Object.entries(quotes)))
  }
  return table
}

function checkHeaders(
  refuse: Refuse,
  headers: HttpRatesOptions['headers'],
): Readonly<Record<string, string | Secret>> {
  const open = (value: string | Secret) => (typeof value === 'string' ? value : reveal(value))
  for (const [name, value] of Object.entries(headers ?? {})) {
    try {
      new Headers([[name, open(value)]])
    } catch {
      throw refuse(`headers["${name.slice(0, 40)}"]`, 'must be a header name with a text or a secret')
    }
  }
  return headers ?? {}
}

function checkLimits(refuse: Refuse, limits: { timeoutMs: number; maxBodyBytes: number }): typeof limits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1 || value > 100_000_000)
      throw refuse(name, 'must be a whole number from 1 to 100,000,000')
  }
  return limits
}

/** `POL` for `POL.polygon/18`, `BRL` for `BRL/2`: the table's symbol, or the name as it is. */
function symbolOf(asset: AssetId): string {
  return assetRow(asset)?.symbol ?? asset.slice(0, asset.lastIndexOf('/'))
}

function namesFrom(table: Map<string, Map<string, string>> | null): Settings['namesOf'] {
  return ({ base, quote }) => {
    const symbol = table === null ? '' : table.get(base)?.get(quote)
    return symbol === undefined ? null : { base: symbolOf(base), quote: symbolOf(quote), symbol }
  }
}

function urlFrom(refuse: Refuse, url: HttpRatesOptions['url']): Settings['urlOf'] {
  return (ask, names) => {
    const text = typeof url === 'function' ? url(ask) : fill(url, { names, write: encodeURIComponent })
    if (!isAllowedUrl(text)) throw refuse('url', URL_RULE)
    return text
  }
}

function checkShape(refuse: Refuse, options: HttpRatesOptions): void {
  const given = Object.keys(options)
  const surplus = given.find((field) => !FIELDS.some((known) => known === field))
  if (surplus !== undefined) throw refuse(surplus.slice(0, 40), `is none of ${FIELDS.join(', ')}`)
  if (typeof options.clock?.now !== 'function') throw refuse('clock', 'must have now()')
  if (options.fetch !== undefined && typeof options.fetch !== 'function')
    throw refuse('fetch', 'must be a function')
  if (options.observedAtFormat !== undefined && !FORMATS.includes(options.observedAtFormat))
    throw refuse('observedAtFormat', `must be one of ${FORMATS.join(', ')}`)
  const statuses = options.unknownPairStatuses ?? []
  if (!statuses.every((status) => Number.isInteger(status) && status >= 400 && status <= 499))
    throw refuse('unknownPairStatuses', 'must be statuses from 400 to 499')
}

/** @throws ProviderError `misconfigured`, naming the option and the rule it breaks, and never a value. */
export function settingsOf(options: HttpRatesOptions): Settings {
  const id = options.id ?? 'rates'
  const refuse: Refuse = (field, rule) =>
    new ProviderError({
      provider: ID.test(id) ? id : 'rates',
      kind: 'misconfigured',
      message: `options.${field} ${rule}.`,
    })
  if (!ID.test(id)) throw refuse('id', 'must be 1 to 64 letters in lower case, digits, ":", "_", "." or "-"')
  checkShape(refuse, options)
  const table = pairTable(refuse, options.pairs)
  const hasSymbols = table !== null
  if (typeof options.url !== 'function') {
    const names = { base: 'x', quote: 'x', symbol: 'x' }
    if (typeof options.url !== 'string' || !isAllowedUrl(fill(options.url, { names })))
      throw refuse('url', URL_RULE)
    checkPlaceholders(refuse, { field: 'url', texts: [options.url], hasSymbols })
  }
  const { observedAtPath } = options
  return {
    id,
    path: checkPath(refuse, { field: 'path', path: options.path, hasSymbols }),
    observedAtPath:
      observedAtPath === undefined
        ? null
        : checkPath(refuse, { field: 'observedAtPath', path: observedAtPath, hasSymbols }),
    observedAtFormat: options.observedAtFormat ?? 'iso',
    unknownPairStatuses: new Set(options.unknownPairStatuses ?? (hasSymbols ? [] : [404])),
    headers: checkHeaders(refuse, options.headers),
    clock: options.clock,
    ...checkLimits(refuse, {
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    namesOf: namesFrom(table),
    urlOf: urlFrom(refuse, options.url),
  }
}
