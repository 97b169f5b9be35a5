import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hmacHex } from '@lastro/adapter-kit'
import type { ProviderEvent, RawDelivery } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import { type StripeOptions, stripe } from '../src/index.ts'

export const SECRET = 'whsec_test_5f2c1e0b7a9d4c3e8b6a1f0d2c4e6a8b'
export const OTHER_SECRET = 'whsec_test_9d8c7b6a5f4e3d2c1b0a99887766554433'
export const API_KEY = 'rk_test_51LastroTestKey0000000000'
export const NOW = 1_793_448_000

type Changes = Partial<Omit<StripeOptions, 'webhook'>> & {
  readonly webhook?: Partial<StripeOptions['webhook']>
}

/** Options that work, with changes. */
export function optionsFor({ webhook, ...changes }: Changes = {}): StripeOptions {
  return {
    clock: manualClock(new Date(NOW * 1_000)),
    ...changes,
    webhook: { secrets: [SECRET], livemode: false, ...webhook },
  }
}

/** The webhook port of a Stripe with these options. */
export const sourceFor = (changes?: Changes) => stripe(optionsFor(changes)).webhooks

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Signing {
  readonly secret?: string
  readonly at?: number
  readonly header?: string
}

/** The header that Stripe would send with these bytes. */
export function headerFor(body: Uint8Array, { secret = SECRET, at = NOW }: Signing = {}): string {
  const data = Buffer.concat([bytes(`${at}.`), body])
  return `t=${at},v1=${hmacHex('sha256', { key: secret, data })}`
}

/** These bytes as Stripe delivers them. */
export function deliveryOf(body: Uint8Array | string, signing: Signing = {}): RawDelivery {
  const given = typeof body === 'string' ? bytes(body) : body
  return {
    method: 'POST',
    url: '/webhooks/stripe',
    headers: {
      'stripe-signature': signing.header ?? headerFor(given, signing),
      'content-type': 'application/json',
    },
    body: given,
    receivedAt: new Date(NOW * 1_000),
  }
}

export type Json = Record<string, unknown>

/** A snapshot event around an object, in the order in which Stripe writes its fields. */
export function eventOf(type: string, object: Json, changes: Json = {}): Json {
  const { previous_attributes: previous, ...rest } = changes
  return {
    id: 'evt_1SOKWeb0001',
    object: 'event',
    api_version: '2026-10-28.endive',
    created: NOW - 10,
    data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    ...rest,
  }
}

/** A thin event about an object. */
export const thinOf = (
  type: string,
  related: Json | null = { id: 'sub_1', type: 'subscription', url: '/v1/x' },
): Json => ({
  id: 'evt_test_61X0001',
  object: 'v2.core.event',
  type,
  livemode: false,
  created: '2026-10-31T12:00:01.000Z',
  context: null,
  reason: null,
  related_object: related,
})

/** What a source without options of its own makes of an event. */
export function translated(event: Json): readonly ProviderEvent[] {
  return sourceFor().translate({
    body: bytes(JSON.stringify(event)),
    topic: String(event.type),
    subject: null,
  })
}

/** A file of Stripe's facts that is not part of the repository. Null, with a notice, where it is not at hand. */
export function readSpec<T>(name: string): T | null {
  const path = join(specsFolder(), name)
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T
  console.warn(`skipped: ${name} is not here (set LASTRO_SPECS to its folder)`)
  return null
}

function specsFolder(): string {
  if (process.env.LASTRO_SPECS !== undefined) return process.env.LASTRO_SPECS
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'pnpm-workspace.yaml')) && dirname(folder) !== folder)
    folder = dirname(folder)
  return join(folder, '../shared/providers/specs')
}
