import { decimalFormat, statusTable } from '@lastro/adapter-kit'
import type { DeclineReason } from '@lastro/core/spec'

/** The adapter's name in errors. */
export const PROVIDER = 'efi'

/** The one asset. */
export const BRL = 'BRL/2'

/** Amounts on the wire: strings with exactly two places (BCB, `bacen/pix-api`, pattern of `valor`). */
export const amounts = decimalFormat({ provider: PROVIDER, asset: BRL, pattern: /\d{1,10}\.\d{2}/ })

/** The balance in addition may be below zero; no page says that it cannot. */
export const balances = decimalFormat({ provider: PROVIDER, asset: BRL, pattern: /-?\d{1,10}\.\d{2}/ })

/** States of a sent Pix. One page lists `CONCLUIDA` as a filter, but no schema has it: it stays unseen. */
export const sendStatus = statusTable({
  provider: PROVIDER,
  field: 'status',
  table: { EM_PROCESSAMENTO: 'pending', REALIZADO: 'paid', NAO_REALIZADO: 'failed' } as const,
})

/** States of a refund, which is called `devolução`. */
export const refundStatus = statusTable({
  provider: PROVIDER,
  field: 'devolucoes.status',
  table: { EM_PROCESSAMENTO: 'pending', DEVOLVIDO: 'succeeded', NAO_REALIZADO: 'failed' } as const,
})

/** Names by which Efí refuses, finally. The list is open: any other name counts as `refused`. */
const REFUSALS = new Map<string, DeclineReason>([
  ['documento_bloqueado', 'not_permitted'],
  ['chave_invalida', 'invalid_destination'],
  ['chave_nao_pertence_ao_documento', 'invalid_destination'],
  ['valor_invalido', 'invalid_amount'],
  ['pagamento_negado', 'refused'],
  // The payer's key has no webhook, which a send needs.
  ['webhook_invalido', 'not_permitted'],
  // The charge was paid or removed.
  ['status_cobranca_invalido', 'not_permitted'],
])

/** Names that speak of Efí's own trouble, whatever status they come with: nothing is refused by them. */
const TROUBLE = new Set([
  'erro_aplicacao',
  'erro_interno_servidor',
  'ErroInternoDoServidor',
  'ServicoIndisponivel',
  'IndisponibilidadePorTempoEsgotado',
  'BaldeFichasVazio',
  'InfracaoErroInterno',
])

/** Efí has this id already, of a send, a charge or a refund: the opposite of a refusal. */
export const DUPLICATES: ReadonlySet<string> = new Set([
  'id_envio_duplicado',
  'txid_duplicado',
  'devolucao_id_duplicado',
])

/** States that Efí will not process the call with this token (shape C), or with these rights (BCB `AcessoNegado`). */
export const ACCESS_DENIED: ReadonlySet<string> = new Set([
  'invalid_token',
  'insufficient_scope',
  'AcessoNegado',
])

/** The reason behind a refusal's name, or null when the name refuses nothing. */
export function refusalReason(name: string): DeclineReason | null {
  return TROUBLE.has(name) || DUPLICATES.has(name) ? null : (REFUSALS.get(name) ?? 'refused')
}

/** Why the payee's side rejected a Pix: ISO 20022 reason codes, as used in the instant payment system. */
const REJECTIONS = new Map<string, DeclineReason>([
  ['AC03', 'invalid_destination'],
  ['AC06', 'invalid_destination'],
  ['AC07', 'invalid_destination'],
  ['AC14', 'invalid_destination'],
  ['AM02', 'limit_exceeded'],
  ['AM04', 'insufficient_funds'],
  ['AM09', 'invalid_amount'],
  ['BE01', 'invalid_destination'],
  ['CH11', 'invalid_destination'],
  ['RR04', 'not_permitted'],
])

/** The reason behind a rejection's code; an unknown or missing code is `refused`. */
export function rejectionReason(code: string | null | undefined): DeclineReason {
  return REJECTIONS.get(code ?? '') ?? 'refused'
}

const MAX_DETAIL = 140

/** The provider's words as an operator may see them: one line, cut, and without what could be a document or address. */
export function cleanWords(words: string): string {
  return words
    .replace(/\S*@\S*/g, '…')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .replace(/\d[\d./-]{4,}\d/g, '…')
    .trim()
    .slice(0, MAX_DETAIL)
}

/** Efí's own prefix (ISPB) in end-to-end ids and return ids. */
export const EFI_ISPB = '09089356'
