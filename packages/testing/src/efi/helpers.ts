/** What a test does to the fake by hand around charges: paying, refunding, claiming, agreeing. */
import { answerRecurrence, failCharge, takeCharge } from './automatic/life.ts'
import type { RecurrenceRecord, RecurringChargeRecord } from './automatic/records.ts'
import { closeClaim, openClaim } from './charges/claims.ts'
import { payCharge, receive, tellReceipt } from './charges/pay.ts'
import type { ChargeRecord, ReceivedRecord, RefundRecord } from './charges/records.ts'
import { settleRefund } from './charges/refunds.ts'
import type { EfiContext } from './route.ts'

/** A charge as the fake knows it. A copy: later changes do not reach it. */
export type ChargeSnapshot = Readonly<
  Pick<ChargeRecord, 'txid' | 'kind' | 'status' | 'revision' | 'amount' | 'createdAt' | 'body'>
> & { readonly receipts: readonly ReceivedSnapshot[] }

/** A received Pix as the fake knows it. */
export type ReceivedSnapshot = Readonly<Omit<ReceivedRecord, 'refunds'>> & {
  readonly refunds: readonly Readonly<Omit<RefundRecord, 'visibleAt'>>[]
}

/** What a test does by hand around money that comes in. */
export interface FakeEfiCharges {
  /** Every charge that was made, in order: the witness against which an adapter is judged. */
  readonly charges: readonly ChargeSnapshot[]
  /** Every Pix that was received, in order, with what was given back of it. */
  readonly received: readonly ReceivedSnapshot[]
  /** Recurring charges, in order. */
  readonly recurringCharges: readonly Readonly<
    Pick<RecurringChargeRecord, 'txid' | 'status' | 'amount' | 'idRec'>
  >[]
  /**
   * Somebody pays a charge: cents, by default what was asked. Answers with the Pix. A paid charge can be paid again.
   * @throws Error when there is none, it was removed, or its time is over.
   */
  payPix(txid: string, amount?: bigint): ReceivedSnapshot
  /** A Pix to one of the account's keys, by a static code or without any. */
  receivePix(given: {
    readonly amount: bigint
    readonly txid?: string
    readonly key?: string
  }): ReceivedSnapshot
  /** Efí itself takes a charge away. */
  removeCharge(txid: string): void
  /** A refund is done. @throws Error unless it is EM_PROCESSAMENTO. */
  settleRefund(id: string): void
  /** A refund failed, and the money is back. @throws Error unless it is EM_PROCESSAMENTO. */
  refuseRefund(id: string, motivo?: string): void
  /** A payer claims fraud (MED). Default: about the whole Pix. Answers with the claim's id. */
  openClaim(e2eId: string, options?: { readonly amount?: bigint; readonly reason?: string }): string
  /** The claim is decided. One that is accepted takes the money back. */
  closeClaim(id: string, status: 'ACEITA' | 'REJEITADA' | 'CANCELADA_EFI'): void
  /** The payer agrees to a recurrence. @throws Error unless it is CRIADA. */
  approveRecurrence(idRec: string): void
  /** The payer does not agree. @throws Error unless it is CRIADA. */
  rejectRecurrence(idRec: string): void
  /** The payer's bank takes a recurring charge: the money arrives. @throws Error unless it is open. */
  takeRecurringCharge(txid: string): void
  /** The payer's bank refuses a try, with a code of the standard. Default: AM02, which leaves the charge open. */
  failRecurringCharge(txid: string, codigo?: string): void
}

function known<T>(records: ReadonlyMap<string, T>, id: string): T {
  const found = records.get(id)
  if (found !== undefined) return found
  throw new Error(`The fake knows no ${id}: ${[...records.keys()].join(', ') || 'there is none at all'}.`)
}

function snapshotOf({ refunds, ...facts }: ReceivedRecord): ReceivedSnapshot {
  return { ...facts, refunds: refunds.map(({ visibleAt: _, ...refund }) => refund) }
}

function chargeOf({ receipts, locationId: _, visibleAt: __, ...facts }: ChargeRecord): ChargeSnapshot {
  return { ...facts, receipts: receipts.map(snapshotOf) }
}

function refundBy({ state }: EfiContext, id: string): { receipt: ReceivedRecord; refund: RefundRecord } {
  for (const receipt of state.received.values()) {
    const refund = receipt.refunds.find((entry) => entry.id === id)
    if (refund) return { receipt, refund }
  }
  throw new Error(`Nothing was refunded as ${id}.`)
}

/** Makes the helpers. */
export function createHelpers(context: EfiContext): FakeEfiCharges {
  const { state, settings } = context
  const recurrence = (idRec: string): RecurrenceRecord => known(state.recurrences, idRec)
  const recurring = (txid: string): RecurringChargeRecord => known(state.recurringCharges, txid)
  return {
    get charges() {
      return [...state.charges.values()].map(chargeOf)
    },
    get received() {
      return [...state.received.values()].map(snapshotOf)
    },
    get recurringCharges() {
      return [...state.recurringCharges.values()].map(({ txid, status, amount, idRec }) => ({
        txid,
        status,
        amount,
        idRec,
      }))
    },
    payPix: (txid, amount) => {
      const charge = known(state.charges, txid)
      return snapshotOf(payCharge(context, { charge, amount: amount ?? charge.amount }))
    },
    receivePix: ({ amount, txid = null, key = settings.keys[0] ?? '' }) => {
      const receipt = receive(context, { txid, amount, key })
      tellReceipt(context, { receipt })
      return snapshotOf(receipt)
    },
    removeCharge: (txid) => {
      known(state.charges, txid).status = 'REMOVIDA_PELO_PSP'
    },
    settleRefund: (id) => settleRefund(context, { ...refundBy(context, id), reason: null }),
    refuseRefund: (id, motivo = 'Conta do pagador encerrada') =>
      settleRefund(context, { ...refundBy(context, id), reason: motivo }),
    openClaim: (e2eId, { amount, reason = 'Solicitação de devolução' } = {}) => {
      const receipt = known(state.received, e2eId)
      return openClaim(context, { receipt, amount: amount ?? receipt.amount, reason })
    },
    closeClaim: (id, status) => closeClaim(context, { claim: known(state.claims, id), status }),
    approveRecurrence: (idRec) =>
      answerRecurrence(context, { record: recurrence(idRec), status: 'APROVADA' }),
    rejectRecurrence: (idRec) =>
      answerRecurrence(context, { record: recurrence(idRec), status: 'REJEITADA' }),
    takeRecurringCharge: (txid) => takeCharge(context, recurring(txid)),
    failRecurringCharge: (txid, codigo = 'AM02') => failCharge(context, { record: recurring(txid), codigo }),
  }
}
