import {
  accepted,
  type DeclineReason,
  declined,
  Money,
  type Outcome,
  type PayoutProvider,
  ProviderError,
  type ProviderPayout,
  type SubmitPayout,
  unknown,
} from '@lastro/core/spec'
import { isRefused } from '../flaw.ts'
import { HIDDEN_MS, type PayoutRemote, type Reply } from './remote.ts'

/** What an attempt comes to. */
export type Answer = Outcome<ProviderPayout>

/** The decisions of a payout adapter, one by one, so that a flaw can replace just one of them. */
export interface PayoutParts {
  readonly conclusiveAfterMs: number
  /** The key that the provider gets for ours, when a payout is sent and when it is looked up. */
  sendKey(idempotencyKey: string): string
  lookKey(idempotencyKey: string): string
  writeAmount(money: Money): string
  onTransport(error: unknown): Answer
  onServerError(reply: Reply): Answer
  onRefusal(reply: Reply): Answer
  onDuplicate(idempotencyKey: string): Promise<Answer>
  onUnreadable(): Answer
  /** What was found for a key, once the provider was asked without trouble. */
  onFound(found: ProviderPayout | null, idempotencyKey: string): ProviderPayout | null
  /** Trouble while looking up. @throws ProviderError, unless broken. */
  onLookupTrouble(trouble: 'transport' | 'server_error'): ProviderPayout | null
}

const ASSET = 'BRL/2'
const REASONS: Readonly<Record<string, DeclineReason>> = { blocked_account: 'not_permitted' }

/** The body as an object, or null when it is none. */
export function readReply({ text }: Reply): Readonly<Record<string, string>> | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const notSent = (cause: unknown): Answer => ({ kind: 'not_sent', cause })

function payoutOf(idempotencyKey: string, reply: Reply): ProviderPayout | null {
  const body = readReply(reply)
  if (body?.key === undefined || body.amount === undefined) return null
  const amount = Money.parse(body.amount, ASSET)
  return { idempotencyKey, providerRef: body.key, state: 'pending', amount }
}

/** Correct parts. `look` asks the provider for a key. */
export function correctParts(look: (key: string) => Promise<ProviderPayout | null>): PayoutParts {
  return {
    conclusiveAfterMs: HIDDEN_MS,
    sendKey: (idempotencyKey) => idempotencyKey,
    lookKey: (idempotencyKey) => idempotencyKey,
    writeAmount: Money.format,
    onTransport: (error) => (isRefused(error) ? notSent(error) : unknown(error)),
    onServerError: (reply) => unknown(reply.status),
    onRefusal: (reply) => declined(REASONS[readReply(reply)?.error ?? ''] ?? 'refused'),
    async onDuplicate(idempotencyKey) {
      const found = await look(idempotencyKey).catch(() => null)
      return found === null ? unknown('it cannot be seen') : accepted(found)
    },
    onUnreadable: () => unknown('the answer cannot be read'),
    onFound: (found) => found,
    onLookupTrouble(trouble) {
      throw new ProviderError({ provider: 'reference', kind: 'unavailable', message: trouble })
    },
  }
}

function destinationOf({ destination }: SubmitPayout): string {
  return destination.kind === 'pix_key' ? destination.key : ''
}

async function submit(
  { remote, parts }: { remote: PayoutRemote; parts: PayoutParts },
  request: SubmitPayout,
): Promise<Answer> {
  const { idempotencyKey, amount, signal } = request
  let reply: Reply
  try {
    const order = { key: parts.sendKey(idempotencyKey), amount: parts.writeAmount(amount) }
    reply = await remote.send({ ...order, to: destinationOf(request), signal })
  } catch (error) {
    return parts.onTransport(error)
  }
  if (reply.status >= 500) return parts.onServerError(reply)
  if (reply.status === 409) return parts.onDuplicate(idempotencyKey)
  if (reply.status >= 400) return parts.onRefusal(reply)
  const payout = payoutOf(idempotencyKey, reply)
  return payout === null ? parts.onUnreadable() : accepted(payout)
}

/** A correct adapter, with some of its parts replaced. Each call makes an instance with a memory of its own. */
export function createPayouts(
  remote: PayoutRemote,
  replace: (correct: PayoutParts, remote: PayoutRemote) => Partial<PayoutParts> = () => ({}),
): PayoutProvider {
  const look = async (idempotencyKey: string): Promise<ProviderPayout | null> => {
    const { lookKey, onLookupTrouble } = parts
    let reply: Reply
    try {
      reply = await remote.look(lookKey(idempotencyKey))
    } catch {
      return onLookupTrouble('transport')
    }
    if (reply.status >= 500) return onLookupTrouble('server_error')
    return reply.status === 404 ? null : payoutOf(idempotencyKey, reply)
  }
  const correct = correctParts(look)
  const parts: PayoutParts = { ...correct, ...replace(correct, remote) }
  return {
    specVersion: 1,
    assets: [ASSET],
    destinations: ['pix_key'],
    conclusiveAfterMs: parts.conclusiveAfterMs,
    concurrency: 10,
    submit: (request) => submit({ remote, parts }, request),
    find: async ({ idempotencyKey }) => parts.onFound(await look(idempotencyKey), idempotencyKey),
  }
}
