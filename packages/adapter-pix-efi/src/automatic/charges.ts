import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import { accepted, isProviderError, Money, type Outcome } from '@lastro/core/spec'
import { z } from 'zod'
import { readOne } from '../answers.ts'
import { type BrokenRule, checkAmount } from '../charges/check-terms.ts'
import { type EfiPage, type EfiWindow, nextPage, queryOf } from '../charges/list.ts'
import { parameters } from '../charges/wire.ts'
import type { EfiCall } from '../client.ts'
import { amounts, BRL, DUPLICATES } from '../map.ts'
import { callMoney, callOnce, unlessDone } from '../money-call.ts'
import type { PaymentContext } from '../payments/create.ts'
import { pixIdOf } from '../pix-id.ts'
import { checkDay, checkText, refusedBy } from './check.ts'
import { findRecurringCharge } from './find.ts'
import { type EfiRecurringCharge, readRecurringCharge } from './read.ts'
import { recurringCharge } from './wire.ts'

/** Kinds of the account that receives, in our words and in the standard's. */
const ACCOUNTS = { checking: 'CORRENTE', savings: 'POUPANCA', payment: 'PAGAMENTO' } as const

/** One charge of a recurrence, to be made. */
export interface CreateRecurringCharge {
  /** The charge's own key: the same for every attempt, for ever. The txid follows from it. */
  readonly idempotencyKey: string
  readonly idRec: string
  readonly dueDate: string
  readonly amount: Money
  /** Moves a due date on a day without banking to the next one. Default true, as in the standard. */
  readonly onBusinessDay?: boolean
  /** Our account, which receives. */
  readonly receiver: {
    readonly account: string
    readonly branch?: string
    readonly type: keyof typeof ACCOUNTS
  }
  /** Shown to the payer, 140 characters at most. */
  readonly description?: string
  readonly signal?: AbortSignal
}

function check({ amount, dueDate, receiver, description }: CreateRecurringCharge): BrokenRule | null {
  if (!/^\d{0,19}[\dXx]$/.test(receiver.account))
    return { field: 'receiver.account', rule: 'must be 1 to 20 digits; the last may be X' }
  if (receiver.branch !== undefined && !/^\d{1,4}$/.test(receiver.branch))
    return { field: 'receiver.branch', rule: 'must be 1 to 4 digits' }
  return (
    checkAmount(amount, 'amount') ??
    checkDay(dueDate, 'dueDate') ??
    (description === undefined ? null : checkText(description, { field: 'description', max: 140 }))
  )
}

function bodyOf(given: CreateRecurringCharge): object {
  const { idRec, dueDate, amount, receiver, description } = given
  return {
    idRec,
    calendario: { dataDeVencimento: dueDate },
    valor: { original: amounts.write(Money.of(amount.amount, BRL), 'amount') },
    ajusteDiaUtil: given.onBusinessDay ?? true,
    recebedor: {
      conta: receiver.account,
      tipoConta: ACCOUNTS[receiver.type],
      ...(receiver.branch === undefined ? {} : { agencia: receiver.branch }),
    },
    ...(description === undefined ? {} : { infoAdicional: description }),
  }
}

function readAnswer(
  answer: Answered,
  isAsked: (charge: EfiRecurringCharge) => boolean,
): Outcome<EfiRecurringCharge> {
  const parsed = recurringCharge.safeParse(answer.json)
  if (!parsed.success) return unknownAnswer(answer.status, 'its body cannot be read')
  try {
    const charge = readRecurringCharge(parsed.data)
    return isAsked(charge) ? accepted(charge) : unknownAnswer(answer.status, 'it tells of another charge')
  } catch (error) {
    if (!isProviderError(error)) throw error
    return unknownAnswer(answer.status, error.message)
  }
}

/** Charges a recurrence, once: the txid follows from the key. */
export async function createRecurringCharge(
  context: PaymentContext,
  given: CreateRecurringCharge,
): Promise<Outcome<EfiRecurringCharge>> {
  const rule = check(given)
  if (rule !== null) return refusedBy(rule)
  const txid = pixIdOf(given.idempotencyKey)
  const { amount, idRec, signal } = given
  return callMoney(context, {
    call: { method: 'PUT', path: ['v2', 'cobr', txid], json: bodyOf(given), signal },
    read: (answer) => readAnswer(answer, (made) => made.txid === txid && Money.equals(made.amount, amount)),
    async lookUp() {
      const found = await findRecurringCharge(context.client, { txid, signal })
      return found === null ? null : readRecurringCharge(found)
    },
    differs: (found) =>
      !Money.equals(found.amount, amount) ? 'amount' : (found.idRec ?? idRec) === idRec ? null : 'recurrence',
    duplicates: DUPLICATES,
  })
}

/** One change of a charge that is there: refused or not, what is there afterwards decides. */
function changeCharge(
  context: PaymentContext,
  change: {
    readonly call: EfiCall
    readonly txid: string
    readonly isDone: (charge: EfiRecurringCharge) => boolean
  },
): Promise<Outcome<EfiRecurringCharge>> {
  const { call, txid, isDone } = change
  const ask = async () => {
    const found = await findRecurringCharge(context.client, { txid, signal: call.signal })
    return found === null ? null : readRecurringCharge(found)
  }
  return callOnce(context, {
    call,
    read: (answer) => readAnswer(answer, (charge) => charge.txid === txid),
    refused: (answer, refusal) => unlessDone({ ask, isDone }, { answer, refusal }),
  })
}

/** Ends a charge that was not taken yet. Saying it twice does no harm. */
export async function cancelRecurringCharge(
  context: PaymentContext,
  { txid, signal }: { readonly txid: string; readonly signal?: AbortSignal },
): Promise<Outcome<EfiRecurringCharge>> {
  const call = { method: 'PATCH', path: ['v2', 'cobr', txid], json: { status: 'CANCELADA' }, signal } as const
  return changeCharge(context, { call, txid, isDone: ({ state }) => state === 'canceled' })
}

/** Has the payer's bank try a charge again on a day. A day has one try, so saying it twice does no harm. */
export async function retryRecurringCharge(
  context: PaymentContext,
  { txid, date, signal }: { readonly txid: string; readonly date: string; readonly signal?: AbortSignal },
): Promise<Outcome<EfiRecurringCharge>> {
  const rule = checkDay(date, 'date')
  if (rule !== null) return refusedBy(rule)
  const call = { method: 'POST', path: ['v2', 'cobr', txid, 'retentativa', date], signal } as const
  return changeCharge(context, {
    call,
    txid,
    isDone: ({ attempts }) => attempts.some((attempt) => attempt.date === date),
  })
}

const chargeList = z.object({ parametros: parameters, cobsr: z.array(recurringCharge) })

/** One page of recurring charges. @throws ProviderError when Efí could not be asked. */
export async function listRecurringCharges(
  { client }: PaymentContext,
  wanted: EfiWindow & { readonly idRec?: string; readonly status?: string },
): Promise<EfiPage<EfiRecurringCharge>> {
  const { idRec, status, signal } = wanted
  const call = {
    method: 'GET',
    path: ['v2', 'cobr'],
    query: { ...queryOf(wanted), idRec, status },
    signal,
  } as const
  const found = await readOne(client, { call, subject: 'the recurring charges', schema: chargeList })
  return {
    items: found.cobsr.map(readRecurringCharge),
    next: nextPage(found.parametros.paginacao, wanted.page ?? 0),
  }
}
