import { type CreatePayment, Money, type RefundPayment } from '@lastro/core/spec'
import { type Case, check, checkThrows, shown } from './case.ts'
import { expectKind, make, type PaymentWorld, refTo, WITHOUT_REPLY } from './payment-world.ts'

/** A payment that was made and paid, and what the provider tells of it. */
async function paid(world: PaymentWorld, request = world.request()) {
  expectKind('made', await make(world, { request }), ['accepted'])
  check(await world.pay(request), 'The payer could not pay a payment that was accepted.')
  await world.pass(world.provider.conclusiveAfterMs)
  const found = await world.provider.find(refTo(world, request))
  check(found !== null, 'A payment that was paid is absent.')
  return { request, found }
}

/** A refund of the first receipt. Null where the provider gives nothing back. */
export async function refundable(
  world: PaymentWorld,
  key: string,
): Promise<{
  readonly request: CreatePayment
  readonly refund: RefundPayment
} | null> {
  if (world.provider.refund === undefined) return null
  check(world.provider.findRefund !== undefined, 'A provider that refunds must find refunds.')
  const { request, found } = await paid(world)
  const [receipt] = found.receipts
  check(receipt !== undefined, `The payment was paid, and \`find\` tells no receipt: ${shown(found)}.`)
  const payment = { idempotencyKey: request.idempotencyKey, providerRef: found.providerRef }
  const payer = request.payer === undefined ? {} : { payer: request.payer }
  const refund = { idempotencyKey: key, payment, receiptRef: receipt.ref, amount: receipt.amount, ...payer }
  return { request, refund }
}

const receiptsTold: Case<PaymentWorld> = {
  id: 'payment/receipts_told',
  rule: 'money that arrived is told by `find`, each arrival once, under one ref.',
  async run(world) {
    const { request, found } = await paid(world)
    check(found.state === 'paid', `The payment was paid, and \`find\` tells ${shown(found.state)}.`)
    const [receipt] = found.receipts
    check(
      found.receipts.length === 1 && receipt !== undefined && Money.equals(receipt.amount, request.amount),
      `Paid ${shown(request.amount)} once, and \`find\` tells ${shown(found.receipts)}.`,
    )
    const again = await world.restarted().find(refTo(world, request))
    const refs = again?.receipts.map(({ ref }) => ref)
    check(
      refs?.length === 1 && refs[0] === receipt.ref,
      `It was ${receipt.ref}, and is told as ${shown(refs)}.`,
    )
    const open = world.request()
    await make(world, { request: open })
    await world.pass(world.provider.conclusiveAfterMs)
    const unpaid = await world.provider.find(refTo(world, open))
    check(
      unpaid !== null && unpaid.receipts.length === 0 && unpaid.state !== 'paid',
      `Nobody paid, and \`find\` tells ${shown(unpaid)}.`,
    )
  },
}

const refundIdempotent: Case<PaymentWorld> = {
  id: 'payment/refund_idempotent',
  rule: 'one refund key gives money back at most once.',
  async run(world) {
    const made = await refundable(world, 'rfnd_1')
    if (made === null) return
    const { refund } = made
    world.fault('lost_reply')
    await world.provider.refund?.(refund)
    await world.provider.refund?.(refund)
    await world.pass(world.provider.conclusiveAfterMs)
    await world.restarted().refund?.(refund)
    const returned = await world.returned(made.request)
    check(
      returned.length === 1 && returned.every((money) => Money.equals(money, refund.amount)),
      `One refund of ${shown(refund.amount)} was asked, and ${shown(returned)} went back.`,
    )
  },
}

const refundLostReply: Case<PaymentWorld> = {
  id: 'payment/refund_lost_reply_is_unknown',
  rule: "a refund's reply lost after sending is `unknown`.",
  async run(world) {
    for (const [index, kind] of WITHOUT_REPLY.entries()) {
      const made = await refundable(world, `rfnd_${index}`)
      if (made === null) return
      world.fault(kind)
      const outcome = await world.provider.refund?.(made.refund)
      check(outcome?.kind === 'unknown', `${kind}: expected \`unknown\`, got ${shown(outcome)}.`)
    }
  },
}

const refundFound: Case<PaymentWorld> = {
  id: 'payment/refund_found',
  rule: '`findRefund` tells what became of a refund, and throws when it could not ask.',
  async run(world) {
    const made = await refundable(world, 'rfnd_1')
    if (made === null) return
    const { refund } = made
    const look = (provider = world.provider) => provider.findRefund?.(refund)
    check((await look()) === null, 'A refund that was never asked for is not null.')
    world.fault('lost_reply')
    await world.provider.refund?.(refund)
    await world.pass(world.provider.conclusiveAfterMs)
    for (const provider of [world.provider, world.restarted()]) {
      const found = await look(provider)
      const isTold = found != null && found.state !== 'failed' && Money.equals(found.amount, refund.amount)
      check(isTold, `The refund was made, and \`findRefund\` tells ${shown(found)}.`)
    }
    for (const kind of ['unreachable', 'lookup_trouble'] as const) {
      world.fault(kind)
      await checkThrows(`findRefund, ${kind}`, async () => look())
      world.mend()
    }
  },
}

const canceledIsFinal: Case<PaymentWorld> = {
  id: 'payment/canceled_is_final',
  rule: 'what was canceled cannot be paid any more.',
  async run(world) {
    const { provider } = world
    if (provider.cancel === undefined) return
    const request = world.request()
    const outcome = await make(world, { request })
    check(outcome.kind === 'accepted', `made: expected \`accepted\`, got ${shown(outcome)}.`)
    const ref = { idempotencyKey: request.idempotencyKey, providerRef: outcome.value.providerRef }
    const answer = await provider.cancel(ref)
    check(
      answer.kind === 'accepted' && answer.value.state === 'canceled',
      `cancel: expected a canceled payment, got ${shown(answer)}.`,
    )
    check(!(await world.pay(request)), 'It was canceled, and could still be paid.')
    const { request: done, found } = await paid(world)
    const late = await provider.cancel({
      idempotencyKey: done.idempotencyKey,
      providerRef: found.providerRef,
    })
    check(late.kind !== 'accepted', `It was paid, and could be canceled: ${shown(late)}.`)
  },
}

/** The rules about money that arrived and money that goes back. */
export const paymentMoneyCases: readonly Case<PaymentWorld>[] = [
  receiptsTold,
  refundIdempotent,
  refundLostReply,
  refundFound,
  canceledIsFinal,
]
