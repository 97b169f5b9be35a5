import { checkPixKey, type DocumentRules, isCnpj, isCpf } from '@lastro/br-code'
import type { Destination } from '@lastro/core/spec'
import type { Payee } from './api.ts'

/** CNPJ with letters or without: whether Efí takes them is unconfirmed, so the option always says. */
type Rules = Required<DocumentRules>

type BankAccount = Extract<Destination, { kind: 'bank_account' }>

const checkDocument = (
  given: { readonly field: string; readonly text: string },
  rules: Rules,
): string | null =>
  isCpf(given.text) || isCnpj(given.text, rules)
    ? null
    : `destination.${given.field} must be a CPF or CNPJ with right check digits, no mask.`

function checkAccount(account: BankAccount, rules: Rules): string | null {
  const ispb = rules.alphanumericCnpj ? /^[0-9A-Z]{8}$/ : /^\d{8}$/
  if (account.name.trim() === '') return 'destination.name must not be empty.'
  if (!ispb.test(account.ispb)) return 'destination.ispb must be the 8 characters of the bank.'
  if (!/^\d{1,4}$/.test(account.branch)) return 'destination.branch must be 1 to 4 digits.'
  if (!/^\d{0,19}[\dXx]$/.test(account.number))
    return 'destination.number must be 1 to 20 digits; the last may be X.'
  return checkDocument({ field: 'document', text: account.document }, rules)
}

/** The rule a destination breaks, naming the field and never its value; null when its form is fine. No network. */
export function checkDestination(destination: Destination, rules: Rules): string | null {
  switch (destination.kind) {
    case 'pix_key': {
      const rule = checkPixKey(destination.key, rules)
      if (rule !== null) return `destination.key ${rule}.`
      const { ownerDocument } = destination
      if (ownerDocument === undefined) return null
      return checkDocument({ field: 'ownerDocument', text: ownerDocument }, rules)
    }
    case 'bank_account':
      return checkAccount(destination, rules)
    case 'address':
    case 'provider_user':
      return 'destination.kind must be pix_key or bank_account.'
  }
}

const documentOf = (text: string): { cpf: string } | { cnpj: string } =>
  text.length === 11 ? { cpf: text } : { cnpj: text }

/** A checked destination as Efí writes it. `cacc` is a checking account, `svgs` savings (Efí's page on sending). */
export function payeeOf(destination: Exclude<Destination, { kind: 'address' | 'provider_user' }>): Payee {
  if (destination.kind === 'pix_key') {
    const { key, ownerDocument } = destination
    return { chave: key, ...(ownerDocument === undefined ? {} : documentOf(ownerDocument)) }
  }
  return {
    contaBanco: {
      nome: destination.name,
      ...documentOf(destination.document),
      codigoBanco: destination.ispb,
      agencia: destination.branch,
      conta: destination.number,
      tipoConta: destination.type === 'checking' ? 'cacc' : 'svgs',
    },
  }
}
