import { manualClock } from '@lastro/testing/clock'
import { type RatesFault, type RatesWorld, ratesCases, registerCases } from '@lastro/testing/conformance'
import { describe, it } from 'vitest'
import { fixedRates, httpRates } from '../src/index.ts'

const PAIR = { base: 'POL.polygon/18', quote: 'BRL/2' } as const
const UNKNOWN_PAIR = { base: 'POL.polygon/18', quote: 'XTS/2' } as const

/** A source that writes its rates as the test says, and knows one pair. */
function createHttpWorld(write: (decimal: string) => string): RatesWorld {
  let decimal = '1'
  let fault: RatesFault | null = null
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (fault === 'unreachable')
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
      })
    if (fault === 'server_error') return new Response(`{"price":${write(decimal)}}`, { status: 503 })
    const isKnown = new Request(input, init).url.endsWith('/POL/BRL')
    if (!isKnown) return new Response('{"error":"no such pair"}', { status: 404 })
    return new Response(fault === 'nonsense' ? '{"price":"soon"}' : `{"price":${write(decimal)}}`)
  }
  const url = 'https://rates.example/{base}/{quote}'
  return {
    source: httpRates({ url, path: 'price', clock: manualClock(), fetch }).rates,
    pair: PAIR,
    unknownPair: UNKNOWN_PAIR,
    say(text) {
      decimal = text
    },
    faults: ['unreachable', 'server_error', 'nonsense'],
    fault(kind) {
      fault = kind
    },
  }
}

/** Nobody is asked, so all that can go wrong is what was written down. */
function createFixedWorld(): RatesWorld {
  const clock = manualClock()
  let decimal = '1'
  return {
    get source() {
      return fixedRates({ rates: { [PAIR.base]: { [PAIR.quote]: decimal } }, clock }).rates
    },
    pair: PAIR,
    unknownPair: UNKNOWN_PAIR,
    say(text) {
      decimal = text
    },
    faults: ['nonsense'],
    fault() {
      decimal = 'soon'
    },
  }
}

describe('httpRates, decimals as texts', () =>
  registerCases(it, { cases: ratesCases, createWorld: () => createHttpWorld((decimal) => `"${decimal}"`) }))
describe('httpRates, decimals as JSON numbers', () =>
  registerCases(it, { cases: ratesCases, createWorld: () => createHttpWorld((decimal) => decimal) }))
describe('fixedRates', () => registerCases(it, { cases: ratesCases, createWorld: createFixedWorld }))
