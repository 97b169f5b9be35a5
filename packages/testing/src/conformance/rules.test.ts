import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  chainFlaws,
  contractEventFlaws,
  paymentFlaws,
  payoutFlaws,
  ratesFlaws,
  signerFlaws,
  statementFlaws,
  webhookFlaws,
} from '../flaws/index.ts'
import {
  chainCases,
  contractEventCases,
  paymentCases,
  payoutCases,
  ratesCases,
  signerCases,
  statementCases,
  webhookCases,
} from './index.ts'

const PORTS = new URL('../../../core/src/spec/ports/', import.meta.url)
const RULE = /^ \* - `(\w+\/\w+)`: (.+)$/gm

/** The rules that a port's documentation states: id and sentence. */
function documented(file: string): ReadonlyMap<string, string> {
  const text = readFileSync(new URL(file, PORTS), 'utf8')
  return new Map([...text.matchAll(RULE)].map(([, id = '', rule = '']) => [id, rule]))
}

const rules = readdirSync(PORTS).flatMap((file) => [...documented(file)])
const cases = [
  ...paymentCases,
  ...payoutCases,
  ...webhookCases,
  ...chainCases,
  ...signerCases,
  ...statementCases,
  ...contractEventCases,
  ...ratesCases,
]
const flaws = [
  ...paymentFlaws,
  ...payoutFlaws,
  ...webhookFlaws,
  ...chainFlaws,
  ...signerFlaws,
  ...statementFlaws,
  ...contractEventFlaws,
  ...ratesFlaws,
]

describe('the rules of the ports', () => {
  it('are found in their documentation', () => {
    // Fewer would mean that the form of the documentation changed, and that nothing is compared any more.
    expect(rules.length).toBeGreaterThanOrEqual(30)
  })

  it('are the cases of the kit, word for word', () => {
    expect(Object.fromEntries(cases.map(({ id, rule }) => [id, rule]))).toEqual(Object.fromEntries(rules))
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
  })

  it('are each broken by a flaw', () => {
    const broken = [...new Set(flaws.map(({ id }) => id))].sort()
    expect(broken).toEqual(rules.map(([id]) => id).sort())
  })
})
