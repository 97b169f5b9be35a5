import { walkPages } from '@lastro/adapter-kit'
import { ProviderError } from '@lastro/core/spec'
import type { Stripe } from 'stripe'
import type { StripeClient } from './client.ts'
import { PROVIDER } from './provider.ts'

/** The most that Stripe puts on a page: https://docs.stripe.com/api/pagination. */
const PAGE_SIZE = 100

/** One page of any of Stripe's lists. */
export interface ListPage {
  readonly data: readonly object[]
  readonly has_more: boolean
}

interface Walk {
  readonly subject: string
  readonly maxPages: number
  readonly signal: AbortSignal | undefined
  read(stripe: Stripe, page: { readonly limit: number; readonly starting_after?: string }): Promise<ListPage>
}

const idOf = (object: unknown): string | null => {
  const id: unknown = Reflect.get(Object(object), 'id')
  return typeof id === 'string' ? id : null
}

/**
 * All of a list, page by page, newest first; it ends early for whoever stops reading. Nothing, where Stripe does not
 * know what is listed.
 * @throws ProviderError when Stripe could not be asked, or the list does not end within `maxPages`.
 */
export function walkList(client: StripeClient, walk: Walk): AsyncGenerator<object, void, void> {
  const { subject, maxPages, signal } = walk
  return walkPages<object, string>({
    provider: PROVIDER,
    first: '',
    maxPages,
    read: async (after) => {
      const page = { limit: PAGE_SIZE, ...(after === '' ? {} : { starting_after: after }) }
      const found = await client.ask((stripe) => walk.read(stripe, page), { subject, signal })
      if (found === null) return { items: [], next: null }
      if (!Array.isArray(found.data) || typeof found.has_more !== 'boolean')
        throw new ProviderError({
          provider: PROVIDER,
          kind: 'unexpected_answer',
          message: `the answer for ${subject} is no list.`,
        })
      const next = found.has_more ? idOf(found.data.at(-1)) : null
      return { items: found.data, next }
    },
  })
}

async function collect(client: StripeClient, walk: Walk): Promise<readonly object[]> {
  const all: object[] = []
  for await (const object of walkList(client, walk)) all.push(object)
  return all
}

/** The charge in an object: itself, the latest of an intent, or that of a page's intent. Null where it is an id only. */
function chargeIn(object: unknown): object | null {
  const kind: unknown = Reflect.get(Object(object), 'object')
  if (kind === 'charge') return Object(object)
  const next: unknown = Reflect.get(
    Object(object),
    kind === 'checkout.session' ? 'payment_intent' : 'latest_charge',
  )
  return typeof next === 'object' && next !== null ? chargeIn(next) : null
}

interface Held {
  readonly object: unknown
  readonly signal: AbortSignal | undefined
}

/** A charge that is told with its refunds tells ten of them: the others are asked for. */
export async function withAllRefunds(client: StripeClient, { object, signal }: Held): Promise<unknown> {
  const refunds: unknown = Reflect.get(Object(chargeIn(object)), 'refunds')
  if (Reflect.get(Object(refunds), 'has_more') !== true) return object
  const copy = structuredClone(object)
  const charge = chargeIn(copy)
  const id = idOf(charge)
  if (charge === null || id === null) return object
  const data = await collect(client, {
    subject: 'the refunds of a charge',
    maxPages: 20,
    signal,
    read: (stripe, page) => stripe.refunds.list({ charge: id, ...page }),
  })
  Reflect.set(charge, 'refunds', { object: 'list', data, has_more: false })
  return copy
}

/** The disputes of an object's charge: nothing lists them with it, the charge only says that there are any. */
export async function listDisputes(
  client: StripeClient,
  { object, signal }: Held,
): Promise<readonly unknown[]> {
  const charge = chargeIn(object)
  const id = idOf(charge)
  if (id === null || Reflect.get(Object(charge), 'disputed') !== true) return []
  return collect(client, {
    subject: 'the disputes of a charge',
    maxPages: 5,
    signal,
    read: (stripe, page) => stripe.disputes.list({ charge: id, ...page, expand: ['data.payment_intent'] }),
  })
}
