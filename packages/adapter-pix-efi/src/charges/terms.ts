import type { DueTerms, Money } from '@lastro/core/spec'
import { amounts, BRL } from '../map.ts'
import type { ChargeValue, Term } from './wire.ts'

type Share = Money | { readonly bps: number }
type Interest = NonNullable<DueTerms['interest']>

/** Basis points as Efí writes percent, exactly: 200 is `2.00`. */
function percent(bps: number): string {
  const digits = `${bps}`.padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}

const reais = (money: Money, field: string): string => amounts.write({ ...money, asset: BRL }, field)

const isMoney = (share: Share): share is Money => 'asset' in share

/** 1: a fixed amount, 2: percent. The same two for fines, abatements and discounts until a date. */
const MODES = { fixed: 1, percent: 2 } as const

function termOf(share: Share, field: string): Term {
  return isMoney(share)
    ? { modalidade: MODES.fixed, valorPerc: reais(share, field) }
    : { modalidade: MODES.percent, valorPerc: percent(share.bps) }
}

/** Interest on calendar days. 5 to 8 are the same on business days, for which the contract has no word. */
const INTEREST_MODES = { amount: 1, day: 2, month: 3, year: 4 } as const

function interestOf(interest: Interest): Term {
  return 'perDay' in interest
    ? { modalidade: INTEREST_MODES.amount, valorPerc: reais(interest.perDay, 'due.interest.perDay') }
    : { modalidade: INTEREST_MODES[interest.per], valorPerc: percent(interest.bps) }
}

function discountOf(discounts: NonNullable<DueTerms['discount']>): NonNullable<ChargeValue['desconto']> {
  const terms = discounts.map(({ until, amount }) => ({ data: until, ...termOf(amount, 'due.discount') }))
  return {
    modalidade: terms[0]?.modalidade ?? MODES.fixed,
    descontoDataFixa: terms.map(({ data, valorPerc }) => ({ data, valorPerc })),
  }
}

/** Fine, interest, discount and abatement as Efí writes them. They keep the rules of `checkTerms`. */
export function termsOf(due: DueTerms): Omit<ChargeValue, 'original'> {
  const { fine, interest, discount, abatement } = due
  return {
    ...(fine === undefined ? {} : { multa: termOf(fine, 'due.fine') }),
    ...(interest === undefined ? {} : { juros: interestOf(interest) }),
    ...(abatement === undefined ? {} : { abatimento: termOf(abatement, 'due.abatement') }),
    ...(discount === undefined || discount.length === 0 ? {} : { desconto: discountOf(discount) }),
  }
}
