/** How Efí refuses around charges: shape A for immediate charges, receipts and refunds, shape B for due charges. */
import { type EfiAnswer, problem, refusal } from '../answers.ts'
import type { Settings } from '../options.ts'

/** A refusal in both of its forms. */
export interface Refused {
  readonly status: number
  /** Shape A. */
  readonly nome: string
  /** Shape B: the last part of `type`. */
  readonly type: string
  readonly text: string
  /** The field that breaks a rule, for shape B. */
  readonly field?: string
}

/** The refusal in the shape of an endpoint. Where the host wants the Central Bank's ways, it is always shape B. */
export function refuse(
  { errors }: Settings,
  { shape, ...refused }: Refused & { readonly shape: 'A' | 'B' },
): EfiAnswer {
  const { status, nome, type, text, field } = refused
  if (shape === 'A' && errors === 'efi') return refusal({ status, nome, mensagem: text })
  const violacoes = field === undefined ? {} : { violacoes: [{ razao: text, propriedade: field }] }
  return problem(standardStatus(type, status), {
    type,
    title: 'Operação inválida.',
    detail: text,
    ...violacoes,
  })
}

/** The Central Bank's document answers 404 to what is not there, and 400 to a used id. */
function standardStatus(type: string, status: number): number {
  if (/NaoEncontrad[oa]$/.test(type)) return 404
  return status === 409 ? 400 : status
}

/** The name of a kind of charge in error types. */
export const TYPE_OF = { cob: 'Cob', cobv: 'CobV' } as const
