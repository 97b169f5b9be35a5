import { moneyAnswer, notSent, unknownAnswer } from '@lastro/adapter-kit'
import { accepted, declined, isProviderError, type Outcome, unknown } from '@lastro/core/spec'
import { z } from 'zod'
import type { PaymentDto } from './api.ts'
import { surprise } from './client.ts'
import { markOf, signOrder } from './envelope.ts'
import { cancelDead, clearTheWay, finish } from './finish.ts'
import { newestSequence, type SentTransaction } from './history.ts'
import type { ChainHead } from './horizon.ts'
import { findLanded, type Landed } from './landed.ts'
import { isSamePurpose, purposeOf } from './metadata.ts'
import {
  checkedTarget,
  comesFirst,
  createPayment,
  LOOK_AGAIN_MS,
  type SendRequest,
  windowEndsMs,
} from './open-payment.ts'
import { chainRefusal } from './refusal.ts'
import type { Wallet } from './wallet.ts'

/** A transaction has to have at least this long to be applied, or it is not signed. */
const LEAST_TIME_MS = 30_000
/** How often a transaction is built anew after an answer that proves that the last one can never apply. */
const MAX_BUILDS = 3

/** What was seen before anything is sent. */
interface Seen {
  readonly head: ChainHead
  readonly sent: readonly SentTransaction[]
  readonly incomplete: readonly PaymentDto[]
  readonly own: PaymentDto | null
}

/** A payment at Pi that is to be paid now. `isFresh`: made in this call, so nothing was ever signed for it before. */
interface ToPay {
  readonly payment: PaymentDto
  readonly isFresh: boolean
}

/**
 * Sends money from the app's wallet to a user, at most once for a purpose, however often it is asked for.
 *
 * What makes it once: before signing, the wallet's transactions are read, and the sequence number is the one after the
 * newest of them. An earlier transaction for the same purpose is then either among them, and found; or has a number that
 * is used, and can never apply; or has the very number that is signed now, and the chain takes one of the two.
 */
export function send(wallet: Wallet, request: SendRequest): Promise<Outcome<Landed>> {
  return wallet.inTurn(async () => {
    try {
      return await sendOnce(wallet, request)
    } catch (error) {
      // Everything that throws is a read before the transaction leaves.
      if (isProviderError(error))
        return notSent('prerequisite', {
          cause: error,
          ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
        })
      throw error
    }
  })
}

async function sendOnce(wallet: Wallet, request: SendRequest): Promise<Outcome<Landed>> {
  const seen = await look(wallet, request)
  const landed = await findLanded(wallet, seen.sent, { ...request, own: seen.own })
  if (landed !== null) return conclude(wallet, landed, request)
  for (const payment of seen.incomplete) {
    if (payment === seen.own) continue
    const wait = await clearTheWay(wallet, { ...seen, payment, signal: request.signal })
    if (wait !== null) return comesFirst('another payment to a user is not finished.', wait.waitMs)
  }
  const found = await paymentToPay(wallet, seen, request)
  return found.kind === 'accepted' ? pay(wallet, found.value, request) : found
}

/** The order of reading matters: what can be told dead by the head is then in what was sent. */
async function look(wallet: Wallet, { purpose, signal }: SendRequest): Promise<Seen> {
  const { history } = wallet.open()
  const incomplete = await wallet.client.incomplete(signal)
  const head = await wallet.horizon.head(signal)
  const sent = await history.refresh(signal)
  const own = incomplete.find((payment) => isSamePurpose(purpose, purposeOf(payment))) ?? null
  return { head, sent, incomplete, own }
}

/** Pi's payment for the purpose: the one that is open, or a new one in place of one that can never be paid. */
async function paymentToPay(wallet: Wallet, seen: Seen, request: SendRequest): Promise<Outcome<ToPay>> {
  const { own, head } = seen
  if (own !== null) {
    if (own.transaction?.txid !== undefined)
      return comesFirst('Pi tells a transaction that the chain does not show yet.')
    const endsMs = windowEndsMs(wallet, own)
    const isOver = head.closedAtMs > endsMs
    if (!isOver && wallet.settings.clock.now().getTime() + LEAST_TIME_MS < endsMs)
      return accepted({ payment: own, isFresh: false })
    if (!isOver || !(await cancelDead(wallet, own, request.signal)))
      return comesFirst(
        'an earlier payment for this is not ended yet.',
        Math.max(LOOK_AGAIN_MS, endsMs - head.closedAtMs + LOOK_AGAIN_MS),
      )
  }
  const created = await createPayment(wallet, request)
  return created.kind === 'accepted' ? accepted({ payment: created.value, isFresh: true }) : created
}

/** Tells Pi, and answers that the money has moved. */
async function conclude(wallet: Wallet, landed: Landed, { signal }: SendRequest): Promise<Outcome<Landed>> {
  await finish(wallet, landed, signal)
  return accepted(landed)
}

async function pay(wallet: Wallet, given: ToPay, request: SendRequest): Promise<Outcome<Landed>> {
  const { payment } = given
  const { history } = wallet.open()
  const to = checkedTarget(wallet, payment, request)
  let isDearer = false
  for (let count = 0; count < MAX_BUILDS; count += 1) {
    const sent = await history.refresh(request.signal)
    const landed = await findLanded(wallet, sent, { ...request, own: payment })
    if (landed !== null) {
      // Another process was faster: the payment made here, for which nothing was signed, would only stand in the way.
      if (given.isFresh && landed.payment.identifier !== payment.identifier)
        await cancelDead(wallet, payment, request.signal)
      return conclude(wallet, landed, request)
    }
    const signed = await sign(wallet, { payment, to, sent, request, isDearer })
    if (signed.kind !== 'accepted') return signed
    const answer = await submit(wallet, signed.value, request)
    if (answer.kind === 'applied') return conclude(wallet, { payment, hash: signed.value.hash }, request)
    if (answer.kind === 'again') {
      isDearer = isDearer || answer.isDearer
      continue
    }
    if (answer.kind === 'refused')
      return refused(wallet, { ...given, ...answer, hash: signed.value.hash }, request)
    return answer
  }
  return unknown(surprise('the chain refused every transaction by its sequence number or its time.'))
}

async function sign(
  wallet: Wallet,
  order: {
    readonly payment: PaymentDto
    readonly to: string
    readonly sent: readonly SentTransaction[]
    readonly request: SendRequest
    readonly isDearer: boolean
  },
): Promise<Outcome<ReturnType<typeof signOrder>>> {
  const { settings, seed } = wallet
  const { payment, to, sent, request, isDearer } = order
  const { purpose, amount, signal } = request
  const from = wallet.open().address
  const sequence = newestSequence(sent) ?? (await firstSequence(wallet, from, signal))
  const fee = isDearer ? settings.maxFee : await wallet.horizon.fee(signal)
  const nowMs = settings.clock.now().getTime()
  const endsMs = Math.min(nowMs + settings.timeBoundMs, windowEndsMs(wallet, payment))
  if (endsMs < nowMs + LEAST_TIME_MS) return comesFirst('the time to pay this payment is over.')
  const notBefore = settings.markTransactions ? markOf(purpose.lastro) : 0n
  const times = { notBefore, notAfter: BigInt(Math.floor(endsMs / 1_000)) }
  const memo = payment.identifier
  const made = { from, to, amount, memo, sequence: sequence.toString(), fee, ...times }
  return accepted(signOrder(made, { seed, facts: settings.facts }))
}

/** The sequence number of a wallet that sent nothing for as long as was looked back. */
async function firstSequence(wallet: Wallet, address: string, signal?: AbortSignal): Promise<bigint> {
  const account = await wallet.horizon.account(address, signal)
  if (account === null) throw surprise("the app's wallet is not on this chain.")
  const { clock, lookBackMs } = wallet.settings
  if ((account.sequenceAtMs ?? 0) > clock.now().getTime() - lookBackMs)
    throw surprise('Horizon tells of an account that sent, and not of what it sent.')
  return account.sequence
}

/** What one submission came to. `refused`: the chain does not take this transaction. */
type Submitted =
  | { readonly kind: 'applied' }
  | { readonly kind: 'again'; readonly isDearer: boolean }
  | { readonly kind: 'refused'; readonly outcome: Outcome<never>; readonly code: string }
  | Exclude<Outcome<never>, { readonly kind: 'accepted' }>

const appliedAnswer = z.object({ hash: z.string(), successful: z.boolean().optional() })

async function submit(
  wallet: Wallet,
  signed: { readonly hash: string; readonly envelope: string },
  { signal }: SendRequest,
): Promise<Submitted> {
  const result = await wallet.horizon.submit(signed.envelope, signal)
  const answer = moneyAnswer(result, { limited: 'unknown', clock: wallet.settings.clock })
  if (answer.kind !== 'answered') return answer as Exclude<typeof answer, { kind: 'accepted' }>
  if (answer.status >= 200 && answer.status < 300) {
    const parsed = appliedAnswer.safeParse(answer.json)
    const isOurs = parsed.success && parsed.data.hash === signed.hash && parsed.data.successful !== false
    return isOurs ? { kind: 'applied' } : doubt(answer.status, 'the transaction is not told to be applied')
  }
  const refusal = chainRefusal(answer)
  switch (refusal.do) {
    case 'again':
    case 'dearer':
      return { kind: 'again', isDearer: refusal.do === 'dearer' }
    case 'credentials': {
      const cause = new Error(`The chain refused the wallet's signature or account (${refusal.code}).`)
      return notSent('unauthorized', { cause }) as Submitted
    }
    case 'decline': {
      const detail = `The chain refused the transaction: ${refusal.code}.`
      return { kind: 'refused', outcome: declined(refusal.reason, detail), code: refusal.code }
    }
    case 'doubt':
      return doubt(answer.status, refusal.code)
  }
}

const doubt = (status: number, detail: string): Submitted => unknownAnswer(status, detail) as Submitted

/**
 * A refusal speaks of one transaction. It is final when no other one can be under way for this payment: nothing was ever
 * signed for it before, or the chain shows this one as failed, with its sequence number used.
 */
async function refused(
  wallet: Wallet,
  given: ToPay & { readonly outcome: Outcome<never>; readonly code: string; readonly hash: string },
  { signal }: SendRequest,
): Promise<Outcome<never>> {
  const isFinal = given.isFresh || (await isFailedOnChain(wallet, given.hash, signal))
  if (!isFinal)
    return unknown(
      surprise(`the chain refused a later transaction (${given.code}); an earlier one may apply.`),
    )
  // Else it would stand in the way of the next send until its window has passed.
  await cancelDead(wallet, given.payment, signal)
  return given.outcome
}

async function isFailedOnChain(wallet: Wallet, hash: string, signal?: AbortSignal): Promise<boolean> {
  try {
    return (await wallet.horizon.transaction(hash, signal))?.successful === false
  } catch (error) {
    if (isProviderError(error)) return false
    throw error
  }
}
