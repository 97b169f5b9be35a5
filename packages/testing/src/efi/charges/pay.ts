/** Money that arrives: by a charge, by a static code or by the bare key. */
import { asObject, type EfiContext } from '../route.ts'
import { move } from '../state.ts'
import { describePix } from './describe.ts'
import type { ChargeRecord, ReceivedRecord } from './records.ts'

const DAY_MS = 86_400_000

/** When a charge can no more be paid, as the payer's bank sees it: it has a calendar of banking days, the fake has none. */
function isOver(charge: ChargeRecord, now: Date): boolean {
  const { expiracao, dataDeVencimento, validadeAposVencimento } = asObject(charge.body.calendario) ?? {}
  if (charge.kind === 'cob')
    return now.getTime() > charge.createdAt.getTime() + Number(expiracao ?? 86_400) * 1_000
  const days = Number(validadeAposVencimento ?? 30) + 1
  return now.getTime() > Date.parse(`${dataDeVencimento}T03:00:00Z`) + days * DAY_MS
}

/**
 * Somebody pays a charge. Two people may have opened the same code, so a paid one can be paid again.
 * @throws Error when it was removed, or its time is over.
 */
export function payCharge(
  context: EfiContext,
  { charge, amount }: { readonly charge: ChargeRecord; readonly amount: bigint },
): ReceivedRecord {
  const now = context.scheduler.now()
  if (charge.status !== 'ATIVA' && charge.status !== 'CONCLUIDA')
    throw new Error(`The charge ${charge.txid} is ${charge.status}: it cannot be paid.`)
  if (charge.status === 'ATIVA' && isOver(charge, now))
    throw new Error(`The charge ${charge.txid} is over: it cannot be paid.`)
  const receipt = receive(context, { txid: charge.txid, amount, key: String(charge.body.chave) })
  charge.receipts.push(receipt)
  charge.status = 'CONCLUIDA'
  tellReceipt(context, { receipt })
  return receipt
}

/** Money arrives, and nobody is told yet. */
export function receive(
  { state, scheduler, ids }: EfiContext,
  given: {
    readonly txid: string | null
    readonly amount: bigint
    readonly key: string
    readonly e2eId?: string
  },
): ReceivedRecord {
  const { txid, amount, key } = given
  if (amount <= 0n) throw new RangeError('A Pix must be of one cent or more.')
  const at = scheduler.now()
  const receipt = { e2eId: given.e2eId ?? ids.payerE2eId(at), txid, key, amount, at, refunds: [] }
  state.received.set(receipt.e2eId, receipt)
  move(state, { at, reason: 'received', idEnvio: null, amount })
  return receipt
}

/** Tells the host of a receipt, or of what was given back of it. Without `retries` it is told once. */
export function tellReceipt(
  { state, outbox }: EfiContext,
  { receipt, retries = true }: { readonly receipt: ReceivedRecord; readonly retries?: boolean },
): void {
  outbox.notify({
    topic: receipt.refunds.length === 0 ? 'received' : 'refunded',
    subject: receipt.e2eId,
    idEnvio: null,
    config: state.webhooks.get(receipt.key),
    suffix: 'pix',
    amount: receipt.amount,
    retries,
    body: (told) => ({ pix: [describeFinal(receipt, told)] }),
  })
}

/** Webhooks tell only of refunds that are over. */
function describeFinal(receipt: ReceivedRecord, told: bigint): object {
  const refunds = receipt.refunds.filter(({ status }) => status !== 'EM_PROCESSAMENTO')
  return describePix({ ...receipt, refunds }, told)
}

/** Sandbox: charges from 0.01 to 10.00 are paid by themselves, larger ones never. */
export function payLater(context: EfiContext, charge: ChargeRecord): void {
  const { settings, scheduler } = context
  if (!settings.homologation || settings.settleAfterMs === null || charge.amount > 1000n) return
  scheduler.later(settings.settleAfterMs, () => {
    if (charge.status === 'ATIVA') payCharge(context, { charge, amount: charge.amount })
  })
}
