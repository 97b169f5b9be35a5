import {
  accepted,
  type CreatePayment,
  declined,
  Money,
  type PaymentProvider,
  unknown,
} from '@lastro/core/spec'
import type { CreateWorld, PaymentWorld } from '../../conformance/index.ts'
import type { Flaw } from '../flaw.ts'
import { createPayments, type PaymentParts, readReply } from './reference.ts'
import { createPaymentRemote, type PaymentRemote } from './remote.ts'

type Replace = (correct: PaymentParts, remote: PaymentRemote) => Partial<PaymentParts>

const ASSET = 'BRL/2'

function requests(): (amount?: Money) => CreatePayment {
  let count = 0
  return (amount = Money.of(1_050n, ASSET)) => {
    count += 1
    return { idempotencyKey: `pay_${count}`, amount, method: 'pix' }
  }
}

/** The remote side marks what a flaw makes of a key by a suffix, so that the witness finds it all the same. */
const isOf = (held: string, key: string) => held === key || held.startsWith(`${key}~`)

function createWorld(replace?: Replace): PaymentWorld {
  const remote = createPaymentRemote()
  const instance = (): PaymentProvider => createPayments(remote, replace)
  const heldOf = ({ idempotencyKey }: CreatePayment) =>
    remote.payments().filter(({ key }) => isOf(key, idempotencyKey))
  return {
    provider: instance(),
    restarted: instance,
    request: requests(),
    smallest: Money.of(1n, ASSET),
    largest: Money.of(10n ** 20n, ASSET),
    refusalReason: 'not_permitted',
    made: async (request) => heldOf(request).map(({ amount }) => Money.parse(amount, ASSET)),
    async pay(request, amount) {
      const [held] = heldOf(request)
      return (
        held !== undefined && remote.pay(held.key, amount === undefined ? undefined : Money.format(amount))
      )
    },
    async returned(request) {
      const receipts = heldOf(request).flatMap((held) => held.receipts.map(({ ref }) => ref))
      const given = remote.refunds().filter(({ receipt }) => receipts.includes(receipt.replace(/#.*/, '')))
      return given.map(({ amount }) => Money.parse(amount, ASSET))
    },
    fault: remote.fault,
    mend: remote.mend,
    pass: async (ms) => remote.pass(ms),
  }
}

/** A correct payment adapter over a remote side in memory. */
export const paymentReference: CreateWorld<PaymentWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<PaymentWorld> => ({
  id: `payment/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

const notSent = (cause: unknown) => ({ kind: 'not_sent', cause }) as const

/** Every further attempt gets a key of its own. */
function keyPerAttempt(name: 'sendKey' | 'refundKey'): Partial<PaymentParts> {
  const attempts = new Map<string, number>()
  return {
    [name](key: string) {
      const attempt = (attempts.get(key) ?? 0) + 1
      attempts.set(key, attempt)
      return attempt === 1 ? key : `${key}~${attempt}`
    },
  }
}

/** The receipt's ref is made up each time. */
function freshRefs(): Replace {
  let count = 0
  return () => ({
    onFound: (found) => {
      if (found === null) return null
      count += 1
      const receipts = found.receipts.map((receipt) => ({ ...receipt, ref: `${receipt.ref}#${count}` }))
      return { ...found, receipts }
    },
  })
}

const centsByFloat = ({ amount, asset }: Money): string => {
  const cents = Math.trunc((Number(amount) / 100) * 100)
  return Money.format(Money.of(BigInt(cents), asset))
}

/** Ways to break a payment adapter, at least one for each rule. */
export const paymentFlaws: readonly Flaw<PaymentWorld>[] = [
  flaw('idempotent', 'derives the key from the attempt', { replace: () => keyPerAttempt('sendKey') }),
  flaw('lost_reply_is_unknown', 'takes every transport error for not sent', {
    replace: () => ({ onTransport: notSent }),
  }),
  flaw('unsent_is_not_sent', 'doubts even what never left', { replace: () => ({ onTransport: unknown }) }),
  flaw('server_error_is_unknown', 'believes the body of a server error', {
    replace: (correct) => ({
      onServerError: (reply) =>
        readReply(reply)?.error === 'internal' ? unknown(reply.status) : correct.onRefusal(reply),
    }),
  }),
  flaw('refusal_is_declined', 'doubts a refusal', { replace: () => ({ onRefusal: unknown }) }),
  flaw('refusal_is_declined', 'gives every refusal the same reason', {
    replace: () => ({ onRefusal: () => declined('insufficient_funds') }),
  }),
  flaw('duplicate_is_not_refused', 'takes "this key exists" for a refusal', {
    replace: () => ({ onDuplicate: async () => declined('duplicate') }),
  }),
  flaw('found_after_lost_reply', 'calls absence proven before payments can be seen', {
    replace: () => ({ conclusiveAfterMs: 0 }),
  }),
  flaw('found_after_lost_reply', 'tells the amount of another payment', {
    replace: () => ({
      onFound: (found) =>
        found === null || found.receipts.length > 0 ? found : { ...found, amount: Money.of(1_050n, ASSET) },
    }),
  }),
  flaw('absent_is_null', 'makes up a pending payment for a key nobody knows', {
    replace: () => ({
      onFound: (found, key) =>
        found ?? {
          ...{ providerRef: key, state: 'pending', amount: Money.of(1n, ASSET) },
          ...{ receipts: [], refunds: [], disputes: [] },
        },
    }),
  }),
  flaw('find_throws_when_down', 'takes trouble for absence', {
    replace: () => ({ onLookupTrouble: () => null }),
  }),
  flaw('amount_exact', 'counts cents with a float', { replace: () => ({ writeAmount: centsByFloat }) }),
  flaw('receipts_told', 'makes up a ref at every look', { replace: freshRefs() }),
  flaw('receipts_told', 'takes what was asked for what arrived', {
    replace: () => ({
      onFound: (found) =>
        found === null || found.receipts.length > 0 || found.state === 'canceled'
          ? found
          : { ...found, receipts: [{ ref: found.providerRef, amount: found.amount }] },
    }),
  }),
  flaw('refund_idempotent', 'derives the key of a refund from the attempt', {
    replace: () => keyPerAttempt('refundKey'),
  }),
  flaw('refund_lost_reply_is_unknown', 'takes a lost reply to a refund for not sent', {
    replace: () => ({ onRefundTransport: notSent }),
  }),
  flaw('refund_found', 'finds no refund', { replace: () => ({ onFoundRefund: () => null }) }),
  flaw('canceled_is_final', 'only says that it canceled', { replace: () => ({ asksToCancel: false }) }),
  flaw('canceled_is_final', 'cancels what was paid', {
    replace: (correct) => ({
      onNotOpen: (payment) =>
        payment === null ? correct.onNotOpen(payment) : accepted({ ...payment, state: 'canceled' }),
    }),
  }),
]
