import { type Answered, createHttp, type HttpResult, parseJson, readError } from '@lastro/adapter-kit'
import {
  type AssetId,
  defineProvider,
  type ObservedRate,
  type Provider,
  ProviderError,
  Rate,
  type RateSource,
  reveal,
  type Secret,
} from '@lastro/core/spec'
import { plainDecimal } from './decimal-text.ts'
import { valueAt } from './json-path.ts'
import { readMoment } from './observed-at.ts'
import { type HttpRatesOptions, type Settings, settingsOf } from './options.ts'
import { fill, type Names } from './template.ts'

/** A source's clock may run this far ahead of ours. What it says is then cut to our own time. */
const MAX_AHEAD_MS = 60_000

function nonsense(settings: Settings, what: string): ProviderError {
  return new ProviderError({
    provider: settings.id,
    kind: 'unexpected_answer',
    message: `the answer to a rate ${what}.`,
  })
}

function readRate(
  answer: { readonly json: unknown; readonly settings: Settings; readonly names: Names },
  pair: { readonly base: AssetId; readonly quote: AssetId },
): Rate {
  const { json, settings, names } = answer
  const steps = settings.path.map((step) => fill(step, { names }))
  const value = valueAt(json, steps)
  // Numbers arrive here as the text the source wrote; a runtime that could not do that gives a float, which is refused.
  const text = typeof value === 'string' ? plainDecimal(value) : null
  if (text === null) throw nonsense(settings, 'has no decimal at options.path')
  try {
    return Rate.of(pair, text)
  } catch {
    throw nonsense(settings, 'has no positive decimal of at most 30 places at options.path')
  }
}

function readObservedAt(
  answer: { readonly json: unknown; readonly settings: Settings; readonly names: Names },
  askedAt: Date,
): Date {
  const { json, settings, names } = answer
  if (settings.observedAtPath === null) return askedAt
  const steps = settings.observedAtPath.map((step) => fill(step, { names }))
  const moment = readMoment(valueAt(json, steps), settings.observedAtFormat)
  if (moment === null)
    throw nonsense(settings, `has no ${settings.observedAtFormat} time at options.observedAtPath`)
  const now = settings.clock.now()
  // A rate from the future would look fresh for longer than it is.
  if (moment.getTime() > now.getTime() + MAX_AHEAD_MS) throw nonsense(settings, 'is of a time to come')
  return moment.getTime() > now.getTime() ? now : moment
}

const open = (value: string | Secret): string => (typeof value === 'string' ? value : reveal(value))

function expectRate(settings: Settings, result: HttpResult): Answered {
  if (result.kind === 'answered' && result.status >= 200 && result.status < 300) return result
  throw readError({ provider: settings.id, subject: 'a rate', result, clock: settings.clock })
}

/**
 * Rates from any JSON API: one GET for each. The decimal is taken from the answer's text, so `5.10` and `5.1234567890123`
 * arrive as they were written; nothing is kept between calls, and nothing is tried twice.
 *
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function httpRates(options: HttpRatesOptions): Provider<{ readonly rates: RateSource }> {
  const settings = settingsOf(options)
  const http = createHttp({
    timeoutMs: settings.timeoutMs,
    maxBodyBytes: settings.maxBodyBytes,
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  })

  const ask = async (pair: Parameters<RateSource['rate']>[0], names: Names): Promise<HttpResult> => {
    const url = settings.urlOf({ base: pair.base, quote: pair.quote, symbol: names.symbol }, names)
    const headers = Object.entries(settings.headers).map(([name, value]) => [name, open(value)])
    return http({
      method: 'GET',
      url,
      headers: { accept: 'application/json', ...Object.fromEntries(headers) },
      ...(pair.signal === undefined ? {} : { signal: pair.signal }),
    })
  }

  const rate = async (pair: Parameters<RateSource['rate']>[0]): Promise<ObservedRate | null> => {
    const names = settings.namesOf(pair)
    if (names === null) return null
    const askedAt = settings.clock.now()
    const result = await ask(pair, names)
    if (result.kind === 'answered' && settings.unknownPairStatuses.has(result.status)) return null
    const parsed = parseJson(expectRate(settings, result).bytes, { numbers: 'text' })
    if (parsed.kind === 'not_json') throw nonsense(settings, 'is no JSON')
    const answer = { json: parsed.value, settings, names }
    return {
      rate: readRate(answer, { base: pair.base, quote: pair.quote }),
      observedAt: readObservedAt(answer, askedAt),
    }
  }

  return defineProvider({ id: settings.id, rates: { specVersion: 1, rate } })
}
