import { type AssetId, Rate, type RateSource } from '@lastro/core/spec'
import { type Case, check, checkThrows, shown, type World } from './case.ts'

/** What a case may ask to go wrong, until the world ends. */
export type RatesFault = 'unreachable' | 'server_error' | 'nonsense'

/** A pair of assets. */
export interface RatePair {
  readonly base: AssetId
  readonly quote: AssetId
}

/** Drives the source behind a rate adapter. */
export interface RatesWorld extends World {
  readonly source: RateSource
  /** A pair that the source knows. */
  readonly pair: RatePair
  /** A pair that it does not know. */
  readonly unknownPair: RatePair
  /** From now on the source tells this decimal for `pair`, with just these digits. */
  say(decimal: string): void
  /** Everything that can go wrong with this source; one at least. */
  readonly faults: readonly RatesFault[]
  fault(kind: RatesFault): void
}

/** Decimals that no float holds, small and large ones, and zeros at the end. */
const DECIMALS: readonly string[] = [
  '5.1234',
  '0.1',
  '2.50',
  '3',
  '0.000012345678901234',
  '9007199254740993',
  '1.00000000000000000001',
  '123456789.123456789123456789',
]

const isSame = (left: Rate, right: Rate): boolean =>
  left.base === right.base &&
  left.quote === right.quote &&
  left.numerator * right.denominator === right.numerator * left.denominator

const exact: Case<RatesWorld> = {
  id: 'rates/exact',
  rule: "the rate is exactly the source's decimal text, never a float.",
  async run(world) {
    for (const decimal of DECIMALS) {
      world.say(decimal)
      const observed = await world.source.rate(world.pair)
      check(observed !== null, `The source says ${decimal}, and the adapter \`null\`.`)
      const { rate, observedAt } = observed
      check(
        isSame(rate, Rate.of(world.pair, decimal)),
        `The source says ${decimal}, the adapter ${shown(rate)}.`,
      )
      check(!Number.isNaN(observedAt.getTime()), 'observedAt is no time.')
    }
  },
}

const unsupported: Case<RatesWorld> = {
  id: 'rates/unsupported_is_null',
  rule: 'a pair that the source does not know is `null`.',
  async run(world) {
    world.say('5.1234')
    const told = await world.source.rate(world.unknownPair)
    check(told === null, `Expected \`null\`, got ${shown(told)}.`)
    check((await world.source.rate(world.pair)) !== null, 'The pair that the source knows is `null`.')
  },
}

const down: Case<RatesWorld> = {
  id: 'rates/down_throws',
  rule: 'trouble throws `ProviderError`; it is never answered with an old or made-up rate.',
  async run(world) {
    check(world.faults.length > 0, 'The world knows nothing that can go wrong.')
    world.say('5.1234')
    await world.source.rate(world.pair)
    for (const kind of world.faults) {
      world.fault(kind)
      await checkThrows(kind, async () => world.source.rate(world.pair))
    }
  },
}

/** The rules of `RateSource`. */
export const ratesCases: readonly Case<RatesWorld>[] = [exact, unsupported, down]
