import { z } from 'zod'
import { reveal, type Secret, secret } from '../../spec/index.ts'
import { boundedText, parseInput, refuse } from '../input.ts'
import { type OutgoingEndpoint, TYPE_PATTERN } from './endpoint.ts'
import type { OutgoingDeps } from './settings.ts'
import { newSecret, sealSecret, secretBytes } from './signing.ts'
import type { OutgoingWork } from './store.ts'

/** About as many as one customer may have: each message to it becomes so many deliveries. */
export const MAX_ENDPOINTS = 100

/** Types that an endpoint takes. */
export const eventTypesSchema = z
  .array(
    z
      .string({ error: 'must be a text' })
      .max(128, 'must be at most 128 characters')
      .regex(TYPE_PATTERN, 'must be a type such as payment.paid, a pattern such as payment.*, or *'),
    { error: 'must be a list of types' },
  )
  .min(1, 'must name at least one type, or *')
  .max(100, 'must be at most 100 types')

const secretSchema = z.custom<string | Secret>(
  (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
  { error: 'must be a text or a secret' },
)

const schema = z.strictObject({
  url: z.string({ error: 'is required: an https address' }),
  description: boundedText(256).optional(),
  customer: boundedText(128).optional(),
  eventTypes: eventTypesSchema.optional(),
  secret: secretSchema.optional(),
})

/** A new endpoint. */
export interface CreateEndpoint {
  /** https, on a port that the sender was given, by a public name. */
  readonly url: string
  readonly description?: string
  /** The host's own reference. The endpoint gets the messages of exactly this customer; without one, those of none. */
  readonly customer?: string
  /** Exact types, `payment.*`, or `*`. Default: all. */
  readonly eventTypes?: readonly string[]
  /** Default: 32 new random bytes. Given, for endpoints that move here: `whsec_` and the base64 of 24 to 64 bytes. */
  readonly secret?: string | Secret
}

/** An endpoint with its secret. The secret is told this once and cannot be read again. */
export interface EndpointWithSecret {
  readonly endpoint: OutgoingEndpoint
  /** `reveal(secret)` is the text to show to the customer. */
  readonly secret: Secret
}

/** Creates an endpoint and its secret. */
export async function createEndpoint<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  input: CreateEndpoint,
): Promise<EndpointWithSecret> {
  const { keys, sender } = deps.settings()
  const parsed = parseInput(schema, input)
  checkUrl(sender, parsed.url)
  const text = parsed.secret === undefined ? newSecret() : reveal(secret(parsed.secret))
  secretBytes(text)
  const customer = parsed.customer ?? null
  const others = await tx.outgoingEndpoints.ofCustomer({ customer, limit: MAX_ENDPOINTS })
  if (others.length === MAX_ENDPOINTS)
    refuse('customer', `has ${MAX_ENDPOINTS} endpoints already, which is the most`)
  const at = deps.clock.now()
  const endpoint: OutgoingEndpoint = {
    id: deps.ids.next('whep'),
    url: parsed.url,
    description: parsed.description ?? null,
    customer,
    eventTypes: parsed.eventTypes ?? ['*'],
    state: 'enabled',
    disabledReason: null,
    failures: 0,
    failingSince: null,
    restingUntil: null,
    lastSuccessAt: null,
    createdAt: at,
    updatedAt: at,
    version: 1,
  }
  await tx.outgoingEndpoints.insert(endpoint)
  await tx.outgoingEndpoints.insertSecret(
    sealSecret({ keys, ids: deps.ids }, { text, endpointId: endpoint.id, at }),
  )
  return { endpoint, secret: secret(text) }
}

/** @throws LastroError `invalid_input`. */
export function checkUrl(sender: { checkUrl(url: string): string | null }, url: string): void {
  const broken = sender.checkUrl(url)
  if (broken !== null) refuse('url', broken)
}
