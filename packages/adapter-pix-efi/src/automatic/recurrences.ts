import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import { accepted, isProviderError, Money, type Outcome } from '@lastro/core/spec'
import { z } from 'zod'
import { readOne } from '../answers.ts'
import { type BrokenRule, checkAmount } from '../charges/check-terms.ts'
import { type EfiPage, type EfiWindow, nextPage, queryOf } from '../charges/list.ts'
import { parameters } from '../charges/wire.ts'
import { amounts, BRL } from '../map.ts'
import { callOnce, unlessDone } from '../money-call.ts'
import type { PaymentContext } from '../payments/create.ts'
import { checkDay, checkDocument, checkText, documentOf, type EfiPerson, refusedBy } from './check.ts'
import { findRecurrence } from './find.ts'
import { type EfiRecurrence, readRecurrence } from './read.ts'
import { recurrence } from './wire.ts'

/** How often a recurrence charges, in our words and in the standard's. */
const PERIODS = {
  week: 'SEMANAL',
  month: 'MENSAL',
  quarter: 'TRIMESTRAL',
  half_year: 'SEMESTRAL',
  year: 'ANUAL',
} as const

/** A recurrence to be made. */
export interface CreateRecurrence {
  /** The host's own number of the contract, 35 characters at most: by it a recurrence is found after a lost reply. */
  readonly contract: string
  readonly debtor: EfiPerson
  /** What is paid for, 35 characters at most. */
  readonly object?: string
  readonly startsOn: string
  readonly endsOn?: string
  readonly every: keyof typeof PERIODS
  /** What each charge takes; without it the amount varies. */
  readonly amount?: Money
  /** Where the amount varies: below this the payer may set no limit. Not together with `amount`. */
  readonly minimumAmount?: Money
  /** Lets a failed charge be tried three times more within seven days. */
  readonly retries: boolean
  /** For journeys 2 to 4: where its QR code is served. */
  readonly locationId?: number
  /** For journeys 3 and 4: the charge that is paid when the payer agrees. */
  readonly activationTxid?: string
  readonly signal?: AbortSignal
}

function check(given: CreateRecurrence, { settings }: PaymentContext): BrokenRule | null {
  const { amount, minimumAmount, object, endsOn } = given
  if (amount !== undefined && minimumAmount !== undefined)
    return { field: 'minimumAmount', rule: 'must not come together with amount' }
  return (
    checkText(given.contract, { field: 'contract', max: 35 }) ??
    (object === undefined ? null : checkText(object, { field: 'object', max: 35 })) ??
    checkDocument(given.debtor.document, { field: 'debtor.document', settings }) ??
    checkText(given.debtor.name, { field: 'debtor.name', max: 140 }) ??
    checkDay(given.startsOn, 'startsOn') ??
    (endsOn === undefined ? null : checkDay(endsOn, 'endsOn')) ??
    (amount === undefined ? null : checkAmount(amount, 'amount')) ??
    (minimumAmount === undefined ? null : checkAmount(minimumAmount, 'minimumAmount'))
  )
}

const reais = (money: Money, field: string): string => amounts.write(Money.of(money.amount, BRL), field)

function amountFields({ amount, minimumAmount }: CreateRecurrence): object {
  if (amount !== undefined) return { valor: { valorRec: reais(amount, 'amount') } }
  return minimumAmount === undefined
    ? {}
    : { valor: { valorMinimoRecebedor: reais(minimumAmount, 'minimumAmount') } }
}

function bodyOf(given: CreateRecurrence): object {
  const { contract, object, debtor, startsOn, endsOn, every, locationId, activationTxid } = given
  return {
    vinculo: {
      contrato: contract,
      ...(object === undefined ? {} : { objeto: object }),
      devedor: { ...documentOf(debtor.document), nome: debtor.name },
    },
    calendario: {
      dataInicial: startsOn,
      ...(endsOn === undefined ? {} : { dataFinal: endsOn }),
      periodicidade: PERIODS[every],
    },
    ...amountFields(given),
    politicaRetentativa: given.retries ? 'PERMITE_3R_7D' : 'NAO_PERMITE',
    // A number here, and an object for charges.
    ...(locationId === undefined ? {} : { loc: locationId }),
    ...(activationTxid === undefined ? {} : { ativacao: { dadosJornada: { txid: activationTxid } } }),
  }
}

function readAnswer(answer: Answered): Outcome<EfiRecurrence> {
  const parsed = recurrence.safeParse(answer.json)
  if (!parsed.success) return unknownAnswer(answer.status, 'its body cannot be read')
  try {
    return accepted(readRecurrence(parsed.data))
  } catch (error) {
    if (!isProviderError(error)) throw error
    return unknownAnswer(answer.status, error.message)
  }
}

/**
 * Makes a recurrence. The standard gives it no key of ours: after `unknown`, look for the contract with
 * `findByContract` before making it again.
 */
export async function createRecurrence(
  context: PaymentContext,
  given: CreateRecurrence,
): Promise<Outcome<EfiRecurrence>> {
  const rule = check(given, context)
  if (rule !== null) return refusedBy(rule)
  const call = { method: 'POST', path: ['v2', 'rec'], json: bodyOf(given), signal: given.signal } as const
  return callOnce(context, { call, read: readAnswer })
}

/** What of a recurrence can be another. */
export interface ChangeRecurrence {
  readonly idRec: string
  /** Ends it: nothing can be charged any more. */
  readonly status?: 'CANCELADA'
  readonly startsOn?: string
  readonly debtorName?: string
  readonly locationId?: number
  readonly activationTxid?: string
  readonly signal?: AbortSignal
}

/** Changes or ends a recurrence. Saying the same twice does no harm. */
export async function changeRecurrence(
  context: PaymentContext,
  change: ChangeRecurrence,
): Promise<Outcome<EfiRecurrence>> {
  const { idRec, status, startsOn, debtorName, locationId, activationTxid, signal } = change
  const rule =
    (startsOn === undefined ? null : checkDay(startsOn, 'startsOn')) ??
    (debtorName === undefined ? null : checkText(debtorName, { field: 'debtorName', max: 140 }))
  if (rule !== null) return refusedBy(rule)
  const json = {
    ...(status === undefined ? {} : { status }),
    ...(startsOn === undefined ? {} : { calendario: { dataInicial: startsOn } }),
    ...(debtorName === undefined ? {} : { vinculo: { devedor: { nome: debtorName } } }),
    ...(locationId === undefined ? {} : { loc: locationId }),
    ...(activationTxid === undefined ? {} : { ativacao: { dadosJornada: { txid: activationTxid } } }),
  }
  const ask = async () => {
    const found = await findRecurrence(context.client, { idRec, signal })
    return found === null ? null : readRecurrence(found)
  }
  const isDone = (found: EfiRecurrence) => status !== undefined && found.status === status
  return callOnce(context, {
    call: { method: 'PATCH', path: ['v2', 'rec', idRec], json, signal },
    read: readAnswer,
    refused: (answer, refusal) => unlessDone({ ask, isDone }, { answer, refusal }),
  })
}

const recurrenceList = z.object({ parametros: parameters, recs: z.array(recurrence) })

/** Which recurrences: those made within a window. */
export type ListRecurrences = EfiWindow & {
  /** In Efí's word: `APROVADA`. */
  readonly status?: string
  /** CPF or CNPJ of who pays. */
  readonly document?: string
}

/** One page of recurrences. @throws ProviderError when Efí could not be asked. */
export async function listRecurrences(
  { client }: PaymentContext,
  wanted: ListRecurrences,
): Promise<EfiPage<EfiRecurrence>> {
  const { status, document, signal } = wanted
  const query = { ...queryOf(wanted), status, ...(document === undefined ? {} : documentOf(document)) }
  const call = { method: 'GET', path: ['v2', 'rec'], query, signal } as const
  const found = await readOne(client, { call, subject: 'the recurrences', schema: recurrenceList })
  return {
    items: found.recs.map(readRecurrence),
    next: nextPage(found.parametros.paginacao, wanted.page ?? 0),
  }
}
