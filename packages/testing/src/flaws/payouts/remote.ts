import type { PayoutFault } from '../../conformance/index.ts'
import { transportError } from '../flaw.ts'

/** An answer as it comes over the wire. */
export interface Reply {
  readonly status: number
  readonly text: string
}

/** An order as it goes over the wire: the amount is a decimal text in whole units. */
export interface Order {
  readonly key: string
  readonly amount: string
  readonly to: string
  readonly signal?: AbortSignal | undefined
}

/** A payout provider's own side, in memory: it knows keys, and nothing of adapters. */
export interface PayoutRemote {
  /** @throws Error with a transport's code. */
  send(order: Order): Promise<Reply>
  look(key: string): Promise<Reply>
  /** Every key it ever took. */
  keys(): readonly string[]
  /** Amounts that left for a destination. */
  sentTo(to: string): readonly string[]
  fault(kind: PayoutFault): void
  mend(): void
  pass(ms: number): void
}

interface Held {
  readonly key: string
  readonly amount: string
  readonly to: string
  readonly visibleAtMs: number
}

/** How long a payout whose answer was lost stays hidden from look-ups. */
export const HIDDEN_MS = 5_000

const LASTING: readonly PayoutFault[] = ['unreachable', 'lookup_trouble']
const reply = (status: number, body: object): Reply => ({ status, text: JSON.stringify(body) })
const shownAs = ({ key, amount, to }: Held) => ({ key, amount, to, state: 'pending' })

/** Never answers; ends when the caller gives up. */
function silence(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function answerTo(
  order: Order,
  { held, fault }: { held: Held; fault: PayoutFault | null },
): Promise<Reply> | Reply {
  const fine = reply(201, shownAs(held))
  switch (fault) {
    case 'lost_reply':
      throw transportError('UND_ERR_SOCKET')
    case 'no_reply':
      return silence(order.signal)
    case 'cut_reply':
      return { status: 201, text: fine.text.slice(0, fine.text.length / 2) }
    case 'server_error_after_effect':
      return reply(500, { error: 'internal' })
    default:
      return fine
  }
}

/** An empty remote side. */
export function createPayoutRemote(): PayoutRemote {
  const held = new Map<string, Held>()
  const lasting = new Set<PayoutFault>()
  let next: PayoutFault | null = null
  let nowMs = 0
  const connect = () => {
    if (lasting.has('unreachable')) throw transportError('ECONNREFUSED')
  }
  const take = () => {
    const fault = next
    next = null
    return fault
  }
  return {
    async send(order) {
      connect()
      const { key, amount, to } = order
      const fault = take()
      if (fault === 'server_error') return reply(503, { error: 'blocked_account' })
      if (fault === 'refuse') return reply(422, { error: 'blocked_account' })
      if (held.has(key)) return reply(409, { error: 'duplicate_key' })
      const entry = { key, amount, to, visibleAtMs: fault === 'lost_reply' ? nowMs + HIDDEN_MS : nowMs }
      held.set(key, entry)
      return answerTo(order, { held: entry, fault })
    },
    async look(key) {
      connect()
      if (lasting.has('lookup_trouble')) return reply(503, { error: 'internal' })
      const entry = held.get(key)
      if (entry === undefined || entry.visibleAtMs > nowMs) return reply(404, { error: 'not_found' })
      return reply(200, shownAs(entry))
    },
    keys: () => [...held.keys()],
    sentTo: (to) => [...held.values()].filter((entry) => entry.to === to).map(({ amount }) => amount),
    fault(kind) {
      if (LASTING.includes(kind)) lasting.add(kind)
      else next = kind
    },
    mend: () => lasting.clear(),
    pass(ms) {
      nowMs += ms
    },
  }
}
