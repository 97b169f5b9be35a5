/**
 * Worlds in which a payment happens, and what a provider tells of them. The world's own end is what every order of the
 * news must lead to; nothing of the fold is used to know it.
 */
import {
  Money,
  type PaymentFacts,
  type ProviderDispute,
  type ProviderPaymentState,
  type ProviderReceipt,
  type ProviderRefund,
} from '@lastro/core/spec'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** One piece of news. */
export interface Told {
  readonly facts: PaymentFacts
  readonly at: Date
}

/** What really is, at the end. */
export interface World {
  readonly asked: Money
  readonly news: readonly Told[]
  readonly told: ReadonlySet<ProviderPaymentState>
  readonly receipts: readonly ProviderReceipt[]
  readonly refunds: readonly ProviderRefund[]
  readonly disputes: readonly (ProviderDispute & { readonly known: Money })[]
}

/** A number from 0 up to 1, from a seed: the same seed, the same numbers. */
export type Random = () => number

/** Mulberry32: small, fast and good enough to shuffle. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const brl = (amount: number): Money => Money.of(BigInt(amount), 'BRL/2')
const WAITING = ['pending', 'requires_action', 'processing', 'authorized'] as const
const ENDS = ['failed', 'expired', 'canceled'] as const
const DISPUTE_STATES = [
  'warned',
  'inquiry',
  'needs_response',
  'under_review',
  'blocked',
  'won',
  'lost',
  'closed',
] as const

/** A world of 3 to 14 happenings, each told once, in part or whole. */
export function makeWorld(random: Random): World {
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const asked = brl(1_000)
  const news: Told[] = []
  const told = new Set<ProviderPaymentState>()
  const receipts: Mutable<ProviderReceipt>[] = []
  const refunds: Mutable<ProviderRefund>[] = []
  const disputes: Mutable<ProviderDispute & { known: Money }>[] = []
  let now = 1_000_000

  const whole = (): PaymentFacts => ({
    receipts: receipts.map((receipt) => ({ ...receipt })),
    refunds: refunds.map((refund) => ({ ...refund })),
    disputes: disputes.map(({ known, ...dispute }) => ({ ...dispute, withdrawn: known })),
  })
  const tell = (part: PaymentFacts) => {
    now += 1 + below(5)
    const facts = random() < 0.3 ? { ...part, ...whole() } : part
    news.push({ facts: facts.state === undefined ? facts : { ...facts, amount: asked }, at: new Date(now) })
  }
  const say = (state: ProviderPaymentState) => {
    told.add(state)
    tell({ state })
  }
  const happenings: readonly (() => void)[] = [
    () => say(pick(WAITING)),
    () => say(random() < 0.3 ? pick(ENDS) : 'pending'),
    () => {
      receipts.push({ ref: `E${receipts.length}`, amount: brl(1 + below(700)) })
      tell({ receipts: [{ ...(receipts.at(-1) as ProviderReceipt) }] })
    },
    () => {
      const receipt = receipts.at(-1)
      if (receipt === undefined) return
      receipt.amount = Money.add(receipt.amount, brl(below(300)))
      if (random() < 0.5) receipt.fee = brl(Math.max(below(20), Number(receipt.fee?.amount ?? 0n)))
      tell({ receipts: [{ ...receipt }] })
    },
    () => {
      refunds.push({ ref: `R${refunds.length}`, state: 'pending', amount: brl(1 + below(300)) })
      tell({ refunds: [{ ...(refunds.at(-1) as ProviderRefund) }] })
    },
    () => {
      const refund = refunds[below(refunds.length)]
      if (refund === undefined || refund.state === 'failed') return
      refund.state = refund.state === 'pending' && random() < 0.7 ? 'succeeded' : 'failed'
      tell({ refunds: [{ ...refund }] })
    },
    () => {
      if (disputes.length > 1) return
      const first = { ref: `D${disputes.length}`, state: pick(DISPUTE_STATES), amount: brl(100 + below(400)) }
      disputes.push({ ...first, known: brl(0) })
      tell({ disputes: [first] })
    },
    () => {
      const dispute = disputes[below(disputes.length)]
      if (dispute === undefined) return
      dispute.state = pick(DISPUTE_STATES)
      const isTold = random() < 0.7
      if (isTold) {
        dispute.known = brl(random() < 0.4 ? 0 : 1 + below(400))
        dispute.fee = brl(random() < 0.4 ? 0 : 1 + below(15))
      }
      const { known, fee = brl(0), ...rest } = dispute
      // A fee of nothing is told, or left out: it is the same.
      const cost = fee.amount === 0n && random() < 0.5 ? {} : { fee }
      tell({ disputes: [{ ...rest, ...(isTold ? { withdrawn: known, ...cost } : {}) }] })
    },
  ]
  say('pending')
  for (let left = 3 + below(12); left > 0; left -= 1) pick(happenings)()
  if (sum(receipts) >= asked.amount && random() < 0.7) say('paid')
  return { asked, news, told, receipts, refunds, disputes }
}

/** One way the news may arrive: any order, each once or several times. */
export function makeOrder(news: readonly Told[], random: Random): readonly Told[] {
  const order = news.flatMap((told) => {
    const draw = random()
    return draw < 0.7 ? [told] : draw < 0.93 ? [told, told] : [told, told, told]
  })
  for (let index = order.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1))
    const kept = order[index] as Told
    order[index] = order[other] as Told
    order[other] = kept
  }
  return order
}

const RANK: readonly ProviderPaymentState[] = [
  'pending',
  'requires_action',
  'processing',
  'authorized',
  'failed',
  'expired',
  'canceled',
]

const sum = (items: readonly { readonly amount: Money }[]) =>
  items.reduce((total, { amount }) => total + amount.amount, 0n)

/** What a payment must look like at the end, in plain figures. */
export function expectedEnd(world: World) {
  const { asked, told, receipts, refunds, disputes } = world
  const received = sum(receipts)
  const furthest = [...told].reduce((left, state) => Math.max(left, RANK.indexOf(state)), 0)
  const withdrawn = sum(disputes.map(({ known }) => ({ amount: known })))
  const lost = sum(disputes.filter(({ state }) => state === 'lost').map(({ known }) => ({ amount: known })))
  const blocked = sum(
    disputes.filter(({ state }) => state === 'blocked').map(({ known }) => ({ amount: known })),
  )
  const fees = sum([...receipts, ...disputes].map(({ fee }) => ({ amount: fee ?? brl(0) })))
  const refunded = sum(refunds.filter(({ state }) => state === 'succeeded'))
  return {
    state: received >= asked.amount ? 'paid' : (RANK[furthest] ?? 'pending'),
    received,
    fees,
    refunded,
    refunding: sum(refunds.filter(({ state }) => state === 'pending')),
    disputed: withdrawn,
    receivable: received - fees - refunded - withdrawn,
    owner: received - refunded - lost,
    blocked,
    contested: withdrawn - lost - blocked,
    refunds: refunds.map(({ ref, state }) => `${ref}:${state}`).sort(),
    disputes: disputes.map(({ ref, state, known }) => `${ref}:${state}:${known.amount}`).sort(),
  }
}

/** The figures of an end. */
export type End = ReturnType<typeof expectedEnd>
