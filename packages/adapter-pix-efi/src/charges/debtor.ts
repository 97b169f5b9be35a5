import type { Payer } from '@lastro/core/spec'
import type { ChargeKind, Debtor } from './wire.ts'

/** Who owes, as Efí writes it: document and name together, or nobody. A checked document of 11 characters is a CPF. */
export function debtorOf({ document, name, email }: Payer, kind: ChargeKind): Debtor | null {
  if (document === undefined || name === undefined) return null
  const owner = document.length === 11 ? { cpf: document } : { cnpj: document }
  // Only a charge with a due date has room for an address.
  return { ...owner, nome: name, ...(email === undefined || kind === 'cob' ? {} : { email }) }
}
