import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventTypeRow, ProviderEvent } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { eventNames } from '../scripts/list-event-names.ts'
import { SNAPSHOT_TYPES, THIN_TYPES } from '../src/event-names.ts'
import { eventOf, type Json, readSpec, sourceFor, thinOf, translated } from './setup.ts'

const { eventTypes } = sourceFor()

/** The least that each kind of object must hold, all of them in one. */
const OBJECT: Json = {
  id: 'obj_1',
  amount: 100,
  captured: true,
  charge: 'ch_1',
  currency: 'usd',
  customer: 'cus_1',
  invoice: 'in_1',
  mode: 'payment',
  payment_status: 'paid',
}

/** A status that the object of a type may have. */
const statusFor = (type: string): string =>
  type.startsWith('charge.dispute')
    ? 'needs_response'
    : type.startsWith('checkout')
      ? 'complete'
      : 'succeeded'

const DOES: Readonly<Record<ProviderEvent['kind'], EventTypeRow['does'] | null>> = {
  payout: null,
  payment: 'applied',
  changed: 'handed_on',
  hint: 'asked',
  ignored: 'ignored',
  unrecognised: null,
}

describe('the table of event types', () => {
  it('holds every type of the official package, once', () => {
    const names = eventTypes.map(({ type }) => type)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toHaveLength(275 + 326)
    const written = readFileSync(join(import.meta.dirname, '../src/event-names.ts'), 'utf8')
    expect(written).toBe(eventNames())
  })

  it('holds every type of the fact sheet', ({ skip }) => {
    const sheet = readSpec<{ snapshot_data_object: Json; thin: string[] }>('stripe-event-types.json')
    if (sheet === null) return skip()
    expect([...SNAPSHOT_TYPES].sort()).toEqual(Object.keys(sheet.snapshot_data_object).sort())
    expect([...THIN_TYPES].sort()).toEqual([...sheet.thin].sort())
  })

  it.each(eventTypes)('says of $type what becomes of it: $does', ({ type, does }) => {
    const isThin = THIN_TYPES.includes(type)
    const event = isThin ? thinOf(type) : eventOf(type, { ...OBJECT, status: statusFor(type) })
    expect(translated(event).map(({ kind }) => DOES[kind])).toEqual([does])
  })

  it('lets no type that moves money or that is told to the host go by as ignored', () => {
    const named =
      /^(v1\.)?(payment_intent|charge|refund|radar\.early_fraud_warning|checkout\.session|customer|invoice|invoice_payment|payment_method|setup_intent|subscription_schedule)\./
    const ignored = eventTypes.filter(({ does }) => does === 'ignored').map(({ type }) => type)
    expect(
      ignored.filter((type) => named.test(type) && !/^v1\.customer\.(discount|source|tax_id)\./.test(type)),
    ).toEqual([])
  })

  it('does not know a type that Stripe does not document', () => {
    for (const event of [
      eventOf('charge.teleported', OBJECT),
      thinOf('v1.charge.teleported'),
      eventOf('v1.charge.succeeded', OBJECT),
      thinOf('charge.succeeded'),
    ])
      expect(translated(event)).toEqual([
        {
          kind: 'unrecognised',
          topic: event.type,
          detail: 'a type that this adapter does not know',
          providerRef: expect.any(String),
        },
      ])
  })
})
