import type { DueTerms, Money } from '@lastro/core/spec'
import { dayMs } from '../calendar.ts'
import { BRL } from '../map.ts'

/** A field and the rule it breaks. Never a value. */
export interface BrokenRule {
  readonly field: string
  readonly rule: string
}

type Share = Money | { readonly bps: number }

/** 100 %: nobody is fined or charged more than the amount itself, or more than that per month. */
const MAX_BPS = 10_000
const MAX_DAYS_AFTER = 9_999
const MAX_DISCOUNTS = 3
const MAX_AMOUNT = 999_999_999_999n

const broken = (field: string, rule: string): BrokenRule => ({ field, rule })

/** The rule that money breaks: in reais, and from 0.01 to 9 999 999 999.99. */
export function checkAmount(money: Money, field: string): BrokenRule | null {
  if (money.asset !== BRL) return broken(field, `must be in ${BRL}`)
  const isInRange = money.amount > 0n && money.amount <= MAX_AMOUNT
  return isInRange ? null : broken(field, 'must be from 0.01 to 9999999999.99')
}

function checkShare(
  share: Share | undefined,
  at: { readonly field: string; readonly below?: Money },
): BrokenRule | null {
  if (share === undefined) return null
  const { field, below } = at
  if ('asset' in share) {
    const rule = checkAmount(share, field)
    if (rule !== null || below === undefined || share.amount < below.amount) return rule
    return broken(field, 'must be less than the amount')
  }
  const highest = below === undefined ? MAX_BPS : MAX_BPS - 1
  const isInRange = Number.isInteger(share.bps) && share.bps >= 1 && share.bps <= highest
  return isInRange ? null : broken(`${field}.bps`, `must be a whole number from 1 to ${highest}`)
}

function checkDiscounts(due: DueTerms, amount: Money): BrokenRule | null {
  const discounts = due.discount ?? []
  if (discounts.length > MAX_DISCOUNTS)
    return broken('due.discount', `must have ${MAX_DISCOUNTS} entries at most`)
  const [first] = discounts
  for (const [index, { until, amount: share }] of discounts.entries()) {
    const field = `due.discount[${index}]`
    if (dayMs(until) === null) return broken(`${field}.until`, 'must be a day, such as 2026-12-24')
    if (until > due.dueDate) return broken(`${field}.until`, 'must not be after due.dueDate')
    if (discounts.some((other, at) => at < index && other.until === until))
      return broken(`${field}.until`, 'must be another day than the entries before')
    if (first !== undefined && 'asset' in share !== 'asset' in first.amount)
      return broken(`${field}.amount`, 'must be money in every entry, or a share in every entry')
    const rule = checkShare(share, { field: `${field}.amount`, below: amount })
    if (rule !== null) return rule
  }
  return null
}

function checkInterest(due: DueTerms): BrokenRule | null {
  const { interest } = due
  if (interest === undefined) return null
  if ('perDay' in interest) return checkAmount(interest.perDay, 'due.interest.perDay')
  return checkShare({ bps: interest.bps }, { field: 'due.interest' })
}

/** The first rule that the terms of a due charge break, or null. `today` is the day at Efí. */
export function checkTerms(
  due: DueTerms,
  charge: { readonly amount: Money; readonly today: string },
): BrokenRule | null {
  const { dueDate, payableDaysAfter: days } = due
  if (dayMs(dueDate) === null) return broken('due.dueDate', 'must be a day, such as 2026-12-24')
  if (dueDate < charge.today) return broken('due.dueDate', 'must not be in the past')
  if (days !== undefined && !(Number.isInteger(days) && days >= 0 && days <= MAX_DAYS_AFTER))
    return broken('due.payableDaysAfter', `must be a whole number from 0 to ${MAX_DAYS_AFTER}`)
  return (
    checkShare(due.fine, { field: 'due.fine' }) ??
    checkInterest(due) ??
    checkDiscounts(due, charge.amount) ??
    checkShare(due.abatement, { field: 'due.abatement', below: charge.amount })
  )
}
