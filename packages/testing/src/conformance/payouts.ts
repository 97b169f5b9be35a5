import {
  type DeclineReason,
  Money,
  type Outcome,
  type PayoutProvider,
  type ProviderPayout,
  type SubmitPayout,
} from '@lastro/core/spec'
import { type Case, check, checkThrows, shown, type World } from './case.ts'

/** What a case may ask to go wrong. */
export type PayoutFault =
  /** No connection can be made, to anything, until `mend`. */
  | 'unreachable'
  /**
   * The next submission has its effect, and the connection dies before the answer. If the provider may show a payout
   * late, this one is shown as late as it gets.
   */
  | 'lost_reply'
  /** The next submission has its effect, and its answer is cut in the middle. */
  | 'cut_reply'
  /** The next submission has its effect, and is not answered at all. */
  | 'no_reply'
  /** The next submission has no effect, and its answer is a server error whose body reads like a final refusal. */
  | 'server_error'
  /** The next submission has its effect, and its answer is a server error all the same. */
  | 'server_error_after_effect'
  /** The next submission is refused, finally, for `refusalReason`. */
  | 'refuse'
  /** Whoever looks a payout up gets a server error, until `mend`. */
  | 'lookup_trouble'

/** Drives the world behind a payout provider, so that a case can ask for faults and see the truth without it. */
export interface PayoutWorld extends World {
  readonly provider: PayoutProvider
  /** Another instance of the same adapter, as after a restart: it shares no memory with the first one. */
  restarted(): PayoutProvider
  /** A payout that can be made, with a key and a destination that no other one has. Default amount: any. */
  request(amount?: Money): SubmitPayout
  /** The least and the most that can be paid, with money enough to pay it. */
  readonly smallest: Money
  readonly largest: Money
  /** What `refuse` refuses for. */
  readonly refusalReason: DeclineReason
  /**
   * Every transfer to the destination of this request that the remote side holds, told by the remote side. Found by
   * the destination and not by the key, since what the adapter made of the key is in question.
   */
  arrived(request: SubmitPayout): Promise<readonly Money[]>
  fault(kind: PayoutFault): void
  /** Ends `unreachable` and `lookup_trouble`. */
  mend(): void
  /** Lets time pass for the adapter and the remote side. */
  pass(ms: number): Promise<void>
}

/** Whole units that floats, or cents made by way of floats, get wrong. */
const TRAPS: readonly bigint[] = [
  ...[3n, 7n, 29n, 57n, 115n, 435n, 1_999n, 100_005n, 1_999_999_999_999n],
  ...[2n ** 53n + 1n, 10n ** 18n + 1n, 10n ** 20n + 7n],
]

const EFFECTS_WITHOUT_REPLY = ['lost_reply', 'cut_reply'] as const
const SERVER_ERRORS = ['server_error', 'server_error_after_effect'] as const
const WAIT_MS = 10_000

type Answer = Outcome<ProviderPayout>

function expectKind(what: string, outcome: Answer, kinds: readonly Answer['kind'][]): void {
  const wanted = kinds.map((kind) => `\`${kind}\``).join(' or ')
  check(kinds.includes(outcome.kind), `${what}: expected ${wanted}, got ${shown(outcome)}.`)
}

const TRANSFERS = { none: 0, one: 1 } as const

async function expectTransfers(
  world: PayoutWorld,
  { request, count }: { request: SubmitPayout; count: keyof typeof TRANSFERS },
): Promise<void> {
  const found = await world.arrived(request)
  check(found.length === TRANSFERS[count], `Expected ${count} at the remote side, found ${shown(found)}.`)
}

/** Submits, and gives up once the money is there but no answer is. */
async function submitAndGiveUp(world: PayoutWorld, request: SubmitPayout): Promise<Answer> {
  const controller = new AbortController()
  const answer = world.provider.submit({ ...request, signal: controller.signal })
  // It may reject while the loop below has the floor; it is awaited in the end all the same.
  answer.catch(() => undefined)
  const deadline = Date.now() + WAIT_MS
  while ((await world.arrived(request)).length === 0) {
    check(Date.now() < deadline, 'The submission never reached the remote side.')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  controller.abort(new Error('the caller gave up'))
  return answer
}

const idempotent: Case<PayoutWorld> = {
  id: 'payout/idempotent',
  rule: 'one key moves money at most once, however often it is submitted.',
  async run(world) {
    const request = world.request()
    world.fault('lost_reply')
    await world.provider.submit(request)
    await world.provider.submit(request)
    await Promise.all([world.provider.submit(request), world.provider.submit(request)])
    await world.restarted().submit(request)
    await world.pass(world.provider.conclusiveAfterMs)
    await world.restarted().submit(request)
    await expectTransfers(world, { request, count: 'one' })
  },
}

const lostReply: Case<PayoutWorld> = {
  id: 'payout/lost_reply_is_unknown',
  rule: 'a reply lost after sending is `unknown`, never `declined` or `not_sent`.',
  async run(world) {
    for (const kind of EFFECTS_WITHOUT_REPLY) {
      const request = world.request()
      world.fault(kind)
      expectKind(kind, await world.provider.submit(request), ['unknown'])
      await expectTransfers(world, { request, count: 'one' })
    }
    const request = world.request()
    world.fault('no_reply')
    expectKind('no reply, and the caller gave up', await submitAndGiveUp(world, request), ['unknown'])
  },
}

const unsent: Case<PayoutWorld> = {
  id: 'payout/unsent_is_not_sent',
  rule: 'a request that never left is `not_sent`, so it may be tried again.',
  async run(world) {
    // Once before anything was ever sent, and once with whatever the adapter keeps open and in memory.
    for (const when of ['at first', 'later']) {
      const request = world.request()
      world.fault('unreachable')
      expectKind(`unreachable ${when}`, await world.provider.submit(request), ['not_sent'])
      await expectTransfers(world, { request, count: 'none' })
      world.mend()
      expectKind(`tried again ${when}`, await world.provider.submit(request), ['accepted'])
      await expectTransfers(world, { request, count: 'one' })
    }
  },
}

const serverError: Case<PayoutWorld> = {
  id: 'payout/server_error_is_unknown',
  rule: 'a 5xx answer is `unknown`, whatever its body says.',
  async run(world) {
    for (const kind of SERVER_ERRORS) {
      world.fault(kind)
      expectKind(kind, await world.provider.submit(world.request()), ['unknown'])
    }
  },
}

const refusal: Case<PayoutWorld> = {
  id: 'payout/refusal_is_declined',
  rule: 'a final refusal is `declined`, with its reason.',
  async run(world) {
    const request = world.request()
    world.fault('refuse')
    const outcome = await world.provider.submit(request)
    expectKind('refused', outcome, ['declined'])
    const reason = outcome.kind === 'declined' ? outcome.reason : null
    check(reason === world.refusalReason, `Expected the reason ${world.refusalReason}, got ${reason}.`)
    await expectTransfers(world, { request, count: 'none' })
  },
}

const duplicate: Case<PayoutWorld> = {
  id: 'payout/duplicate_is_not_refused',
  rule: '"this key exists" is `accepted` or `unknown`, never `declined`.',
  async run(world) {
    const request = world.request()
    await world.provider.submit(request)
    expectKind('submitted again', await world.provider.submit(request), ['accepted', 'unknown'])
    const lost = world.request()
    world.fault('lost_reply')
    await world.provider.submit(lost)
    const again = await world.restarted().submit(lost)
    expectKind('submitted again after a lost reply and a restart', again, ['accepted', 'unknown'])
  },
}

const foundAfterLostReply: Case<PayoutWorld> = {
  id: 'payout/found_after_lost_reply',
  rule: 'after a lost reply, `find` tells the payout that was really made.',
  async run(world) {
    const { smallest } = world
    const request = world.request(Money.of(smallest.amount + 1n, smallest.asset))
    const { idempotencyKey } = request
    world.fault('lost_reply')
    await world.provider.submit(request)
    await world.pass(world.provider.conclusiveAfterMs)
    for (const provider of [world.provider, world.restarted()]) {
      const found = await provider.find({ idempotencyKey })
      check(
        found !== null,
        'The payout was made, and after `conclusiveAfterMs` `find` says that it is absent.',
      )
      check(found.idempotencyKey === idempotencyKey, `Asked for ${idempotencyKey}, got ${shown(found)}.`)
      check(
        Money.equals(found.amount, request.amount),
        `Expected ${shown(request.amount)}, got ${shown(found)}.`,
      )
      check(found.state !== 'failed', `The payout was made, and \`find\` tells ${shown(found)}.`)
    }
  },
}

const absent: Case<PayoutWorld> = {
  id: 'payout/absent_is_null',
  rule: '`find` answers `null` for a key the provider never saw, and only then.',
  async run(world) {
    const { provider } = world
    const neverSeen = world.request().idempotencyKey
    check((await provider.find({ idempotencyKey: neverSeen })) === null, 'A key never seen is not null.')
    const request = world.request()
    await provider.submit(request)
    await world.pass(provider.conclusiveAfterMs)
    const found = await provider.find({ idempotencyKey: request.idempotencyKey })
    check(found !== null, 'A key that was submitted is null.')
    check(
      (await provider.find({ idempotencyKey: neverSeen })) === null,
      'A key never seen is not null any more.',
    )
  },
}

const findThrows: Case<PayoutWorld> = {
  id: 'payout/find_throws_when_down',
  rule: '`find` throws when it could not ask; trouble is not absence.',
  async run(world) {
    const { provider } = world
    const made = world.request()
    await provider.submit(made)
    const neverSeen = world.request()
    for (const kind of ['unreachable', 'lookup_trouble'] as const) {
      world.fault(kind)
      for (const { idempotencyKey } of [made, neverSeen]) {
        await checkThrows(`find, ${kind}`, () => provider.find({ idempotencyKey }))
      }
      world.mend()
    }
  },
}

const amountExact: Case<PayoutWorld> = {
  id: 'payout/amount_exact',
  rule: 'the provider is asked for exactly the amount given, to the last unit.',
  async run(world) {
    const { smallest, largest } = world
    const inside = TRAPS.filter((units) => units > smallest.amount && units < largest.amount)
    for (const units of [smallest.amount, ...inside, largest.amount]) {
      const amount = Money.of(units, smallest.asset)
      const request = world.request(amount)
      const outcome = await world.provider.submit(request)
      const moved = await world.arrived(request)
      check(
        moved.length === 1 && moved.every((money) => Money.equals(money, amount)),
        `Asked for ${shown(amount)}, the remote side moved ${shown(moved)}; the answer was ${shown(outcome)}.`,
      )
      if (outcome.kind === 'accepted') {
        const told = outcome.value.amount
        check(Money.equals(told, amount), `Asked for ${shown(amount)}, the adapter told ${shown(told)}.`)
      }
    }
  },
}

/** The rules of `PayoutProvider`. */
export const payoutCases: readonly Case<PayoutWorld>[] = [
  idempotent,
  lostReply,
  unsent,
  serverError,
  refusal,
  duplicate,
  foundAfterLostReply,
  absent,
  findThrows,
  amountExact,
]
