import { type Answered, unknownAnswer } from '@lastro/adapter-kit'
import { isCnpj, isCpf } from '@lastro/br-code'
import {
  accepted,
  type DueTerms,
  declined,
  isProviderError,
  Money,
  type Outcome,
  type Payer,
} from '@lastro/core/spec'
import { dayAtEfi } from '../calendar.ts'
import type { EfiClient } from '../client.ts'
import { amounts, BRL } from '../map.ts'
import { callOnce } from '../money-call.ts'
import type { Settings } from '../options.ts'
import { type BrokenRule, checkAmount, checkTerms } from './check-terms.ts'
import { debtorOf } from './debtor.ts'
import { type EfiCharge, readCharge } from './read.ts'
import { termsOf } from './terms.ts'
import { type ChargeKind, charge } from './wire.ts'

/** What of an open charge is to be another. What is left out stays. */
export interface ChargeChange {
  readonly txid: string
  readonly kind: ChargeKind
  readonly amount?: Money
  readonly description?: string
  /** Seconds from the charge's creation, for `cob`. */
  readonly expirySeconds?: number
  readonly payer?: Payer
  /** All terms of a `cobv` at once, with the amount: Efí replaces the whole of `valor` and of `calendario`. */
  readonly due?: DueTerms
  /** Puts the charge at another location. */
  readonly locationId?: number
  readonly signal?: AbortSignal | undefined
}

const broken = (field: string, rule: string): BrokenRule => ({ field, rule })

function checkKind({ kind, due, amount, expirySeconds }: ChargeChange): BrokenRule | null {
  if (kind === 'cob') return due === undefined ? null : broken('due', 'is for a charge with a due date')
  if (expirySeconds !== undefined) return broken('expirySeconds', 'is for a charge payable at once')
  return (due === undefined) === (amount === undefined)
    ? null
    : broken('due', 'must come with the amount: Efí replaces both together')
}

function checkChange(change: ChargeChange, settings: Settings): BrokenRule | null {
  const { amount, description, expirySeconds, payer, due } = change
  const kindRule = checkKind(change)
  if (kindRule !== null) return kindRule
  const amountRule = amount === undefined ? null : checkAmount(amount, 'amount')
  if (amountRule !== null) return amountRule
  if (description !== undefined && [...description].length > 140)
    return broken('description', 'must have 140 characters at most')
  if (expirySeconds !== undefined && !(Number.isInteger(expirySeconds) && expirySeconds >= 1))
    return broken('expirySeconds', 'must be a whole number from 1')
  if (payer !== undefined) {
    const { document = '', name = '' } = payer
    if (!isCpf(document) && !isCnpj(document, settings))
      return broken('payer.document', 'must be a CPF or CNPJ')
    if (name.trim() === '') return broken('payer.name', 'is needed with the document')
  }
  if (due === undefined || amount === undefined) return null
  return checkTerms(due, { amount, today: dayAtEfi(settings.clock.now()) })
}

function bodyOf({ kind, amount, description, expirySeconds, payer, due, locationId }: ChargeChange): object {
  const original = amount === undefined ? undefined : amounts.write(Money.of(amount.amount, BRL), 'amount')
  const devedor = payer === undefined ? null : debtorOf(payer, kind)
  const days = due?.payableDaysAfter === undefined ? {} : { validadeAposVencimento: due.payableDaysAfter }
  return {
    ...(expirySeconds === undefined ? {} : { calendario: { expiracao: expirySeconds } }),
    ...(due === undefined ? {} : { calendario: { dataDeVencimento: due.dueDate, ...days } }),
    ...(original === undefined ? {} : { valor: { original, ...(due === undefined ? {} : termsOf(due)) } }),
    ...(devedor === null ? {} : { devedor }),
    ...(description === undefined ? {} : { solicitacaoPagador: description }),
    ...(locationId === undefined ? {} : { loc: { id: locationId } }),
  }
}

function readChanged(
  answer: Answered,
  { txid, kind, amount, settings }: ChargeChange & { settings: Settings },
): Outcome<EfiCharge> {
  const parsed = charge.safeParse(answer.json)
  if (!parsed.success) return unknownAnswer(answer.status, 'its body cannot be read')
  try {
    const read = readCharge(parsed.data, { txid, kind, clock: settings.clock })
    const isAsked = amount === undefined || Money.equals(read.amount, amount)
    return isAsked ? accepted(read) : unknownAnswer(answer.status, 'valor.original is not what was asked')
  } catch (error) {
    if (!isProviderError(error)) throw error
    return unknownAnswer(answer.status, error.message)
  }
}

/**
 * Changes an open charge. Saying the same twice does no harm, so after `unknown` it may be said again once the charge
 * was looked at; only its revision counts on. `declined` `not_permitted`: it was paid or removed.
 */
export async function changeCharge(
  { client, settings }: { readonly client: EfiClient; readonly settings: Settings },
  change: ChargeChange,
): Promise<Outcome<EfiCharge>> {
  const rule = checkChange(change, settings)
  if (rule !== null)
    return declined(rule.field === 'amount' ? 'invalid_amount' : 'refused', `${rule.field} ${rule.rule}.`)
  const { kind, txid, signal } = change
  return callOnce(
    { client, settings },
    {
      call: { method: 'PATCH', path: ['v2', kind, txid], json: bodyOf(change), signal },
      read: (answer) => readChanged(answer, { ...change, settings }),
    },
  )
}
