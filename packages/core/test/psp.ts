/** A payment provider for tests of the engine: does what it is told, and remembers what really happened. */
import {
  accepted,
  type CreatePayment,
  type DeclineReason,
  declined,
  Money,
  type Outcome,
  type PaymentAction,
  type PaymentFacts,
  type PaymentProvider,
  type PaymentRef,
  type ProviderDispute,
  type ProviderEvent,
  type ProviderPayment,
  type ProviderRefund,
  type RefundPayment,
  secret,
  unknown,
  type WebhookSource,
} from '@lastro/core/spec'

/** What happens to the next call, in order. Without one the provider accepts. */
export type Behaviour =
  | 'accept'
  /** It has its effect, and the answer is lost. */
  | 'lose_answer'
  /** It never arrives, and nobody can tell. */
  | 'lose_request'
  | 'not_sent'
  | 'throw'
  | 'hang'
  | { readonly decline: DeclineReason }

type Account = {
  -readonly [K in keyof ProviderPayment]: ProviderPayment[K]
}

export interface PspOptions {
  readonly conclusiveAfterMs?: number
  readonly methods?: PaymentProvider['methods']
  readonly action?: PaymentAction
  /** Ports left out. */
  readonly without?: readonly (keyof PaymentProvider)[]
  /** A wallet such as Pi: the payment is made by the payer's browser. */
  readonly wallet?: boolean
}

export interface Psp {
  readonly port: PaymentProvider
  /** Behaviours of the calls of each kind, in order. */
  readonly next: Record<'create' | 'capture' | 'cancel' | 'refund' | 'approve' | 'complete', Behaviour[]>
  /** Every call that was tried, effect or not. */
  readonly calls: { readonly call: string; readonly key: string }[]
  /** What the remote side really holds, by our key. */
  readonly payments: Map<string, Account>
  isDown: boolean
  of(key: string): Account
  /** The payer pays, whole or in part. */
  pay(key: string, amount?: Money): string
  /** The payer's bank holds the money: manual capture. */
  authorize(key: string): void
  /** The payer's wallet makes a payment that nobody here knows yet. */
  walletPays(payment: { key?: string; ref: string; amount: Money; state?: ProviderPayment['state'] }): void
  refundIs(ref: string, state: ProviderRefund['state']): void
  dispute(key: string, dispute: ProviderDispute): void
  end(key: string, state: 'canceled' | 'expired' | 'failed'): void
  /** What a webhook tells: the payment as it is now, or these parts of it. */
  event(key: string, part?: PaymentFacts): PaymentFacts
  /** Deliveries of this provider: `hook` makes the bytes of one. */
  readonly webhooks: WebhookSource
  hook(facts: PaymentFacts, occurredAt?: Date): Uint8Array<ArrayBuffer>
}

/** Every delivery is authentic; its body names one of the events. */
function webhooksOf(events: readonly ProviderEvent[]): WebhookSource {
  return {
    specVersion: 1,
    maxBodyBytes: 10_000,
    eventTypes: [{ type: 'payment', does: 'applied', becomes: 'payment' }],
    verify: async ({ body }) => ({
      kind: 'authentic',
      deliveryId: new TextDecoder().decode(body),
      topic: 'payment',
    }),
    translate: ({ body }) => {
      const told = events[JSON.parse(new TextDecoder().decode(body)).event]
      return told === undefined ? [] : [told]
    },
  }
}

const ZERO = Money.of(0n, 'BRL/2')

export function createPsp(name: string, options: PspOptions = {}): Psp {
  const payments = new Map<string, Account>()
  const refundKeys = new Map<string, ProviderRefund>()
  const captureKeys = new Set<string>()
  let count = 0
  const calls: Psp['calls'] = []
  const next: Psp['next'] = { create: [], capture: [], cancel: [], refund: [], approve: [], complete: [] }
  const find = ({ idempotencyKey, providerRef }: PaymentRef) =>
    payments.get(idempotencyKey) ??
    [...payments.values()].find((account) => account.providerRef === providerRef) ??
    null
  const told = (payment: Account): ProviderPayment => ({
    ...payment,
    receipts: [...payment.receipts],
    refunds: [...payment.refunds],
    disputes: [...payment.disputes],
  })
  const ask = (account: Account | null) => {
    if (psp.isDown) throw new Error(`${name} is down`)
    return account === null ? null : told(account)
  }
  const make = ({ idempotencyKey: key, amount }: CreatePayment): ProviderPayment => {
    const known = payments.get(key)
    if (known !== undefined) return told(known)
    const account: Account = {
      idempotencyKey: key,
      providerRef: `${name}-${key}`,
      state: 'pending',
      amount,
      authorized: Money.zero(amount.asset),
      receipts: [],
      refunds: [],
      disputes: [],
      action: options.action ?? { kind: 'show_pix', brCode: `00020126${key}` },
    }
    payments.set(key, account)
    return told(account)
  }
  async function act<R>({
    call,
    key,
    effect,
  }: {
    call: keyof Psp['next']
    key: string
    effect: () => R
  }): Promise<Outcome<R>> {
    calls.push({ call, key })
    const behaviour = next[call].shift() ?? 'accept'
    if (typeof behaviour === 'object') return declined(behaviour.decline, 'no')
    if (behaviour === 'not_sent') return { kind: 'not_sent', cause: new Error('ECONNREFUSED') }
    if (behaviour === 'lose_request') return unknown(new Error('timed out, and it had no effect'))
    const value = effect()
    if (behaviour === 'accept') return accepted(value)
    if (behaviour === 'throw') throw new TypeError('a bug in the adapter, after the request')
    if (behaviour === 'hang') return new Promise(() => undefined)
    return unknown(new Error('timed out, after the effect'))
  }
  const receive = (account: Account, amount: Money): string => {
    count += 1
    const ref = `E${count}-${name}`
    account.receipts = [...account.receipts, { ref, amount, fee: Money.of(1n, amount.asset) }]
    return ref
  }
  const giveBack = (request: RefundPayment): ProviderRefund => {
    const known = refundKeys.get(request.idempotencyKey)
    if (known !== undefined) return known
    const account = psp.of(request.payment.idempotencyKey)
    const { idempotencyKey, receiptRef, amount } = request
    const refund = {
      ref: `R-${idempotencyKey}`,
      idempotencyKey,
      receiptRef,
      amount,
      state: 'pending',
    } as const
    refundKeys.set(idempotencyKey, refund)
    account.refunds = [...account.refunds, refund]
    return refund
  }
  const full: Required<Omit<PaymentProvider, 'check'>> = {
    specVersion: 1,
    assets: ['BRL/2'],
    methods: options.methods ?? ['pix', 'card', 'pix_due'],
    conclusiveAfterMs: options.conclusiveAfterMs ?? 60_000,
    create: (request) => {
      if (options.wallet !== true)
        return act({ call: 'create', key: request.idempotencyKey, effect: () => make(request) })
      const facts = { memo: request.idempotencyKey }
      return act({
        call: 'create',
        key: request.idempotencyKey,
        effect: () => ({
          idempotencyKey: request.idempotencyKey,
          providerRef: 'none yet',
          state: 'requires_action',
          amount: request.amount,
          receipts: [],
          refunds: [],
          disputes: [],
          action: { kind: 'create_in_browser', facts },
        }),
      })
    },
    find: async (payment) => ask(find(payment)),
    capture: ({ idempotencyKey, payment, amount, isFinal }) =>
      act({
        call: 'capture',
        key: idempotencyKey,
        effect: () => {
          const account = psp.of(payment.idempotencyKey)
          if (!captureKeys.has(idempotencyKey)) receive(account, amount)
          captureKeys.add(idempotencyKey)
          if (isFinal) account.state = 'paid'
          return told(account)
        },
      }),
    cancel: ({ idempotencyKey }) =>
      act({
        call: 'cancel',
        key: idempotencyKey,
        effect: () => {
          const account = psp.of(idempotencyKey)
          if (account.state !== 'paid') account.state = 'canceled'
          return told(account)
        },
      }),
    approve: (payment) =>
      act({
        call: 'approve',
        key: payment.idempotencyKey,
        effect: () => {
          const account = find(payment)
          if (account === null) throw new Error('no such payment')
          if (account.state === 'pending') account.state = 'processing'
          return told(account)
        },
      }),
    complete: (payment) =>
      act({
        call: 'complete',
        key: payment.idempotencyKey,
        effect: () => {
          const account = find(payment)
          if (account === null) throw new Error('no such payment')
          if (account.state !== 'paid') receive(account, account.amount)
          account.state = 'paid'
          return told(account)
        },
      }),
    refund: (request) =>
      act({ call: 'refund', key: request.idempotencyKey, effect: () => giveBack(request) }),
    findRefund: async ({ idempotencyKey }) => {
      if (psp.isDown) throw new Error(`${name} is down`)
      const refund = refundKeys.get(idempotencyKey)
      return refund === undefined ? null : (all().find(({ ref }) => ref === refund.ref) ?? refund)
    },
    incomplete: async () => {
      if (psp.isDown) throw new Error(`${name} is down`)
      return [...payments.values()]
        .filter(({ state }) => state === 'pending' || state === 'authorized')
        .map(told)
    },
  }
  const all = () => [...payments.values()].flatMap(({ refunds }) => refunds)
  const leftOut: readonly string[] =
    options.without ?? (options.wallet === true ? [] : ['approve', 'complete', 'incomplete'])
  const events: ProviderEvent[] = []
  const psp: Psp = {
    webhooks: webhooksOf(events),
    hook(facts, occurredAt) {
      events.push({ kind: 'payment', ...facts, ...(occurredAt === undefined ? {} : { occurredAt }) })
      return new TextEncoder().encode(JSON.stringify({ event: events.length - 1 }))
    },
    port: Object.fromEntries(
      Object.entries(full).filter(([part]) => !leftOut.includes(part)),
    ) as unknown as PaymentProvider,
    next,
    calls,
    payments,
    isDown: false,
    of(key) {
      const account = payments.get(key)
      if (account === undefined) throw new Error(`${name} has no payment ${key}`)
      return account
    },
    pay(key, amount) {
      const account = psp.of(key)
      const ref = receive(account, amount ?? account.amount)
      const received = account.receipts.reduce((sum, receipt) => sum + receipt.amount.amount, 0n)
      if (received >= account.amount.amount) account.state = 'paid'
      return ref
    },
    authorize(key) {
      const account = psp.of(key)
      account.state = 'authorized'
      account.authorized = account.amount
    },
    walletPays({ key, ref, amount, state = 'pending' }) {
      payments.set(key ?? ref, {
        ...(key === undefined ? {} : { idempotencyKey: key }),
        providerRef: ref,
        state,
        amount,
        authorized: ZERO,
        receipts: [],
        refunds: [],
        disputes: [],
      })
    },
    refundIs(ref, state) {
      for (const account of payments.values())
        account.refunds = account.refunds.map((refund) =>
          refund.ref === ref ? { ...refund, state } : refund,
        )
    },
    dispute(key, dispute) {
      const account = psp.of(key)
      account.disputes = [...account.disputes.filter(({ ref }) => ref !== dispute.ref), dispute]
    },
    end(key, state) {
      psp.of(key).state = state
    },
    event(key, part) {
      const { action: _action, ...facts } = told(psp.of(key))
      return part === undefined ? facts : { providerRef: facts.providerRef, ...part }
    },
  }
  return psp
}

/** R$ 12.34 */
export const PRICE: Money = { amount: 1234n, asset: 'BRL/2' }
/** Whole smallest units of the test's currency. */
export const brl = (amount: bigint): Money => ({ amount, asset: 'BRL/2' })
/** What a browser confirms with; no table and no log may hold it. */
export const CLIENT_SECRET = 'pi_secret_that_never_rests'
/** An action that carries a secret. */
export const CONFIRM: PaymentAction = { kind: 'confirm_in_browser', clientSecret: secret(CLIENT_SECRET) }
