import { declined, Money, type PayoutProvider, type SubmitPayout, unknown } from '@lastro/core/spec'
import type { CreateWorld, PayoutWorld } from '../../conformance/index.ts'
import { type Flaw, isRefused } from '../flaw.ts'
import { createPayouts, type PayoutParts, readReply } from './reference.ts'
import { createPayoutRemote, type PayoutRemote } from './remote.ts'

type Replace = (correct: PayoutParts, remote: PayoutRemote) => Partial<PayoutParts>

const SMALLEST = Money.of(1n, 'BRL/2')
const LARGEST = Money.of(10n ** 22n, 'BRL/2')

function requests(): (amount?: Money) => SubmitPayout {
  let count = 0
  return (amount = Money.of(1_050n, 'BRL/2')) => {
    count += 1
    const destination = { kind: 'pix_key', key: `payee-${count}@example.com` } as const
    return { idempotencyKey: `pout_${count}`, amount, destination }
  }
}

function createWorld(replace?: Replace): PayoutWorld {
  const remote = createPayoutRemote()
  const instance = (): PayoutProvider => createPayouts(remote, replace)
  return {
    provider: instance(),
    restarted: instance,
    request: requests(),
    smallest: SMALLEST,
    largest: LARGEST,
    refusalReason: 'not_permitted',
    async arrived({ destination }) {
      const to = destination.kind === 'pix_key' ? destination.key : ''
      return remote.sentTo(to).map((text) => Money.parse(text, 'BRL/2'))
    },
    fault: remote.fault,
    mend: remote.mend,
    pass: async (ms) => remote.pass(ms),
  }
}

/** A correct payout adapter over a remote side in memory. */
export const payoutReference: CreateWorld<PayoutWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<PayoutWorld> => ({
  id: `payout/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

const notSent = (cause: unknown) => ({ kind: 'not_sent', cause }) as const

/** Every further attempt gets a key of its own. */
function keyPerAttempt(): Partial<PayoutParts> {
  const attempts = new Map<string, number>()
  return {
    sendKey(key) {
      const attempt = (attempts.get(key) ?? 0) + 1
      attempts.set(key, attempt)
      return attempt === 1 ? key : `${key}.${attempt}`
    },
  }
}

/** The key that the provider gets is made up, and only remembered. */
function rememberedKeys(remote: PayoutRemote): Partial<PayoutParts> {
  const made = new Map<string, string>()
  return {
    sendKey(key) {
      const known = made.get(key) ?? `${key}~${remote.keys().length}`
      made.set(key, known)
      return known
    },
    lookKey: (key) => remote.keys().find((held) => held.startsWith(`${key}~`)) ?? key,
  }
}

/** Only what was seen to be accepted is believed to exist. */
function rememberedSends(correct: PayoutParts): Partial<PayoutParts> {
  const sent = new Set<string>()
  let last = ''
  return {
    sendKey(key) {
      last = key
      sent.add(key)
      return key
    },
    onTransport(error) {
      sent.delete(last)
      return correct.onTransport(error)
    },
    onFound: (found, key) => (sent.has(key) ? found : null),
  }
}

const centsByFloat = ({ amount, asset }: Money): string => {
  const cents = Math.trunc((Number(amount) / 100) * 100)
  return Money.format(Money.of(BigInt(cents), asset))
}

/** Ways to break a payout adapter, at least one for each rule. */
export const payoutFlaws: readonly Flaw<PayoutWorld>[] = [
  flaw('idempotent', 'derives the key from the attempt', { replace: keyPerAttempt }),
  flaw('idempotent', 'forgets across a restart which key it made up', {
    replace: (_correct, remote) => rememberedKeys(remote),
  }),
  flaw('lost_reply_is_unknown', 'takes every transport error for not sent', {
    replace: () => ({ onTransport: notSent }),
  }),
  flaw('lost_reply_is_unknown', 'takes an aborted wait for a decline', {
    replace: (correct) => ({
      onTransport: (error) =>
        isRefused(error) || Reflect.has(Object(error), 'code')
          ? correct.onTransport(error)
          : declined('refused'),
    }),
  }),
  flaw('lost_reply_is_unknown', 'takes an answer it cannot read for a decline', {
    replace: () => ({ onUnreadable: () => declined('refused') }),
  }),
  flaw('unsent_is_not_sent', 'doubts even what never left', { replace: () => ({ onTransport: unknown }) }),
  flaw('server_error_is_unknown', 'believes the body of a server error', {
    replace: (correct) => ({
      onServerError: (reply) =>
        readReply(reply)?.error === 'internal' ? unknown(reply.status) : correct.onRefusal(reply),
    }),
  }),
  flaw('server_error_is_unknown', 'takes a server error for not sent', {
    replace: () => ({ onServerError: notSent }),
  }),
  flaw('refusal_is_declined', 'doubts a refusal', { replace: () => ({ onRefusal: unknown }) }),
  flaw('refusal_is_declined', 'gives every refusal the same reason', {
    replace: () => ({ onRefusal: () => declined('insufficient_funds') }),
  }),
  flaw('duplicate_is_not_refused', 'takes "this key exists" for a refusal', {
    replace: () => ({ onDuplicate: async () => declined('duplicate') }),
  }),
  flaw('found_after_lost_reply', 'finds only what it remembers sending', { replace: rememberedSends }),
  flaw('found_after_lost_reply', 'calls absence proven before payouts can be seen', {
    replace: () => ({ conclusiveAfterMs: 0 }),
  }),
  flaw('found_after_lost_reply', 'tells the amount of another payout', {
    replace: () => ({
      onFound: (found) => (found === null ? null : { ...found, amount: Money.of(1_050n, 'BRL/2') }),
    }),
  }),
  flaw('absent_is_null', 'makes up a pending payout for a key nobody knows', {
    replace: () => ({
      onFound: (found, idempotencyKey) =>
        found ?? { idempotencyKey, providerRef: idempotencyKey, state: 'pending', amount: SMALLEST },
    }),
  }),
  flaw('find_throws_when_down', 'takes a server error for absence', {
    replace: (correct) => ({
      onLookupTrouble: (trouble) => (trouble === 'server_error' ? null : correct.onLookupTrouble(trouble)),
    }),
  }),
  flaw('find_throws_when_down', 'takes an unreachable provider for absence', {
    replace: (correct) => ({
      onLookupTrouble: (trouble) => (trouble === 'transport' ? null : correct.onLookupTrouble(trouble)),
    }),
  }),
  flaw('amount_exact', 'counts cents with a float', { replace: () => ({ writeAmount: centsByFloat }) }),
]
