import { isCnpj, isCpf } from '@lastro/br-code'
import { declined, type Outcome } from '@lastro/core/spec'
import { dayMs } from '../calendar.ts'
import type { BrokenRule } from '../charges/check-terms.ts'
import type { Settings } from '../options.ts'

/** Who agrees to a recurrence. */
export interface EfiPerson {
  readonly document: string
  readonly name: string
}

/** A CPF or CNPJ under its own name. A checked document of 11 characters is a CPF. */
export const documentOf = (document: string): { readonly cpf: string } | { readonly cnpj: string } =>
  document.length === 11 ? { cpf: document } : { cnpj: document }

const broken = (field: string, rule: string): BrokenRule => ({ field, rule })

/** The rule a document breaks. */
export function checkDocument(document: string, at: { readonly field: string; readonly settings: Settings }) {
  const isFine = isCpf(document) || isCnpj(document, at.settings)
  return isFine ? null : broken(at.field, 'must be a CPF or CNPJ with right check digits, no mask')
}

/** The rule a text breaks: it must be there, and have `max` characters at most. */
export function checkText(
  text: string,
  at: { readonly field: string; readonly max: number },
): BrokenRule | null {
  const length = [...text.trim()].length
  return length >= 1 && [...text].length <= at.max
    ? null
    : broken(at.field, `must have 1 to ${at.max} characters`)
}

/** The rule a day breaks. */
export function checkDay(text: string, field: string): BrokenRule | null {
  return dayMs(text) === null ? broken(field, 'must be a day, such as 2026-12-24') : null
}

/** A request that Efí could only refuse. Nothing is sent for it. */
export function refusedBy({ field, rule }: BrokenRule): Outcome<never> {
  return declined(/amount/i.test(field) ? 'invalid_amount' : 'refused', `${field} ${rule}.`)
}
