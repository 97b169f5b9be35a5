import type { PaymentFacts, ProviderDispute, ProviderReceipt, ProviderRefund } from '@lastro/core/spec'
import { surprise } from './answers.ts'
import type { ReceivedPix, ReturnedPix } from './api.ts'
import { instantOf } from './instant.ts'
import { amounts, cleanWords, refundStatus } from './map.ts'
import { type MedReturn, medDispute } from './med-dispute.ts'
import { keyOfPixId } from './pix-id.ts'

/** Lists of one received Pix: what arrived, what was given back, and what a fraud claim took. */
export interface PixParts {
  readonly receipts: readonly ProviderReceipt[]
  readonly refunds: readonly ProviderRefund[]
  readonly disputes: readonly ProviderDispute[]
}

/** Natures of a refund that a fraud or failure claim (MED) makes, and not the receiver. */
const MED_NATURES: ReadonlySet<string> = new Set(['MED_OPERACIONAL', 'MED_FRAUDE', 'MED_PIX_AUTOMATICO'])

/** True for money that the claim of a payer took back. */
export const isMedReturn = ({ natureza }: ReturnedPix): boolean => MED_NATURES.has(natureza ?? '')

function receiptOf(pix: ReceivedPix): ProviderReceipt {
  const receivedAt = instantOf(pix.horario)
  const fee = pix.gnExtras?.tarifa
  return {
    ref: pix.endToEndId,
    amount: amounts.read(pix.valor, 'pix.valor'),
    // Told only where the account asks for it, and only for people: one that cannot be read is left out.
    ...(typeof fee === 'string' && /^\d{1,10}\.\d{2}$/.test(fee) ? { fee: amounts.read(fee, 'tarifa') } : {}),
    ...(receivedAt === undefined ? {} : { receivedAt }),
  }
}

/**
 * A refund that we made.
 * @throws ProviderError `unexpected_answer` for a new status, a missing id or an odd amount.
 */
export function refundOf(refund: ReturnedPix, receiptRef: string): ProviderRefund {
  const ref = refund.id ?? refund.rtrId
  if (!ref) throw surprise('a refund has no id.')
  const idempotencyKey = keyOfPixId(ref)
  const detail = cleanWords(refund.motivo ?? '')
  return {
    ref,
    receiptRef,
    state: refundStatus.get(refund.status),
    amount: amounts.read(refund.valor, 'devolucoes.valor'),
    ...(idempotencyKey === null ? {} : { idempotencyKey }),
    ...(detail === '' ? {} : { detail }),
  }
}

const medReturnOf = (refund: ReturnedPix): MedReturn => ({
  state: refundStatus.get(refund.status),
  amount: amounts.read(refund.valor, 'devolucoes.valor'),
})

/**
 * Reads one received Pix with all that was given back of it.
 * @throws ProviderError `unexpected_answer` for anything that is new, missing or odd.
 */
export function partsOf(pix: ReceivedPix): PixParts {
  const receipt = receiptOf(pix)
  const returned = pix.devolucoes ?? []
  const taken = returned.filter(isMedReturn)
  return {
    receipts: [receipt],
    refunds: returned.filter((refund) => !isMedReturn(refund)).map((refund) => refundOf(refund, receipt.ref)),
    disputes:
      taken.length === 0 ? [] : [medDispute({ receipt, returns: taken.map(medReturnOf), claims: [] })],
  }
}

/** A charge with its own payload has a txid of 26 characters or more; a static code's is shorter (BCB). */
const DYNAMIC_TXID = /^[A-Za-z0-9]{26,35}$/

/**
 * What a received Pix says of its payment. One that names a charge has paid it: a payer's bank asks for the amount of a
 * charge and lets nobody change it. Without a txid only the receipt itself is known.
 * @throws ProviderError `unexpected_answer` for anything that is new, missing or odd.
 */
export function factsOf(pix: ReceivedPix): PaymentFacts {
  const { receipts, refunds, disputes } = partsOf(pix)
  return {
    ...namesOf(pix.txid),
    ...(DYNAMIC_TXID.test(pix.txid ?? '') ? { state: 'paid' as const } : {}),
    receipts,
    ...(refunds.length === 0 ? {} : { refunds }),
    ...(disputes.length === 0 ? {} : { disputes }),
  }
}

/** By what a payment is found: its txid, and our key where the txid tells it. */
export function namesOf(
  txid: string | null | undefined,
): Pick<PaymentFacts, 'providerRef' | 'idempotencyKey'> {
  if (typeof txid !== 'string' || txid === '') return {}
  const idempotencyKey = keyOfPixId(txid)
  return { providerRef: txid, ...(idempotencyKey === null ? {} : { idempotencyKey }) }
}
