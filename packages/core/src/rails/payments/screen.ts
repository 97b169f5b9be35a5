import { Money, type PaymentFacts } from '../../spec/index.ts'
import type { Payment } from './payment.ts'

/** Facts that may be folded, and what was left out of them because it can never be. */
export interface Screened {
  readonly facts: PaymentFacts
  readonly contradiction: string | null
}

/**
 * Takes out of news what can never be: other assets, amounts that are no amounts, and a state told for another amount
 * than was asked. Looks at each fact alone, so the order of news does not matter.
 */
export function screen(payment: Pick<Payment, 'amount'>, told: PaymentFacts): Screened {
  const { asset } = payment.amount
  const said: string[] = []
  const isFine = (money: Money | undefined, { what, least }: { what: string; least: bigint }): boolean => {
    if (money === undefined) return true
    if (money.asset !== asset) said.push(`${what} is in ${money.asset}, and the payment in ${asset}`)
    else if (money.amount < least) said.push(`${what} is ${money.amount}`)
    else return true
    return false
  }
  const receipts = told.receipts?.filter(
    ({ ref, amount, fee }) =>
      isFine(amount, { what: `receipt ${ref}`, least: 1n }) &&
      isFine(fee, { what: `fee of receipt ${ref}`, least: 0n }),
  )
  const refunds = told.refunds?.filter(({ ref, amount }) =>
    isFine(amount, { what: `refund ${ref}`, least: 1n }),
  )
  const disputes = told.disputes?.filter(
    ({ ref, amount, withdrawn, fee }) =>
      isFine(amount, { what: `dispute ${ref}`, least: 0n }) &&
      isFine(withdrawn, { what: `money withdrawn for dispute ${ref}`, least: 0n }) &&
      isFine(fee, { what: `fee of dispute ${ref}`, least: 0n }),
  )
  const isAuthorized = isFine(told.authorized, { what: 'the authorized amount', least: 0n })
  const isSame = told.amount === undefined || Money.equals(told.amount, payment.amount)
  if (told.amount !== undefined && !isSame)
    said.push(`amount differs: asked ${textOf(payment.amount)}, told ${textOf(told.amount)}`)
  const { state, authorized, receipts: _r, refunds: _f, disputes: _d, ...rest } = told
  return {
    facts: {
      ...rest,
      ...(state === undefined || !isSame ? {} : { state }),
      ...(authorized === undefined || !isAuthorized ? {} : { authorized }),
      ...(receipts === undefined ? {} : { receipts }),
      ...(refunds === undefined ? {} : { refunds }),
      ...(disputes === undefined ? {} : { disputes }),
    },
    contradiction: said.length === 0 ? null : said.join('; '),
  }
}

function textOf(money: Money): string {
  return `${Money.format(money)} ${money.asset}`
}
