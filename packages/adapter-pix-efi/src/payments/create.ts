import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  type CreatePayment,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type ProviderPayment,
} from '@lastro/core/spec'
import { surprise } from '../answers.ts'
import { debtorOf } from '../charges/debtor.ts'
import { findCharge } from '../charges/find.ts'
import { readCharge } from '../charges/read.ts'
import { termsOf } from '../charges/terms.ts'
import { type ChargeBody, type ChargeKind, charge } from '../charges/wire.ts'
import type { EfiClient } from '../client.ts'
import { amounts, BRL, DUPLICATES } from '../map.ts'
import { callMoney } from '../money-call.ts'
import type { Settings } from '../options.ts'
import { pixIdOf } from '../pix-id.ts'
import { checkPayment, secondsOf } from './check.ts'
import { missingBrCode, paymentOf } from './payment.ts'

/** What the payment calls work with. */
export interface PaymentContext {
  readonly client: EfiClient
  readonly settings: Settings
}

function calendarOf(request: CreatePayment, settings: Settings): ChargeBody['calendario'] {
  const { due } = request
  if (due === undefined) return { expiracao: secondsOf(request, settings) }
  const { dueDate, payableDaysAfter } = due
  return {
    dataDeVencimento: dueDate,
    ...(payableDaysAfter === undefined ? {} : { validadeAposVencimento: payableDaysAfter }),
  }
}

function bodyOf(
  request: CreatePayment,
  { settings, kind }: { settings: Settings; kind: ChargeKind },
): ChargeBody {
  const { payer, description, due } = request
  const devedor = payer === undefined ? null : debtorOf(payer, kind)
  const original = amounts.write(Money.of(request.amount.amount, BRL), 'amount')
  return {
    calendario: calendarOf(request, settings),
    ...(devedor === null ? {} : { devedor }),
    valor: { original, ...(due === undefined ? {} : termsOf(due)) },
    chave: settings.pixKey,
    ...(description === undefined ? {} : { solicitacaoPagador: description }),
  }
}

/** Reads a 2xx. It counts only when it repeats our txid and our amount, and its status is one we know. */
function readCreated(
  answer: Answered,
  wanted: {
    readonly request: CreatePayment
    readonly txid: string
    readonly kind: ChargeKind
    readonly settings: Settings
  },
): Outcome<ProviderPayment> {
  const { request, txid, kind, settings } = wanted
  const parsed = charge.safeParse(answer.json)
  if (!parsed.success) return unknownAnswer(answer.status, 'its body cannot be read')
  try {
    const read = readCharge(parsed.data, { txid, kind, clock: settings.clock })
    if (!Money.equals(read.amount, request.amount))
      return unknownAnswer(answer.status, 'valor.original is not what was asked')
    return accepted(paymentOf(read, request))
  } catch (error) {
    if (!isProviderError(error)) throw error
    return unknownAnswer(answer.status, error.message)
  }
}

/** How the charge under our id differs from what is asked: it was made with the same key for something else. */
const differsFrom = (request: CreatePayment) => (found: ProviderPayment) =>
  Money.equals(found.amount, request.amount) ? null : 'amount'

/** Creates a charge, once: the txid follows from the key. */
export async function createPayment(
  context: PaymentContext,
  request: CreatePayment,
): Promise<Outcome<ProviderPayment>> {
  const { settings } = context
  const rule = checkPayment(request, settings)
  if (rule !== null) {
    const reason =
      rule.field === 'amount' ? 'invalid_amount' : rule.field === 'expiresAt' ? 'expired' : 'refused'
    return declined(reason, `${rule.field} ${rule.rule}.`)
  }
  const kind: ChargeKind = request.method === 'pix_due' ? 'cobv' : 'cob'
  const txid = pixIdOf(request.idempotencyKey)
  const { signal, idempotencyKey } = request
  return callMoney(context, {
    call: { method: 'PUT', path: ['v2', kind, txid], json: bodyOf(request, { settings, kind }), signal },
    read: (answer) => readCreated(answer, { request, txid, kind, settings }),
    lookUp: () => findPayment(context, { idempotencyKey, signal, kind }),
    differs: differsFrom(request),
    duplicates: DUPLICATES,
  })
}

/**
 * The payment that was made with a key. Null only where Efí says that it has no charge of that txid, of either kind.
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findPayment(
  { client, settings }: PaymentContext,
  wanted: {
    readonly idempotencyKey: string
    /** One of the other kind is then a surprise: the key was used for something else. */
    readonly kind?: ChargeKind
    readonly signal?: AbortSignal | undefined
  },
): Promise<ProviderPayment | null> {
  const { idempotencyKey, kind, signal } = wanted
  const asking = { client, clock: settings.clock }
  const found = await findCharge(asking, { txid: pixIdOf(idempotencyKey), signal })
  if (found === null) return null
  if (kind !== undefined && found.kind !== kind)
    throw surprise('the charge of this key is of the other kind.')
  return paymentOf(found, { idempotencyKey, brCode: await missingBrCode(asking, { charge: found, signal }) })
}
