/** How Efí writes charges, receipts and refunds. */
import { formatAmount } from '../amount.ts'
import { brCodeOf } from './br-code.ts'
import type { ChargeRecord, ClaimRecord, LocationRecord, ReceivedRecord, RefundRecord } from './records.ts'

/** A location, as `/v2/loc` and charges tell it. */
export function describeLocation(
  { id, url, kind, createdAt, txid }: LocationRecord,
  withTxid = false,
): object {
  return {
    id,
    location: url,
    tipoCob: kind,
    criacao: createdAt.toISOString(),
    ...(withTxid && txid !== null ? { txid } : {}),
  }
}

/** Who receives: Efí writes it into charges with a due date. */
const RECEIVER = {
  cnpj: '11222333000181',
  nome: 'Loja de Teste SA',
  logradouro: 'Avenida Brasil 1',
  cidade: 'Ouro Preto',
  uf: 'MG',
  cep: '35400000',
}

/** A charge. Its calendar is what was asked, with the time of creation and the standard's defaults. */
export function describeCharge(
  charge: ChargeRecord,
  options: {
    readonly location: LocationRecord | null
    readonly withCode: boolean
    readonly withPix: boolean
  },
): object {
  const { kind, body, receipts } = charge
  const { location, withCode, withPix } = options
  const asked = Object(body.calendario)
  const calendario =
    kind === 'cob' ? { expiracao: 86_400, ...asked } : { validadeAposVencimento: 30, ...asked }
  return {
    ...body,
    calendario: { criacao: charge.createdAt.toISOString(), ...calendario },
    txid: charge.txid,
    revisao: charge.revision,
    status: charge.status,
    ...(location === null ? {} : { loc: describeLocation(location), location: location.url }),
    ...(kind === 'cobv' ? { recebedor: RECEIVER } : {}),
    ...(withCode && location !== null ? { pixCopiaECola: brCodeOf(location.url) } : {}),
    ...(withPix && receipts.length > 0 ? { pix: receipts.map((receipt) => describePix(receipt)) } : {}),
  }
}

/** A received Pix, with what was given back of it. */
export function describePix(
  { e2eId, txid, key, amount, at, refunds }: ReceivedRecord,
  told = amount,
): object {
  return {
    endToEndId: e2eId,
    ...(txid === null ? {} : { txid }),
    valor: formatAmount(told),
    chave: key,
    horario: at.toISOString(),
    ...(refunds.length === 0 ? {} : { devolucoes: refunds.map(describeRefund) }),
  }
}

/** A refund. */
export function describeRefund(refund: RefundRecord): object {
  const { id, rtrId, amount, nature, description, status, reason, requestedAt, settledAt } = refund
  return {
    id,
    rtrId,
    valor: formatAmount(amount),
    natureza: nature,
    ...(description === null ? {} : { descricao: description }),
    horario: {
      solicitacao: requestedAt.toISOString(),
      ...(status === 'DEVOLVIDO' && settledAt !== null ? { liquidacao: settledAt.toISOString() } : {}),
    },
    status,
    ...(reason === null ? {} : { motivo: reason }),
  }
}

/** A claim of fraud. Whether `valor` is cents or reais Efí does not say: it is written as its page does, in cents. */
export function describeClaim(claim: ClaimRecord, receipt: ReceivedRecord): object {
  return {
    idInfracao: claim.id,
    endToEndId: claim.e2eId,
    protocolo: '1313',
    dataTransacao: receipt.at.toISOString(),
    valor: `${claim.amount}`,
    chave: receipt.key,
    status: claim.status,
    razao: claim.reason,
    tipoSituacao: 'golpe',
    ...(claim.defence === null ? {} : { defesa: claim.defence }),
    identificadorTicket: [94],
    dadosAnalise: { abertura: claim.openedAt.toISOString(), prazoFinalizacao: claim.respondBy.toISOString() },
    criadoEm: claim.openedAt.toISOString(),
    atualizadoEm: claim.updatedAt.toISOString(),
  }
}
