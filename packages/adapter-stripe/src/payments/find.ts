import type { PaymentRef, ProviderPayment } from '@lastro/core/spec'
import { kindOfPayment, retrieve, type Target } from '../look-up.ts'
import { KEY_FIELD, VIA_CHECKOUT, VIA_FIELD } from '../payment-refs.ts'
import { type ListPage, walkList } from '../whole.ts'
import type { PaymentContext } from './context.ts'
import { paymentOf } from './payment.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS

/** Around an attempt: our clock may differ from Stripe's, and a request may have been on its way for a while. */
const BEFORE_MS = 10 * MINUTE_MS
const AFTER_MS = 30 * MINUTE_MS
/** How far back is looked where nobody says when it was attempted. A page of Stripe lives for a day. */
const LOOK_BACK_MS = 31 * 24 * 60 * MINUTE_MS
/** Ten thousand objects. A list that goes on is an error: absence cannot be told from it. */
const MAX_PAGES = 100

interface Window {
  readonly gte: number
  readonly lte: number
}

function windowOf({ settings }: PaymentContext, attemptedAt: Date | undefined): Window {
  const now = settings.clock.now().getTime()
  const [from, to] =
    attemptedAt === undefined
      ? [now - LOOK_BACK_MS, now + BEFORE_MS]
      : [attemptedAt.getTime() - BEFORE_MS, attemptedAt.getTime() + AFTER_MS]
  return { gte: Math.floor(from / SECOND_MS), lte: Math.ceil(to / SECOND_MS) }
}

const fieldOf = (object: object, name: string): unknown =>
  Reflect.get(Object(Reflect.get(object, 'metadata')), name)

const idOf = (object: object): string => String(Reflect.get(object, 'id'))

type ListName = 'checkout' | 'payment_intent'

/** The first object of a list that carries the key. Lists are read, and not the search, which lags behind. */
async function firstWith(
  { client }: PaymentContext,
  asked: {
    readonly list: ListName
    readonly key: string
    readonly window: Window
    readonly signal: AbortSignal | undefined
  },
): Promise<object | null> {
  const { list, key, window, signal } = asked
  const found = walkList(client, {
    subject: list === 'checkout' ? 'the Checkout pages of a while' : 'the payment intents of a while',
    maxPages: MAX_PAGES,
    signal,
    read: (stripe, page): Promise<ListPage> =>
      list === 'checkout'
        ? stripe.checkout.sessions.list({ created: window, ...page })
        : stripe.paymentIntents.list({ created: window, ...page }),
  })
  for await (const object of found) if (fieldOf(object, KEY_FIELD) === key) return object
  return null
}

/** The page that an intent was made by: it was made before the intent, perhaps before the window. */
async function pageOf(
  { client }: PaymentContext,
  asked: { readonly intent: string; readonly signal: AbortSignal | undefined },
): Promise<object | null> {
  const found = await client.ask(
    (stripe) => stripe.checkout.sessions.list({ payment_intent: asked.intent, limit: 1 }),
    { subject: 'the Checkout page of a payment intent', signal: asked.signal },
  )
  return found?.data[0] ?? null
}

/** By which id Stripe holds what was made with a key. Null: within the window nothing was. */
async function targetByKey(context: PaymentContext, ref: PaymentRef): Promise<Target | null> {
  const { idempotencyKey: key, signal } = ref
  const window = windowOf(context, ref.attemptedAt)
  const targetOf = (kind: ListName, id: string): Target => ({ kind, id, topic: kind, change: 'asked' })
  const page = await firstWith(context, { list: 'checkout', key, window, signal })
  if (page !== null) return targetOf('checkout', idOf(page))
  const intent = await firstWith(context, { list: 'payment_intent', key, window, signal })
  if (intent === null) return null
  if (fieldOf(intent, VIA_FIELD) !== VIA_CHECKOUT) return targetOf('payment_intent', idOf(intent))
  const owner = await pageOf(context, { intent: idOf(intent), signal })
  return owner === null ? targetOf('payment_intent', idOf(intent)) : targetOf('checkout', idOf(owner))
}

/** What a ref names at Stripe, or null where it is no id of a page or an intent: then the key decides. */
function targetByRef(providerRef: string | undefined): Target | null {
  if (providerRef === undefined || !/^(cs|pi)_\w{1,255}$/.test(providerRef)) return null
  const kind = kindOfPayment(providerRef)
  return { kind, id: providerRef, topic: kind, change: 'asked' }
}

/**
 * A payment as Stripe tells it now: by its id, else by our key in the lists of what was made around the attempt. Null
 * only where Stripe has no such id, or the lists were read to their end.
 * @throws ProviderError when Stripe could not be asked, or lists more than can be read.
 */
export async function findPayment(context: PaymentContext, ref: PaymentRef): Promise<ProviderPayment | null> {
  const { idempotencyKey, signal } = ref
  const target = targetByRef(ref.providerRef) ?? (await targetByKey(context, ref))
  if (target === null) return null
  const found = await retrieve(context.client, { target, signal })
  return found === null ? null : paymentOf(found, { providerRef: target.id, idempotencyKey })
}
