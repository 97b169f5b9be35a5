import type { EfiAnswer as PiAnswer } from '../efi/answers.ts'
import { amountNumber } from './amount.ts'
import type { Settings } from './options.ts'
import type { PiPayment } from './records.ts'

export type { EfiAnswer as PiAnswer, EfiRequest as PiRequest } from '../efi/answers.ts'
export { html, json } from '../efi/answers.ts'

/** Pi's form of an error. */
export function refusal(status: number, code: string, more: object = {}): PiAnswer {
  const body = { error: code, error_message: `The fake Pi refused: ${code}.`, ...more }
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  }
}

/** Horizon's form of an error. */
export function problem(status: number, type: string, extras?: object): PiAnswer {
  const body = {
    type: `https://stellar.org/horizon-errors/${type}`,
    title: type,
    status,
    ...(extras && { extras }),
  }
  return { status, headers: { 'content-type': 'application/problem+json' }, body: JSON.stringify(body) }
}

/** The chain's refusal of a transaction, as Horizon writes it. */
export function chainRefusal(transaction: string, operations: readonly string[] = []): PiAnswer {
  const codes = operations.length === 0 ? { transaction } : { transaction, operations }
  return problem(400, 'transaction_failed', { result_codes: codes })
}

/** PaymentDTO. */
export function describePayment(payment: PiPayment, settings: Settings): object {
  const { txid } = payment
  return {
    identifier: payment.identifier,
    user_uid: payment.uid,
    amount: amountNumber(payment.amount, settings.amountForm),
    memo: payment.memo,
    metadata: payment.metadata,
    from_address: payment.from,
    to_address: payment.to,
    direction: payment.direction,
    created_at: payment.createdAt.toISOString(),
    network: settings.passphrase,
    status: {
      developer_approved: payment.approved,
      transaction_verified: payment.verified,
      developer_completed: payment.completed,
      cancelled: payment.cancelled,
      user_cancelled: payment.userCancelled,
    },
    transaction:
      txid === null
        ? null
        : { txid, verified: payment.verified, _link: `${settings.horizonUrl}/transactions/${txid}` },
  }
}
