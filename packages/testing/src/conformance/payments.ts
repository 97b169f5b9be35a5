import { Money } from '@lastro/core/spec'
import { type Case, check, checkThrows, shown } from './case.ts'
import {
  expectKind,
  expectMade,
  make,
  type PaymentWorld,
  refTo,
  SERVER_ERRORS,
  WITHOUT_REPLY,
} from './payment-world.ts'
import { paymentMoneyCases, refundable } from './payments-money.ts'

/** Whole units that floats, or cents made by way of floats, get wrong. */
const TRAPS: readonly bigint[] = [
  ...[3n, 7n, 29n, 57n, 115n, 435n, 1_999n, 100_005n, 99_999_999n, 1_999_999_999_999n],
  ...[2n ** 53n + 1n, 10n ** 18n + 1n],
]

const idempotent: Case<PaymentWorld> = {
  id: 'payment/idempotent',
  rule: 'one key makes at most one payment, however often it is created.',
  async run(world) {
    const request = world.request()
    world.fault('lost_reply')
    await make(world, { request })
    await make(world, { request })
    await Promise.all([make(world, { request }), make(world, { request })])
    await world.pass(world.provider.conclusiveAfterMs)
    await make(world, { request, provider: world.restarted() })
    await expectMade(world, { request, count: 'one' })
  },
}

const lostReply: Case<PaymentWorld> = {
  id: 'payment/lost_reply_is_unknown',
  rule: 'a reply lost after sending is `unknown`, never `declined` or `not_sent`.',
  async run(world) {
    for (const kind of WITHOUT_REPLY) {
      const request = world.request()
      world.fault(kind)
      expectKind(kind, await make(world, { request }), ['unknown'])
      await expectMade(world, { request, count: 'one' })
    }
  },
}

const unsent: Case<PaymentWorld> = {
  id: 'payment/unsent_is_not_sent',
  rule: 'a request that never left is `not_sent`.',
  async run(world) {
    for (const when of ['at first', 'later']) {
      const request = world.request()
      world.fault('unreachable')
      expectKind(`unreachable ${when}`, await make(world, { request }), ['not_sent'])
      await expectMade(world, { request, count: 'none' })
      world.mend()
      expectKind(`tried again ${when}`, await make(world, { request }), ['accepted'])
      await expectMade(world, { request, count: 'one' })
    }
  },
}

const serverError: Case<PaymentWorld> = {
  id: 'payment/server_error_is_unknown',
  rule: 'a 5xx answer is `unknown`, whatever its body says.',
  async run(world) {
    for (const kind of SERVER_ERRORS) {
      world.fault(kind)
      expectKind(kind, await make(world, { request: world.request() }), ['unknown'])
      const given = await refundable(world, `rfnd_${kind}`)
      if (given === null) continue
      world.fault(kind)
      const outcome = await world.provider.refund?.(given.refund)
      check(outcome?.kind === 'unknown', `refund, ${kind}: expected \`unknown\`, got ${shown(outcome)}.`)
    }
  },
}

const refusal: Case<PaymentWorld> = {
  id: 'payment/refusal_is_declined',
  rule: 'a final refusal is `declined`, with its reason.',
  async run(world) {
    const request = world.request()
    world.fault('refuse')
    const outcome = await make(world, { request })
    expectKind('refused', outcome, ['declined'])
    const reason = outcome.kind === 'declined' ? outcome.reason : null
    check(reason === world.refusalReason, `Expected the reason ${world.refusalReason}, got ${reason}.`)
    await expectMade(world, { request, count: 'none' })
  },
}

const duplicate: Case<PaymentWorld> = {
  id: 'payment/duplicate_is_not_refused',
  rule: '"this key exists" is `accepted` or `unknown`, never `declined`.',
  async run(world) {
    const request = world.request()
    await make(world, { request })
    expectKind('made again', await make(world, { request }), ['accepted', 'unknown'])
    const lost = world.request()
    world.fault('lost_reply')
    await make(world, { request: lost })
    const again = await make(world, { request: lost, provider: world.restarted() })
    expectKind('made again after a lost reply and a restart', again, ['accepted', 'unknown'])
  },
}

const foundAfterLostReply: Case<PaymentWorld> = {
  id: 'payment/found_after_lost_reply',
  rule: 'after a lost reply, `find` tells the payment that was really made.',
  async run(world) {
    const { smallest } = world
    const request = world.request(Money.of(smallest.amount + 1n, smallest.asset))
    world.fault('lost_reply')
    await make(world, { request })
    await world.pass(world.provider.conclusiveAfterMs)
    for (const provider of [world.provider, world.restarted()]) {
      const found = await provider.find(refTo(world, request))
      check(
        found !== null,
        'The payment was made, and after `conclusiveAfterMs` `find` says that it is absent.',
      )
      check(
        Money.equals(found.amount, request.amount),
        `Expected ${shown(request.amount)}, got ${shown(found)}.`,
      )
      check(found.state !== 'failed', `The payment was made, and \`find\` tells ${shown(found)}.`)
    }
  },
}

const absent: Case<PaymentWorld> = {
  id: 'payment/absent_is_null',
  rule: '`find` answers `null` for a key the provider never saw, and only then.',
  async run(world) {
    const { provider } = world
    const { idempotencyKey } = world.request()
    check((await provider.find({ idempotencyKey })) === null, 'A key never seen is not null.')
    const request = world.request()
    await make(world, { request })
    await world.pass(provider.conclusiveAfterMs)
    check((await provider.find(refTo(world, request))) !== null, 'A payment that was made is null.')
    check((await provider.find({ idempotencyKey })) === null, 'A key never seen is not null any more.')
  },
}

const findThrows: Case<PaymentWorld> = {
  id: 'payment/find_throws_when_down',
  rule: '`find` throws when it could not ask; trouble is not absence.',
  async run(world) {
    const request = world.request()
    await make(world, { request })
    for (const kind of ['unreachable', 'lookup_trouble'] as const) {
      world.fault(kind)
      await checkThrows(`find, ${kind}`, () => world.provider.find(refTo(world, request)))
      world.mend()
    }
  },
}

const amountExact: Case<PaymentWorld> = {
  id: 'payment/amount_exact',
  rule: "the provider is asked for exactly the amount given, and an answer's amount is read exactly.",
  async run(world) {
    const { smallest, largest } = world
    const inside = TRAPS.filter((units) => units > smallest.amount && units < largest.amount)
    for (const units of [smallest.amount, ...inside, largest.amount]) {
      const amount = Money.of(units, smallest.asset)
      const request = world.request(amount)
      const outcome = await make(world, { request })
      const asked = await world.made(request)
      check(
        asked.length === 1 && asked.every((money) => Money.equals(money, amount)),
        `Asked for ${shown(amount)}, the remote side asks for ${shown(asked)}; the answer was ${shown(outcome)}.`,
      )
      if (outcome.kind !== 'accepted') continue
      const told = outcome.value.amount
      check(Money.equals(told, amount), `Asked for ${shown(amount)}, the adapter told ${shown(told)}.`)
    }
  },
}

/** The rules of `PaymentProvider`. Those about refunds and canceling hold where the provider has them. */
export const paymentCases: readonly Case<PaymentWorld>[] = [
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
  ...paymentMoneyCases,
]
