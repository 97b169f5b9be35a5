import type { PaymentFault } from '../../conformance/index.ts'
import { transportError } from '../flaw.ts'

/** An answer as it comes over the wire. */
export interface Reply {
  readonly status: number
  readonly text: string
}

/** A call as it goes over the wire: amounts are decimal texts in whole units. */
export type Call =
  | { readonly do: 'create'; readonly key: string; readonly amount: string }
  | { readonly do: 'cancel'; readonly key: string }
  | { readonly do: 'refund'; readonly key: string; readonly receipt: string; readonly amount: string }
  | { readonly do: 'find'; readonly key: string }
  | { readonly do: 'find_refund'; readonly key: string }

/** A payment as the remote side holds and tells it. */
export interface HeldPayment {
  readonly key: string
  readonly amount: string
  readonly state: 'open' | 'paid' | 'canceled'
  readonly receipts: readonly { readonly ref: string; readonly amount: string }[]
}

/** A refund as the remote side holds and tells it. */
export interface HeldRefund {
  readonly key: string
  readonly receipt: string
  readonly amount: string
}

/** A payment provider's own side, in memory: it knows keys, and nothing of adapters. */
export interface PaymentRemote {
  /** @throws Error with a transport's code. */
  call(call: Call): Promise<Reply>
  payments(): readonly HeldPayment[]
  refunds(): readonly HeldRefund[]
  /** False when it is not open. */
  pay(key: string, amount?: string): boolean
  fault(kind: PaymentFault): void
  mend(): void
  pass(ms: number): void
}

/** How long a payment whose answer was lost stays hidden from look-ups. */
export const HIDDEN_MS = 5_000

const LASTING: readonly PaymentFault[] = ['unreachable', 'lookup_trouble']
const AFTER: readonly (PaymentFault | null)[] = ['lost_reply', 'cut_reply', 'server_error_after_effect']
const reply = (status: number, body: object): Reply => ({ status, text: JSON.stringify(body) })

function spoiled(fine: Reply, fault: PaymentFault | null): Reply {
  if (fault === 'lost_reply') throw transportError('UND_ERR_SOCKET')
  if (fault === 'cut_reply') return { ...fine, text: fine.text.slice(0, fine.text.length / 2) }
  return fault === 'server_error_after_effect' ? reply(500, { error: 'internal' }) : fine
}

/** An empty remote side. */
export function createPaymentRemote(): PaymentRemote {
  const payments = new Map<string, HeldPayment>()
  const refunds = new Map<string, HeldRefund>()
  const hiddenUntilMs = new Map<string, number>()
  const lasting = new Set<PaymentFault>()
  let next: PaymentFault | null = null
  let nowMs = 0

  const effects: { readonly [D in Call['do']]: (call: Extract<Call, { do: D }>) => Reply } = {
    create({ key, amount }) {
      if (payments.has(key)) return reply(409, { error: 'duplicate_key' })
      payments.set(key, { key, amount, state: 'open', receipts: [] })
      return reply(201, payments.get(key) ?? {})
    },
    cancel({ key }) {
      const held = payments.get(key)
      if (held?.state !== 'open') return reply(422, { error: 'not_open' })
      payments.set(key, { ...held, state: 'canceled' })
      return reply(200, { ...held, state: 'canceled' })
    },
    refund({ key, receipt, amount }) {
      if (refunds.has(key)) return reply(409, { error: 'duplicate_key' })
      refunds.set(key, { key, receipt, amount })
      return reply(201, { key, receipt, amount })
    },
    find: ({ key }) => shown(payments.get(key)),
    find_refund: ({ key }) => shown(refunds.get(key)),
  }
  const shown = (held: HeldPayment | HeldRefund | undefined): Reply =>
    held === undefined || (hiddenUntilMs.get(held.key) ?? 0) > nowMs
      ? reply(404, { error: 'not_found' })
      : reply(200, held)
  const perform = (call: Call): Reply => (effects[call.do] as (call: Call) => Reply)(call)

  return {
    async call(call) {
      if (lasting.has('unreachable')) throw transportError('ECONNREFUSED')
      if (call.do === 'find' || call.do === 'find_refund')
        return lasting.has('lookup_trouble') ? reply(503, { error: 'internal' }) : perform(call)
      const fault = next
      next = null
      if (fault === 'server_error') return reply(503, { error: 'blocked_account' })
      if (fault === 'refuse') return reply(422, { error: 'blocked_account' })
      const isNew = call.do === 'create' && !payments.has(call.key)
      const fine = perform(call)
      if (isNew && AFTER.includes(fault)) hiddenUntilMs.set(call.key, nowMs + HIDDEN_MS)
      return spoiled(fine, fault)
    },
    payments: () => [...payments.values()],
    refunds: () => [...refunds.values()],
    pay(key, amount) {
      const held = payments.get(key)
      if (held?.state !== 'open') return false
      const receipt = { ref: `rcpt_${payments.size}_${key}`, amount: amount ?? held.amount }
      payments.set(key, { ...held, state: 'paid', receipts: [...held.receipts, receipt] })
      return true
    },
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
