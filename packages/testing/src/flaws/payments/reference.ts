import {
  accepted,
  type CreatePayment,
  type DeclineReason,
  declined,
  Money,
  type Outcome,
  type PaymentProvider,
  ProviderError,
  type ProviderPayment,
  type ProviderRefund,
  unknown,
} from '@lastro/core/spec'
import { isRefused } from '../flaw.ts'
import {
  type Call,
  type HeldPayment,
  type HeldRefund,
  HIDDEN_MS,
  type PaymentRemote,
  type Reply,
} from './remote.ts'

/** The decisions of a payment adapter, one by one, so that a flaw can replace just one of them. */
export interface PaymentParts {
  readonly conclusiveAfterMs: number
  /** The keys that the provider gets for ours, when something is made and when it is looked up. */
  sendKey(idempotencyKey: string): string
  lookKey(idempotencyKey: string): string
  refundKey(idempotencyKey: string): string
  lookRefundKey(idempotencyKey: string): string
  writeAmount(money: Money): string
  onTransport(error: unknown): Outcome<never>
  onRefundTransport(error: unknown): Outcome<never>
  onServerError(reply: Reply): Outcome<never>
  onRefusal(reply: Reply): Outcome<never>
  onDuplicate(look: () => Promise<ProviderPayment | null>): Promise<Outcome<ProviderPayment>>
  onUnreadable(): Outcome<never>
  /** What was found for a key, once the provider was asked without trouble. */
  onFound(found: ProviderPayment | null, idempotencyKey: string): ProviderPayment | null
  onFoundRefund(found: ProviderRefund | null): ProviderRefund | null
  /** Trouble while looking up. @throws ProviderError, unless broken. */
  onLookupTrouble(trouble: Trouble): null
  onRefundLookupTrouble(trouble: Trouble): null
  /** What a cancel that was refused comes to. */
  onNotOpen(payment: ProviderPayment | null): Outcome<ProviderPayment>
  /** Asks the provider to cancel. False: it only says so. */
  readonly asksToCancel: boolean
}

type Trouble = 'transport' | 'server_error'

const ASSET = 'BRL/2'
const REASONS: Readonly<Record<string, DeclineReason>> = { blocked_account: 'not_permitted' }
const STATES = { open: 'pending', paid: 'paid', canceled: 'canceled' } as const

/** The body as an object, or null when it is none. */
export function readReply<T = Readonly<Record<string, string>>>({ text }: Reply): T | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const money = (text: string) => Money.parse(text, ASSET)

function paymentOf(reply: Reply): ProviderPayment | null {
  const held = readReply<HeldPayment>(reply)
  if (held?.receipts === undefined) return null
  const receipts = held.receipts.map(({ ref, amount }) => ({ ref, amount: money(amount) }))
  const lists = { receipts, refunds: [], disputes: [] }
  return { providerRef: held.key, state: STATES[held.state], amount: money(held.amount), ...lists }
}

function refundOf(reply: Reply): ProviderRefund | null {
  const held = readReply<HeldRefund>(reply)
  if (held?.receipt === undefined) return null
  return { ref: held.key, receiptRef: held.receipt, state: 'succeeded', amount: money(held.amount) }
}

function couldNotAsk(trouble: Trouble): never {
  throw new ProviderError({ provider: 'reference', kind: 'unavailable', message: trouble })
}

/** Correct parts. */
export const correctParts: PaymentParts = {
  conclusiveAfterMs: HIDDEN_MS,
  sendKey: (idempotencyKey) => idempotencyKey,
  lookKey: (idempotencyKey) => idempotencyKey,
  refundKey: (idempotencyKey) => idempotencyKey,
  lookRefundKey: (idempotencyKey) => idempotencyKey,
  writeAmount: Money.format,
  onTransport: (error) => (isRefused(error) ? { kind: 'not_sent', cause: error } : unknown(error)),
  onRefundTransport: (error) => (isRefused(error) ? { kind: 'not_sent', cause: error } : unknown(error)),
  onServerError: (reply) => unknown(reply.status),
  onRefusal: (reply) => declined(REASONS[readReply(reply)?.error ?? ''] ?? 'refused'),
  async onDuplicate(look) {
    const found = await look().catch(() => null)
    return found === null ? unknown('it cannot be seen') : accepted(found)
  },
  onUnreadable: () => unknown('the answer cannot be read'),
  onFound: (found) => found,
  onFoundRefund: (found) => found,
  onLookupTrouble: couldNotAsk,
  onRefundLookupTrouble: couldNotAsk,
  onNotOpen: () => declined('not_permitted'),
  asksToCancel: true,
}

/** One call that has an effect, and what its answer comes to. */
async function send<T>(
  { remote, parts }: { readonly remote: PaymentRemote; readonly parts: PaymentParts },
  call: Call,
  read: {
    readonly value: (reply: Reply) => T | null
    readonly duplicate: () => Promise<Outcome<T>>
    readonly transport: (error: unknown) => Outcome<T>
  },
): Promise<Outcome<T>> {
  let reply: Reply
  try {
    reply = await remote.call(call)
  } catch (error) {
    return read.transport(error)
  }
  if (reply.status >= 500) return parts.onServerError(reply)
  if (reply.status === 409) return read.duplicate()
  if (reply.status >= 400) return parts.onRefusal(reply)
  const value = read.value(reply)
  return value === null ? parts.onUnreadable() : accepted(value)
}

/** A correct adapter, with some of its parts replaced. Each call makes an instance with a memory of its own. */
export function createPayments(
  remote: PaymentRemote,
  replace: (correct: PaymentParts, remote: PaymentRemote) => Partial<PaymentParts> = () => ({}),
): PaymentProvider {
  const parts: PaymentParts = { ...correctParts, ...replace(correctParts, remote) }
  const context = { remote, parts }
  const ask = async (call: Call, onTrouble: (trouble: Trouble) => null): Promise<Reply | null> => {
    const reply = await remote.call(call).catch(() => onTrouble('transport'))
    if (reply !== null && reply.status >= 500) return onTrouble('server_error')
    return reply
  }
  const look = async (idempotencyKey: string): Promise<ProviderPayment | null> => {
    const reply = await ask({ do: 'find', key: parts.lookKey(idempotencyKey) }, parts.onLookupTrouble)
    return reply === null || reply.status === 404 ? null : paymentOf(reply)
  }
  const lookRefund = async (idempotencyKey: string): Promise<ProviderRefund | null> => {
    const call = { do: 'find_refund', key: parts.lookRefundKey(idempotencyKey) } as const
    const reply = await ask(call, parts.onRefundLookupTrouble)
    return parts.onFoundRefund(reply === null || reply.status === 404 ? null : refundOf(reply))
  }
  return {
    specVersion: 1,
    assets: [ASSET],
    methods: ['pix'],
    conclusiveAfterMs: parts.conclusiveAfterMs,
    create: ({ idempotencyKey, amount }: CreatePayment) =>
      send(
        context,
        { do: 'create', key: parts.sendKey(idempotencyKey), amount: parts.writeAmount(amount) },
        {
          value: paymentOf,
          duplicate: () => parts.onDuplicate(() => look(idempotencyKey)),
          transport: parts.onTransport,
        },
      ),
    find: async ({ idempotencyKey }) => parts.onFound(await look(idempotencyKey), idempotencyKey),
    async cancel({ idempotencyKey }) {
      const seen = await look(idempotencyKey)
      if (!parts.asksToCancel && seen?.state === 'pending') return accepted({ ...seen, state: 'canceled' })
      if (seen?.state !== 'pending') return parts.onNotOpen(seen)
      return send(
        context,
        { do: 'cancel', key: parts.lookKey(idempotencyKey) },
        { value: paymentOf, duplicate: async () => unknown('twice'), transport: parts.onTransport },
      )
    },
    refund: ({ idempotencyKey, receiptRef, amount }) =>
      send(
        context,
        {
          do: 'refund',
          key: parts.refundKey(idempotencyKey),
          receipt: receiptRef,
          amount: parts.writeAmount(amount),
        },
        {
          value: refundOf,
          duplicate: async () => {
            const found = await lookRefund(idempotencyKey).catch(() => null)
            return found === null ? unknown('it cannot be seen') : accepted(found)
          },
          transport: parts.onRefundTransport,
        },
      ),
    findRefund: ({ idempotencyKey }) => lookRefund(idempotencyKey),
  }
}
