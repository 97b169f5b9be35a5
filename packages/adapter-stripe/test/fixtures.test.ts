import type { ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { EVENT_TYPES } from '../src/event-types.ts'
import { eventOf, type Json, readSpec, translated } from './setup.ts'

interface Fixtures {
  readonly sets: Readonly<Record<string, { readonly resources: Readonly<Record<string, Json>> }>>
}

const fixtures = readSpec<Fixtures>('stripe-fixtures.json')

/** The sample object of a type's events, by the beginning of the type: the longest one counts. */
const RESOURCES: Readonly<Record<string, string>> = {
  charge: 'charge',
  'charge.dispute': 'dispute',
  'charge.refund': 'refund',
  'checkout.session': 'checkout.session',
  customer: 'customer',
  'customer.subscription': 'subscription',
  invoice: 'invoice',
  invoice_payment: 'invoice_payment',
  payment_intent: 'payment_intent',
  payment_method: 'payment_method',
  'radar.early_fraud_warning': 'radar.early_fraud_warning',
  refund: 'refund',
}

const KINDS: Readonly<Record<string, ProviderEvent['kind']>> = {
  applied: 'payment',
  handed_on: 'changed',
  asked: 'hint',
}
const VERSIONS: Readonly<Record<string, string>> = {
  '2026-07-29': '2026-07-29.dahlia',
  '2025-02 (before basil)': '2025-02-24.acacia',
}

const cases = Object.entries(fixtures?.sets ?? {}).flatMap(([set, { resources }]) =>
  EVENT_TYPES.flatMap(({ type, does }) => {
    const object = resources[RESOURCES[type.slice(0, type.lastIndexOf('.'))] ?? '']
    return object === undefined ? [] : [{ set, type, does, object }]
  }),
)

describe.skipIf(fixtures === null)("Stripe's own sample objects", () => {
  it.each(cases)('of $set are read in $type', ({ set, type, does, object }) => {
    const told = translated(eventOf(type, object, { api_version: VERSIONS[set] }))
    expect(told.map(({ kind }) => kind)).toEqual([KINDS[does]])
  })

  it('of both shapes tell the same', () => {
    const [now, before] = Object.values(fixtures?.sets ?? {}).map(({ resources }) => {
      const subscription = translated(
        eventOf('customer.subscription.updated', resources.subscription ?? {}),
      )[0]
      return subscription?.kind === 'changed' ? subscription : null
    })
    expect(now?.ref).toBe(before?.ref)
    expect(now?.status).toBe(before?.status)
    for (const told of [now, before]) expect(told?.facts).toHaveProperty('currentPeriodEnd')
  })
})
