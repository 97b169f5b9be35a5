import type { Outcome, PayoutProvider, ProviderPayout, SubmitPayout } from '@lastro/core/spec'
import { seededRandom } from '@lastro/testing/pi'
import { describe, expect, it } from 'vitest'
import { setUp, units } from './setup.ts'

type World = ReturnType<typeof setUp>
type State = 'created' | 'unknown' | 'paid' | 'failed'
interface Job {
  readonly request: SubmitPayout
  state: State
  askFromMs: number
}

/** What strikes in a storm, as shares of the calls. */
const RATES = {
  'payments.create': {
    drop_after_effect: 0.08,
    error_500_before: 0.05,
    error_500_after: 0.05,
    truncate: 0.05,
  },
  'payments.complete': { drop_after_effect: 0.1, error_500_before: 0.1, error_500_after: 0.1 },
  'payments.cancel': { drop_after_effect: 0.1, error_500_before: 0.1 },
  'payments.get': { error_500_before: 0.1, untold_transaction: 0.3 },
  'payments.incomplete': { error_500_before: 0.05, untold_transaction: 0.3 },
  'chain.transactions': { error_500_before: 0.05, drop_before_send: 0.05 },
  'chain.account': { error_500_before: 0.05 },
  'chain.submit': {
    ...{ drop_before_send: 0.08, drop_after_effect: 0.12, error_500_before: 0.05, error_500_after: 0.12 },
    ...{ truncate: 0.05, rate_limited: 0.05 },
  },
} as const

/** What the engine does with an outcome: it resolves doubt by asking, once absence is conclusive. */
function learn(job: Job, outcome: Outcome<ProviderPayout>, conclusiveFromMs: number): void {
  job.state = ({ accepted: 'paid', declined: 'failed', not_sent: 'created', unknown: 'unknown' } as const)[
    outcome.kind
  ]
  job.askFromMs = conclusiveFromMs
}

async function step(world: World, job: Job, port: PayoutProvider): Promise<void> {
  const nowMs = world.clock.now().getTime()
  if (job.state === 'created') {
    const outcome = await port.submit(job.request)
    // A slow worker may come back after another one has settled it: its word is not asked for then.
    if (job.state === 'created') learn(job, outcome, nowMs + port.conclusiveAfterMs)
    return
  }
  if (job.state !== 'unknown') return
  const found = await port.find(job.request).catch(() => undefined)
  if (found === undefined) return
  if (found?.state === 'paid') job.state = 'paid'
  if (found === null && nowMs >= job.askFromMs) job.state = 'created'
}

async function run(seed: number): Promise<{ world: World; jobs: readonly Job[]; told: string }> {
  const world = setUp({ fake: { seed } })
  const random = seededRandom(seed)
  const { fake, clock } = world
  fake.faults.random({ seed, rates: RATES })
  const jobs = [1, 2, 3].map((count): Job => {
    const destination = { kind: 'provider_user', user: `user-${count}` } as const
    const request = { idempotencyKey: `pout_${count}`, amount: units(BigInt(count)), destination }
    return { request, state: 'created', askFromMs: 0 }
  })
  let ports = [world.provider.payouts, world.restarted().payouts]
  const isOpen = () => jobs.some(({ state }) => state === 'created' || state === 'unknown')
  for (let round = 0; round < 400 && isOpen(); round += 1) {
    // The storm passes; until then processes die, and two of them may work on one payout.
    const isStorm = round < 40
    if (!isStorm) fake.faults.clear()
    if (isStorm && random() < 0.2) ports = [world.restarted().payouts, ports[0] ?? world.provider.payouts]
    const job = jobs[Math.floor(random() * jobs.length)]
    const port = ports[random() < 0.5 ? 0 : 1]
    if (job === undefined || port === undefined) continue
    if (isStorm && random() < 0.3) await Promise.all(ports.map((one) => step(world, job, one)))
    else await step(world, job, port)
    // Horizon is behind now and then: what was sent does not show for a minute.
    for (const { hash } of fake.transactions) if (random() < 0.1 && isStorm) fake.hide(hash, 60_000)
    await clock.advance(Math.floor(random() * (random() < 0.2 ? 700_000 : 60_000)))
  }
  return { world, jobs, told: fake.faults.describe() }
}

describe('a storm of lost answers, dying processes and a Horizon that is behind', () => {
  const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1)
  it.each(SEEDS)('seed %i: each payout is sent once', async (seed) => {
    const { world, jobs, told } = await run(seed)
    for (const { request, state } of jobs) {
      const user = request.destination.kind === 'provider_user' ? request.destination.user : ''
      const sent = world.fake.sentTo(user).filter(({ successful }) => successful)
      expect({ seed, told, state, sent: sent.map(({ amount }) => amount) }).toEqual({
        ...{ seed, told, state: 'paid' },
        sent: [request.amount.amount],
      })
    }
  })
})
