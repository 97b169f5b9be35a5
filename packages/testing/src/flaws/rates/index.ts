import { ProviderError, Rate, type RateSource } from '@lastro/core/spec'
import type { CreateWorld, RatePair, RatesFault, RatesWorld } from '../../conformance/index.ts'
import { type Flaw, transportError } from '../flaw.ts'

interface Remote {
  decimal: string
  fault: RatesFault | null
}

/** The decisions of a rate adapter, one by one. */
interface RatesParts {
  toRate(decimal: string): Rate
  onUnknownPair(pair: RatePair): Rate | null
  /** @throws ProviderError, unless broken. */
  onTrouble(): Rate | null
}

type Replace = (correct: RatesParts) => Partial<RatesParts>

const PAIR = { base: 'USDC.polygon/6', quote: 'BRL/2' } as const

const correctParts: RatesParts = {
  toRate: (decimal) => Rate.of(PAIR, decimal),
  onUnknownPair: () => null,
  onTrouble() {
    throw new ProviderError({ provider: 'reference', kind: 'unavailable', message: 'no rate came.' })
  },
}

/** The source's own side: a decimal text, or trouble. */
function ask({ decimal, fault }: Remote): { readonly status: number; readonly text: string } {
  if (fault === 'unreachable') throw transportError('ECONNREFUSED')
  if (fault === 'server_error') return { status: 503, text: '' }
  return { status: 200, text: fault === 'nonsense' ? '<html>' : decimal }
}

function read(remote: Remote, parts: RatesParts): Rate | null {
  let text: string
  try {
    const answer = ask(remote)
    text = answer.status === 200 && /^[\d.]+$/.test(answer.text) ? answer.text : ''
  } catch {
    text = ''
  }
  return text === '' ? parts.onTrouble() : parts.toRate(text)
}

function createWorld(replace: Replace = () => ({})): RatesWorld {
  const remote: Remote = { decimal: '1', fault: null }
  const parts = { ...correctParts, ...replace(correctParts) }
  const source: RateSource = {
    specVersion: 1,
    async rate({ base, quote }) {
      const isKnown = base === PAIR.base && quote === PAIR.quote
      const rate = isKnown ? read(remote, parts) : parts.onUnknownPair({ base, quote })
      return rate === null ? null : { rate, observedAt: new Date(Date.UTC(2026, 2, 2)) }
    },
  }
  return {
    source,
    pair: PAIR,
    unknownPair: { base: 'USDC.polygon/6', quote: 'XTS/2' },
    say(decimal) {
      remote.decimal = decimal
    },
    faults: ['unreachable', 'server_error', 'nonsense'],
    fault(kind) {
      remote.fault = kind
    },
  }
}

/** A correct rate adapter. */
export const ratesReference: CreateWorld<RatesWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<RatesWorld> => ({
  id: `rates/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

/** Keeps the last rate, and tells it again in times of trouble. */
function tellsTheLastOne(correct: RatesParts): Partial<RatesParts> {
  let last: Rate | null = null
  return {
    toRate(decimal) {
      last = correct.toRate(decimal)
      return last
    },
    onTrouble: () => last ?? correct.onTrouble(),
  }
}

/** Ways to break a rate adapter, at least one for each rule. */
export const ratesFlaws: readonly Flaw<RatesWorld>[] = [
  flaw('exact', 'reads the decimal as a float', {
    replace: () => ({ toRate: (decimal) => Rate.of(PAIR, Number(decimal).toFixed(20)) }),
  }),
  flaw('exact', 'keeps eight places', {
    replace: () => ({ toRate: (decimal) => Rate.of(PAIR, decimal.replace(/(\.\d{8})\d+$/, '$1')) }),
  }),
  flaw('unsupported_is_null', 'makes up one to one for a pair nobody knows', {
    replace: () => ({ onUnknownPair: (pair) => Rate.of(pair, '1') }),
  }),
  flaw('unsupported_is_null', 'throws for a pair nobody knows', {
    replace: (correct) => ({ onUnknownPair: () => correct.onTrouble() }),
  }),
  flaw('down_throws', 'tells the last rate in times of trouble', { replace: tellsTheLastOne }),
  flaw('down_throws', 'takes trouble for an unknown pair', { replace: () => ({ onTrouble: () => null }) }),
]
