import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import { accepted, type Outcome } from '@lastro/core/spec'
import type { BrokenRule } from '../charges/check-terms.ts'
import { callOnce, unlessDone } from '../money-call.ts'
import type { PaymentContext } from '../payments/create.ts'
import { checkDocument, documentOf, refusedBy } from './check.ts'
import { findRequest } from './find.ts'
import { type EfiRecurrenceRequest, readRequest } from './read.ts'
import { recurrenceRequest } from './wire.ts'

/** A recurrence to be put before the payer in the app of the bank (journey 1). */
export interface RequestRecurrence {
  readonly idRec: string
  /** Until when the payer may answer. */
  readonly expiresAt: Date
  /** The payer's account. */
  readonly payer: {
    readonly document: string
    /** ISPB of the bank, 8 characters. */
    readonly ispb: string
    readonly account: string
    readonly branch?: string
  }
  readonly signal?: AbortSignal
}

function check({ payer }: RequestRecurrence, { settings }: PaymentContext): BrokenRule | null {
  if (!/^[0-9A-Z]{8}$/.test(payer.ispb))
    return { field: 'payer.ispb', rule: 'must be the 8 characters of the bank' }
  if (!/^\d{0,19}[\dXx]$/.test(payer.account))
    return { field: 'payer.account', rule: 'must be 1 to 20 digits; the last may be X' }
  if (payer.branch !== undefined && !/^\d{1,4}$/.test(payer.branch))
    return { field: 'payer.branch', rule: 'must be 1 to 4 digits' }
  return checkDocument(payer.document, { field: 'payer.document', settings })
}

function readAnswer(answer: Answered): Outcome<EfiRecurrenceRequest> {
  const parsed = recurrenceRequest.safeParse(answer.json)
  if (!parsed.success) return unknownAnswer(answer.status, 'its body cannot be read')
  return accepted(readRequest(parsed.data))
}

/** Asks the payer. It has no key of ours: the recurrence itself tells, by `findRecurrence`, whether it was approved. */
export async function requestRecurrence(
  context: PaymentContext,
  given: RequestRecurrence,
): Promise<Outcome<EfiRecurrenceRequest>> {
  const rule = check(given, context)
  if (rule !== null) return refusedBy(rule)
  const { idRec, expiresAt, payer, signal } = given
  const json = {
    idRec,
    calendario: { dataExpiracaoSolicitacao: expiresAt.toISOString() },
    destinatario: {
      conta: payer.account,
      ispbParticipante: payer.ispb,
      ...(payer.branch === undefined ? {} : { agencia: payer.branch }),
      ...documentOf(payer.document),
    },
  }
  return callOnce(context, {
    call: { method: 'POST', path: ['v2', 'solicrec'], json, signal },
    read: readAnswer,
  })
}

/** Takes a request back that the payer has not answered. Saying it twice does no harm. */
export async function cancelRequest(
  context: PaymentContext,
  { idSolicRec, signal }: { readonly idSolicRec: string; readonly signal?: AbortSignal },
): Promise<Outcome<EfiRecurrenceRequest>> {
  const json = { status: 'CANCELADA' }
  const ask = async () => {
    const found = await findRequest(context.client, { idSolicRec, signal })
    return found === null ? null : readRequest(found)
  }
  return callOnce(context, {
    call: { method: 'PATCH', path: ['v2', 'solicrec', idSolicRec], json, signal },
    read: readAnswer,
    refused: (answer, refusal) =>
      unlessDone({ ask, isDone: ({ status }) => status === json.status }, { answer, refusal }),
  })
}
