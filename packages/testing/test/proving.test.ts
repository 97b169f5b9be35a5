import { ProviderError, Rate, type RateSource } from '@lastro/core/spec'
import { type RatesFault, type RatesWorld, ratesCases, registerCases } from '@lastro/testing/conformance'
import { describe, it } from 'vitest'

/** The adapter to prove: it asks an API that answers a decimal text, or 404 for a pair it does not know. */
function acmeRates({
  fetch,
  now,
}: {
  fetch: (url: string) => Promise<Response>
  now: () => Date
}): RateSource {
  const trouble = (message: string) => new ProviderError({ provider: 'acme', kind: 'unavailable', message })
  return {
    specVersion: 1,
    async rate({ base, quote }) {
      const answer = await fetch(`https://acme.example/${base}/${quote}`).catch(() => null)
      if (answer === null) throw trouble('no answer')
      if (answer.status === 404) return null
      if (!answer.ok) throw trouble(`status ${answer.status}`)
      try {
        return { rate: Rate.of({ base, quote }, await answer.text()), observedAt: now() }
      } catch {
        throw trouble('the answer is no decimal')
      }
    },
  }
}

/** The world behind it: the API in memory, and what may go wrong with it. */
function createWorld(): RatesWorld {
  let decimal = '1'
  let fault: RatesFault | null = null
  const api = async (url: string): Promise<Response> => {
    if (fault === 'unreachable') throw new TypeError('fetch failed')
    if (fault === 'server_error') return new Response(decimal, { status: 503 })
    if (!url.endsWith('/USDC.polygon/6/BRL/2')) return new Response(null, { status: 404 })
    return new Response(fault === 'nonsense' ? '<html>' : decimal)
  }
  return {
    source: acmeRates({ fetch: api, now: () => new Date('2026-03-02T12:00:00Z') }),
    pair: { base: 'USDC.polygon/6', quote: 'BRL/2' },
    unknownPair: { base: 'USDC.polygon/6', quote: 'XTS/2' },
    say: (text) => {
      decimal = text
    },
    faults: ['unreachable', 'server_error', 'nonsense'],
    fault: (kind) => {
      fault = kind
    },
  }
}

describe('acme rates', () => registerCases(it, { cases: ratesCases, createWorld }))
