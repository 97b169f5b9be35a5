import { type CreatePayment, Money } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import type { PaymentFault, PaymentWorld, StatementWorld } from '@lastro/testing/conformance'
import {
  createFakeStripe,
  type FakeStripe,
  type FakeStripeOptions,
  type StripeCallFault,
} from '@lastro/testing/stripe'
import { type StripeOptions, type StripePaymentProvider, stripe } from '../src/index.ts'
import { NOW, SECRET } from './setup.ts'

/** For how long lists may not show what was made while its answer was lost, as far as the fake is concerned. */
export const HIDDEN_MS = 30_000

type More = Partial<Omit<StripeOptions, 'payments'>> & {
  readonly payments?: Partial<NonNullable<StripeOptions['payments']>>
}

/** An adapter that asks a fake. */
export function adapterFor(
  fake: Pick<FakeStripe, 'fetch' | 'apiKey'>,
  { payments, ...more }: More & Pick<StripeOptions, 'clock'>,
): StripePaymentProvider {
  return stripe({
    apiKey: fake.apiKey,
    fetch: fake.fetch,
    webhook: { secrets: [SECRET], livemode: false },
    ...more,
    payments: { currencies: ['USD', 'BRL', 'JPY', 'KWD'], ...payments },
  })
}

/** A fake and adapters of it, over one clock. */
export function setUp({ fake: options, ...more }: More & { readonly fake?: FakeStripeOptions } = {}) {
  const clock = manualClock(new Date(NOW * 1_000))
  const fake = createFakeStripe({ clock, ...options })
  const restarted = () => adapterFor(fake, { clock, ...more })
  return { clock, fake, provider: restarted(), restarted }
}

let keys = 0
/** A request that can be made, with a key of its own. */
export function requestFor(changes: Partial<CreatePayment> = {}): CreatePayment {
  keys += 1
  return {
    idempotencyKey: `pay_${String(keys).padStart(26, '0')}`,
    amount: Money.of(19_99n, 'USD/2'),
    method: 'checkout',
    returnUrl: 'https://shop.example/thanks',
    ...changes,
  }
}

const STRIKES: Readonly<Record<Exclude<PaymentFault, 'unreachable' | 'lookup_trouble'>, StripeCallFault>> = {
  lost_reply: { kind: 'drop_after_effect', hiddenForMs: HIDDEN_MS },
  cut_reply: { kind: 'truncate', clean: true },
  server_error: { kind: 'refuse', status: 503, type: 'card_error', code: 'card_declined' },
  server_error_after_effect: { kind: 'error_500_after', hiddenForMs: HIDDEN_MS },
  refuse: {
    kind: 'refuse',
    status: 402,
    type: 'card_error',
    code: 'card_declined',
    declineCode: 'insufficient_funds',
  },
}

const LOOK_UPS = [
  'session.find',
  'session.list',
  'intent.find',
  'intent.list',
  'refund.find',
  'refund.list',
] as const

/** Which operation of the fake a call is, where it makes something. */
function makingOf({ method, url }: Request): 'session.create' | 'intent.create' | 'refund.create' | null {
  const { pathname } = new URL(url)
  if (method !== 'POST') return null
  if (pathname === '/v1/refunds') return 'refund.create'
  if (pathname === '/v1/checkout/sessions') return 'session.create'
  return pathname === '/v1/payment_intents' ? 'intent.create' : null
}

/** What stands at the fake for a key. */
export function heldBy(fake: FakeStripe, idempotencyKey: string) {
  const isOurs = ({ metadata = {} }: { readonly metadata?: Readonly<Record<string, string>> }) =>
    metadata.lastro_key === idempotencyKey
  const charges = fake.charges.filter(isOurs)
  return {
    sessions: fake.sessions.filter(isOurs),
    intents: fake.intents.filter(isOurs),
    charges,
    refunds: fake.refunds.filter(({ charge }) => charges.some(({ id }) => id === charge)),
  }
}

const money = (amount: number, currency: string) => Money.of(BigInt(amount), `${currency.toUpperCase()}/2`)

/** The world of the payments kit. A fault strikes whichever comes next, a payment or a refund. */
export function createPaymentWorld(variant: Partial<CreatePayment>, more: More = {}): PaymentWorld {
  const clock = manualClock(new Date(NOW * 1_000))
  const fake = createFakeStripe({ clock })
  let armed: StripeCallFault | null = null
  let isUp = true
  const fetchFrom: typeof fetch = (input, init) => {
    const request = new Request(input, init)
    const making = isUp ? makingOf(request) : null
    if (making !== null && armed !== null) {
      fake.faults.next(making, armed)
      armed = null
    }
    return fake.fetch(request)
  }
  const instance = () => adapterFor({ fetch: fetchFrom, apiKey: fake.apiKey }, { clock, ...more }).payments
  return {
    provider: instance(),
    restarted: instance,
    request: (amount) => requestFor({ ...variant, ...(amount === undefined ? {} : { amount }) }),
    smallest: Money.of(50n, 'USD/2'),
    largest: Money.of(99_999_999n, 'USD/2'),
    refusalReason: 'insufficient_funds',
    async made({ idempotencyKey, method }) {
      const { sessions, intents } = heldBy(fake, idempotencyKey)
      return method === 'checkout'
        ? sessions.map(({ amount_total, currency }) => money(amount_total, currency))
        : intents.map(({ amount, currency }) => money(amount, currency))
    },
    async pay({ idempotencyKey, method }) {
      const { sessions, intents } = heldBy(fake, idempotencyKey)
      try {
        if (method === 'checkout') fake.payCheckout(sessions[0]?.id ?? '')
        else fake.confirmCard(intents[0]?.id ?? '')
        return true
      } catch {
        return false
      }
    },
    async returned({ idempotencyKey }) {
      const { refunds } = heldBy(fake, idempotencyKey)
      return refunds
        .filter(({ status }) => status !== 'failed')
        .map(({ amount, currency }) => money(amount, currency))
    },
    fault(kind) {
      if (kind === 'unreachable') {
        isUp = false
        fake.reachable(false)
      } else if (kind === 'lookup_trouble') {
        for (const operation of LOOK_UPS) fake.faults.always(operation, 'error_500_before')
      } else armed = STRIKES[kind]
    },
    mend() {
      isUp = true
      fake.reachable(true)
      fake.faults.clear()
    },
    pass: (ms) => fake.advance(ms),
    close: async () => fake.close(),
  }
}

/** The world of the statements kit: charges, refunds and disputes in turn. */
export function createStatementWorld(): StatementWorld {
  const { clock, fake, provider } = setUp()
  const start = new Date(clock.now().getTime() + 86_400_000)
  let count = 0
  let isUp = true
  return {
    source: provider.statements,
    start,
    async move(at) {
      await clock.advance(at.getTime() - clock.now().getTime())
      count += 1
      const before = fake.transactions.length
      const request = requestFor({ method: 'card', amount: Money.of(BigInt(1_000 + count), 'USD/2') })
      const made = await provider.payments.create(request)
      if (made.kind !== 'accepted') throw new Error(`not made: ${made.kind}`)
      const charge = fake.confirmCard(made.value.providerRef)
      if (charge === null || fake.transactions.length !== before + 1)
        throw new Error('one movement was expected')
      return charge
    },
    fault(kind) {
      if (kind === 'unreachable') isUp = false
      else fake.faults.always('balance.list', { kind: 'error_500_before' })
      fake.reachable(isUp)
    },
    mend() {
      isUp = true
      fake.reachable(true)
      fake.faults.clear()
    },
    close: async () => fake.close(),
  }
}
