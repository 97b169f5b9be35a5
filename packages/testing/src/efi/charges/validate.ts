/** Whether a charge may be made or changed as it is asked. */
import { parseAmount } from '../amount.ts'
import { isCnpj, isCpf } from '../identifiers.ts'
import type { Settings } from '../options.ts'
import { asObject } from '../route.ts'

/** A rule that a body breaks: the field and what is wrong. */
export interface Broken {
  readonly field: string
  readonly text: string
}

type Body = Readonly<Record<string, unknown>>

const AMOUNT = /^\d{1,10}\.\d{2}$/
const DAY = /^\d{4}-\d{2}-\d{2}$/

const broken = (field: string, text: string): Broken => ({ field, text })

function wrongText(value: unknown, { field, max }: { field: string; max: number }): Broken | null {
  if (value === undefined) return null
  return typeof value === 'string' && [...value].length <= max
    ? null
    : broken(field, `deve ser um texto de até ${max} caracteres`)
}

function wrongDebtor(body: Body, isNeeded: boolean): Broken | null {
  if (body.devedor === undefined) return isNeeded ? broken('devedor', 'é obrigatório') : null
  const { cpf, cnpj, nome } = asObject(body.devedor) ?? {}
  if ((cpf === undefined) === (cnpj === undefined)) return broken('devedor', 'deve ter cpf ou cnpj')
  if (cpf !== undefined && !isCpf(cpf)) return broken('devedor.cpf', 'é inválido')
  if (cnpj !== undefined && !isCnpj(cnpj)) return broken('devedor.cnpj', 'é inválido')
  if (typeof nome !== 'string' || nome.trim() === '')
    return broken('devedor.nome', 'é obrigatório com o documento')
  return wrongText(nome, { field: 'devedor.nome', max: 200 })
}

function wrongTerm(value: unknown, { field, modes }: { field: string; modes: number }): Broken | null {
  if (value === undefined) return null
  const { modalidade, valorPerc } = asObject(value) ?? {}
  const isMode =
    typeof modalidade === 'number' && Number.isInteger(modalidade) && modalidade >= 1 && modalidade <= modes
  if (!isMode) return broken(`${field}.modalidade`, `deve ser de 1 a ${modes}`)
  return typeof valorPerc === 'string' && AMOUNT.test(valorPerc)
    ? null
    : broken(`${field}.valorPerc`, 'deve respeitar o padrão \\d{1,10}\\.\\d{2}')
}

/** 1 and 2 are lists of days, 3 to 6 one share for each day. */
function wrongDiscount(value: unknown, dueDate: string): Broken | null {
  if (value === undefined) return null
  const field = 'valor.desconto'
  const { modalidade, valorPerc, descontoDataFixa } = asObject(value) ?? {}
  if (modalidade !== 1 && modalidade !== 2) return wrongTerm({ modalidade, valorPerc }, { field, modes: 6 })
  if (!Array.isArray(descontoDataFixa) || descontoDataFixa.length < 1 || descontoDataFixa.length > 3)
    return broken(`${field}.descontoDataFixa`, 'deve ter de 1 a 3 itens')
  const wrong = descontoDataFixa.map(asObject).some((entry) => {
    const { data, valorPerc: share } = entry ?? {}
    return typeof data !== 'string' || !DAY.test(data) || data > dueDate || !AMOUNT.test(String(share))
  })
  return wrong ? broken(`${field}.descontoDataFixa`, 'tem item inválido') : null
}

function wrongValue(
  value: unknown,
  { kind, dueDate }: { kind: 'cob' | 'cobv'; dueDate: string },
): Broken | null {
  const valor = asObject(value)
  const cents = parseAmount(valor?.original)
  if (valor === null || cents === null)
    return broken('valor.original', 'deve respeitar o padrão \\d{1,10}\\.\\d{2}')
  if (cents === 0n) return broken('valor.original', 'deve ser maior que zero')
  if (kind === 'cob') return null
  return (
    wrongTerm(valor.multa, { field: 'valor.multa', modes: 2 }) ??
    wrongTerm(valor.juros, { field: 'valor.juros', modes: 8 }) ??
    wrongTerm(valor.abatimento, { field: 'valor.abatimento', modes: 2 }) ??
    wrongDiscount(valor.desconto, dueDate)
  )
}

function wrongCalendar(
  value: unknown,
  { kind, today }: { kind: 'cob' | 'cobv'; today: string },
): Broken | null {
  const { expiracao, dataDeVencimento, validadeAposVencimento: days } = asObject(value) ?? {}
  if (kind === 'cob') {
    const isFine = typeof expiracao === 'number' && Number.isInteger(expiracao) && expiracao >= 1
    return isFine ? null : broken('calendario.expiracao', 'deve ser um número inteiro de segundos')
  }
  if (typeof dataDeVencimento !== 'string' || !DAY.test(dataDeVencimento) || dataDeVencimento < today)
    return broken('calendario.dataDeVencimento', 'deve ser uma data a partir de hoje')
  return days === undefined || (typeof days === 'number' && Number.isInteger(days) && days >= 0)
    ? null
    : broken('calendario.validadeAposVencimento', 'deve ser um número inteiro de dias')
}

function wrongTexts(body: Body): Broken | null {
  const { infoAdicionais } = body
  if (infoAdicionais !== undefined && (!Array.isArray(infoAdicionais) || infoAdicionais.length > 50))
    return broken('infoAdicionais', 'deve ter até 50 itens')
  return wrongText(body.solicitacaoPagador, { field: 'solicitacaoPagador', max: 140 })
}

/** The day at Efí. */
export const today = (now: Date): string => new Date(now.getTime() - 3 * 3_600_000).toISOString().slice(0, 10)

/** The first rule that a charge breaks. Parts that a change leaves out are judged as they were. */
export function wrongCharge(
  body: Body,
  about: { readonly kind: 'cob' | 'cobv'; readonly settings: Settings; readonly now: Date },
): Broken | null {
  const { kind, settings, now } = about
  const dueDate = String(asObject(body.calendario)?.dataDeVencimento ?? '')
  if (typeof body.chave !== 'string' || !settings.keys.includes(body.chave))
    return broken('chave', 'não faz referência à conta Efí autenticada')
  return (
    wrongCalendar(body.calendario, { kind, today: today(now) }) ??
    wrongDebtor(body, kind === 'cobv') ??
    wrongValue(body.valor, { kind, dueDate }) ??
    wrongTexts(body)
  )
}
