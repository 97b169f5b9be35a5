import { Money, type ProviderDispute, type ProviderReceipt, type ProviderRefund } from '@lastro/core/spec'

/** Money that a claim took back, or is taking. */
export interface MedReturn {
  readonly state: ProviderRefund['state']
  readonly amount: Money
}

/** A claim of fraud at Efí (`infração`), as far as a dispute needs it. */
export interface MedClaim {
  readonly standing: MedStanding
  readonly amount: Money
  readonly reason?: string
  readonly respondBy?: Date
  readonly updatedAt?: Date
}

/** Where a claim stands: money is held back while it is open. */
export type MedStanding = 'open' | 'accepted' | 'dismissed'

const sum = (returns: readonly MedReturn[]): Money =>
  returns.reduce((total: Money, { amount }) => Money.add(total, amount), Money.zero('BRL/2'))

/** The claim that counts: the one that changed last. */
function latest(claims: readonly MedClaim[]): MedClaim | null {
  const at = (claim: MedClaim): number => claim.updatedAt?.getTime() ?? 0
  return claims.reduce<MedClaim | null>((last, claim) => (last && at(last) > at(claim) ? last : claim), null)
}

function standingOf(taken: {
  readonly done: Money
  readonly pending: Money
  readonly claim: MedClaim | null
}) {
  const { done, pending, claim } = taken
  const zero = Money.zero('BRL/2')
  if (claim?.standing === 'open') return { state: 'blocked', withdrawn: claim.amount } as const
  if (Money.isPositive(pending)) return { state: 'blocked', withdrawn: Money.add(done, pending) } as const
  if (Money.isPositive(done)) return { state: 'lost', withdrawn: done } as const
  if (claim?.standing === 'accepted') return { state: 'lost', withdrawn: claim.amount } as const
  return { state: 'closed', withdrawn: zero } as const
}

/**
 * The dispute of one receipt. Efí tells of it in two places that do not name each other: the list of claims, and the
 * refunds whose nature is MED. Both are about the same money, so they are one dispute with one ref, made from the
 * receipt's: counted apart, the money would be withdrawn twice.
 */
export function medDispute(facts: {
  readonly receipt: Pick<ProviderReceipt, 'ref' | 'amount'>
  readonly returns: readonly MedReturn[]
  readonly claims: readonly MedClaim[]
}): ProviderDispute {
  const { receipt, returns, claims } = facts
  const claim = latest(claims)
  const of = (state: MedReturn['state']): Money => sum(returns.filter((entry) => entry.state === state))
  return {
    ref: `${receipt.ref}:med`,
    receiptRef: receipt.ref,
    ...standingOf({ done: of('succeeded'), pending: of('pending'), claim }),
    amount: claim?.amount ?? sum(returns),
    ...(claim?.reason === undefined ? {} : { reason: claim.reason }),
    ...(claim?.respondBy === undefined ? {} : { respondBy: claim.respondBy }),
  }
}
