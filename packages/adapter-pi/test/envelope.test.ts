import { createRequire } from 'node:module'
import { Money, secret } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf, fitsMemo, markOf, type Order, readEnvelope, signOrder } from '../src/envelope.ts'
import { NETWORKS, type PiNetwork } from '../src/networks.ts'

/** Throw-away keys of repeated bytes: 32 times 07 and 32 times 09. */
const SEED = secret('SADQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQP54X')
const APP = 'GDVEU3DD4KOFECV66VIHWEZOYX4ZKR3WV27L464SIIPOU2IUI3JCZA57'
const USER = 'GD6ROJBYLKQMOW3E7N4M2YBPUHMZD7PL65VRHRMO24BOVSBV5H3BQRSL'

const order = (network: PiNetwork, given: Partial<Order> = {}): Order => ({
  from: APP,
  to: USER,
  amount: Money.parse('3.14', NETWORKS[network].asset),
  memo: 'PR1qHuKAjgfMDs5WB9DdFoHiq3I6',
  sequence: '4294967296000',
  fee: 100_000n,
  notBefore: 0n,
  notAfter: 1_793_448_180n,
  ...given,
})

/** Computed with two versions of the Stellar SDK. */
const VECTORS: readonly (readonly [PiNetwork, string, string])[] = [
  ['testnet', 'Pi Testnet', '7f29833bf00e24e100d17863a413448c0aa030b5ce7c2d6a57abe9906574f000'],
  ['mainnet', 'Pi Network', '0c50817651753deb56f36f808e43d7ec84bcc78081b285dedabab976c0ddc2c9'],
]

describe('a signed transaction', () => {
  it('is loaded with the SDK at the first use, and not before', async () => {
    const { pi } = await import('../src/index.ts')
    const { cache } = createRequire(import.meta.url)
    const isLoaded = () => Object.keys(cache).some((file) => /[\\/]stellar-sdk[\\/]/.test(file))
    pi({ apiKey: 'key-0123456789', network: 'testnet', walletSeed: SEED, clock: { now: () => new Date(0) } })
    expect(isLoaded()).toBe(false)
    expect(addressOf(SEED)).toBe(APP)
    expect(isLoaded()).toBe(true)
  })

  it.each(VECTORS)('on %s (%s) has the hash of the vector', (network, passphrase, hash) => {
    const facts = NETWORKS[network]
    expect(facts.passphrase).toBe(passphrase)
    const signed = signOrder(order(network), { seed: SEED, facts })
    expect(signed.hash).toBe(hash)
    expect(signOrder(order(network), { seed: SEED, facts })).toEqual(signed)
  })

  it('says what it was made of', () => {
    const facts = NETWORKS.testnet
    const amounts = fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n })
    fc.assert(
      fc.property(amounts, fc.string({ minLength: 1, maxLength: 60 }), (amount, key) => {
        const made = order('testnet', { amount: Money.of(amount, facts.asset), notBefore: markOf(key) })
        const { envelope } = signOrder(made, { seed: SEED, facts })
        expect(readEnvelope(envelope, facts)).toEqual({
          to: USER,
          amount: made.amount,
          notBefore: markOf(key),
        })
      }),
      { numRuns: 50 },
    )
  })

  it.each(['', 'AAAA', 'not base64', 'x'.repeat(5_000)])('is not read from %.20j', (text) => {
    expect(readEnvelope(text, NETWORKS.testnet)).toBeNull()
  })
})

describe('a mark', () => {
  it('is the same for a key, is told apart from none, and lies in the past', () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const mark = markOf(key)
        expect(mark).toBe(markOf(key))
        expect(mark > 0n && mark <= 1_000_000_000n).toBe(true)
      }),
    )
    expect(markOf('a')).not.toBe(markOf('b'))
  })
})

it('a text memo has at most 28 bytes, not characters', () => {
  expect(fitsMemo('PR1qHuKAjgfMDs5WB9DdFoHiq3I6')).toBe(true)
  expect(fitsMemo('PR1qHuKAjgfMDs5WB9DdFoHiq3I67')).toBe(false)
  expect(fitsMemo('é'.repeat(14))).toBe(true)
  expect(fitsMemo('é'.repeat(15))).toBe(false)
  expect(fitsMemo('')).toBe(false)
})
