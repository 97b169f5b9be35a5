import { LastroError } from '../../platform/errors/index.ts'
import type { Rail } from '../../platform/policies/index.ts'
import type { UnitOfWork } from '../../platform/storage/index.ts'
import { describeError } from '../../platform/telemetry/index.ts'
import { type Clock, type ObservedRate, Rate, type RateSource } from '../../spec/index.ts'
import { agreed } from './guard.ts'
import { inTime } from './in-time.ts'
import type { Pair, RateTerms } from './options.ts'
import { MAX_AHEAD_MS } from './pick.ts'
import type { RateTx, StoredRate } from './store.ts'

/** A source with its guarded way. */
export interface WiredSource {
  readonly name: string
  readonly port: RateSource
  readonly rail: Rail
}

/** What asking needs. */
export interface AskDeps {
  readonly storage: UnitOfWork<RateTx>
  readonly sources: readonly WiredSource[]
  readonly clock: Clock
  readonly terms: RateTerms
}

/**
 * Asks the sources in order until a rate is agreed on, and stores it.
 * @throws LastroError `rate_unavailable`, saying what each source answered.
 */
export async function ask(deps: AskDeps, pair: Pair): Promise<StoredRate> {
  const { terms, clock } = deps
  const names = deps.sources.map(({ name }) => name)
  const known = await deps.storage.read((tx) => tx.rates.latest({ ...pair, sources: names }))
  const begin = clock.now().getTime() - terms.guard.windowMs
  const last = known.find(({ fetchedAt }) => fetchedAt.getTime() >= begin) ?? null
  const told: StoredRate[] = []
  const troubles: string[] = []
  for (const source of deps.sources) {
    const answer = await askOne(deps, { source, pair })
    if ('trouble' in answer) {
      troubles.push(`${source.name}: ${answer.trouble}`)
      continue
    }
    told.push(answer.rate)
    const believed = agreed(told, { last, guard: terms.guard })
    if (believed === null) continue
    await deps.storage.transaction((tx) => tx.rates.insert(believed))
    return believed
  }
  troubles.push(...told.map((rate) => doubt(rate, { last, terms })))
  const reason = deps.sources.length === 0 ? 'no provider fills the rates port' : troubles.join('; ')
  throw new LastroError('rate_unavailable', { ...pair, reason })
}

function doubt(told: StoredRate, { last, terms }: { last: StoredRate | null; terms: RateTerms }): string {
  const shown = Rate.format(told.rate, 8)
  if (last === null)
    return `${told.source}: its rate of ${shown} is confirmed by fewer than ${terms.guard.quorum}`
  const limit = `${terms.guard.maxDeviationBps} bps`
  return `${told.source}: its rate of ${shown} is more than ${limit} from the last, ${Rate.format(last.rate, 8)}`
}

async function askOne(
  { clock, terms }: AskDeps,
  { source, pair }: { readonly source: WiredSource; readonly pair: Pair },
): Promise<{ readonly rate: StoredRate } | { readonly trouble: string }> {
  const { name, port, rail } = source
  try {
    const told = await rail.read('rates.rate', () =>
      inTime(terms.timeoutMs, (signal) => port.rate({ ...pair, signal })),
    )
    const fetchedAt = clock.now()
    if (told === null) return { trouble: 'does not know this pair' }
    const trouble = troubleWith(told, { pair, at: fetchedAt, maxAgeMs: terms.maxAgeMsOf(name) })
    if (trouble !== null) return { trouble }
    return { rate: { rate: told.rate, source: name, observedAt: told.observedAt, fetchedAt } }
  } catch (error) {
    // A mistake of ours (asking inside a transaction) is not a source's trouble.
    if (error instanceof LastroError) throw error
    return { trouble: describeError(error) }
  }
}

function troubleWith(
  { rate, observedAt }: ObservedRate,
  asked: { readonly pair: Pair; readonly at: Date; readonly maxAgeMs: number },
): string | null {
  if (rate.base !== asked.pair.base || rate.quote !== asked.pair.quote)
    return `answered for ${rate.base} in ${rate.quote}`
  if (rate.numerator <= 0n || rate.denominator <= 0n) return `answered a rate of ${Rate.format(rate, 8)}`
  const age = asked.at.getTime() - observedAt.getTime()
  if (Number.isNaN(age)) return 'its rate is of no time'
  if (age > asked.maxAgeMs) return `its rate is ${age} ms old`
  if (age < -MAX_AHEAD_MS) return `its rate is ${-age} ms ahead of our clock`
  return null
}
