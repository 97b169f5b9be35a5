import { isCnpj, isCpf } from '@lastro/br-code'
import type { CreatePayment, Payer } from '@lastro/core/spec'
import { dayAtEfi } from '../calendar.ts'
import { type BrokenRule, checkAmount, checkTerms } from '../charges/check-terms.ts'
import type { Settings } from '../options.ts'

const MAX_DESCRIPTION = 140
const MAX_NAME = 200
/** `expiracao` is a 32-bit number of seconds. */
const MAX_SECONDS = 2_147_483_647

const broken = (field: string, rule: string): BrokenRule => ({ field, rule })
const lengthOf = (text: string): number => [...text].length

function checkPayer(
  { name, document }: Payer,
  rules: { readonly settings: Settings; readonly isNeeded: boolean },
): BrokenRule | null {
  const { settings, isNeeded } = rules
  if (document === undefined) {
    if (isNeeded) return broken('payer.document', 'is needed for a charge with a due date')
  } else if (!isCpf(document) && !isCnpj(document, settings)) {
    return broken('payer.document', 'must be a CPF or CNPJ with right check digits, no mask')
  }
  const isNamed = name !== undefined && name.trim() !== ''
  if ((isNeeded || document !== undefined) && !isNamed)
    return broken('payer.name', 'is needed: Efí takes a payer with document and name, or none')
  return isNamed && lengthOf(name) > MAX_NAME
    ? broken('payer.name', `must have ${MAX_NAME} characters at most`)
    : null
}

/** Seconds from now until the charge ends, or the default. Whole ones, rounded down. */
export function secondsOf({ expiresAt }: Pick<CreatePayment, 'expiresAt'>, settings: Settings): number {
  if (expiresAt === undefined) return settings.chargeExpirySeconds
  return Math.floor((expiresAt.getTime() - settings.clock.now().getTime()) / 1_000)
}

function checkImmediate(request: CreatePayment, settings: Settings): BrokenRule | null {
  if (request.due !== undefined) return broken('due', 'is for the method pix_due')
  const seconds = secondsOf(request, settings)
  if (!(seconds >= 1)) return broken('expiresAt', 'must be a second or more from now')
  if (seconds > MAX_SECONDS) return broken('expiresAt', 'must be at most 68 years from now')
  return request.payer === undefined ? null : checkPayer(request.payer, { settings, isNeeded: false })
}

function checkDue(request: CreatePayment, settings: Settings): BrokenRule | null {
  const { due, amount } = request
  if (due === undefined) return broken('due', 'is needed for the method pix_due')
  if (request.expiresAt !== undefined)
    return broken('expiresAt', 'is for the method pix: a due charge ends by due.payableDaysAfter')
  const rule = checkPayer(request.payer ?? {}, { settings, isNeeded: true })
  return rule ?? checkTerms(due, { amount, today: dayAtEfi(settings.clock.now()) })
}

/** The first rule that a request breaks, naming the field and never its value; null when it is fine. No network. */
export function checkPayment(request: CreatePayment, settings: Settings): BrokenRule | null {
  const { method, capture, description } = request
  if (method !== 'pix' && method !== 'pix_due') return broken('method', 'must be pix or pix_due')
  if (capture === 'manual') return broken('capture', 'must be automatic: a Pix is not authorized first')
  const rule = checkAmount(request.amount, 'amount')
  if (rule !== null) return rule
  if (description !== undefined && lengthOf(description) > MAX_DESCRIPTION)
    return broken('description', `must have ${MAX_DESCRIPTION} characters at most`)
  return method === 'pix' ? checkImmediate(request, settings) : checkDue(request, settings)
}
