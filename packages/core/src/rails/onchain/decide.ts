import type { TransactionStatus } from '../../spec/index.ts'
import type { OnchainTransfer, SignedVersion } from './transfer.ts'

type Mined = Extract<TransactionStatus, { kind: 'mined' }>

/** A version that may still land, and what the network says of it. */
export interface Observed {
  readonly version: SignedVersion
  readonly status: TransactionStatus
}

/** What to do with a transfer that was given to the network. */
export type Decision =
  /** One of its versions is in a block that we do not have noted. */
  | { readonly kind: 'mine'; readonly version: SignedVersion; readonly status: Mined }
  /** It is where we noted it: settle it once that block is final. */
  | { readonly kind: 'settle' }
  /** Its block is gone. */
  | { readonly kind: 'unmine' }
  /** The network has its bytes, and we did not know. */
  | { readonly kind: 'acknowledge' }
  /** Its sequence is used, by none of its versions. */
  | { readonly kind: 'suspect' }
  /** It is next in line and has waited too long: offer more. */
  | { readonly kind: 'replace'; readonly version: SignedVersion }
  /** The network knows none of its versions: give it the last one again, unchanged. */
  | { readonly kind: 'resend'; readonly version: SignedVersion }
  | { readonly kind: 'wait' }

/** The limits that a decision respects. */
export interface DecisionLimits {
  readonly now: Date
  readonly replaceAfterMs: number
  readonly maxVersions: number
}

/**
 * Decides by what the network says. `chainSequence` must have been read before the statuses: then a sequence that is
 * used, while no status says mined, was used by someone else, or by a node that is ahead of the other.
 */
export function decide(
  transfer: Pick<OnchainTransfer, 'state' | 'sequence' | 'block' | 'transactionHash' | 'unfundedSince'>,
  seen: { readonly observed: readonly Observed[]; readonly chainSequence: bigint },
  limits: DecisionLimits,
): Decision {
  const { observed, chainSequence } = seen
  for (const { version, status } of observed) {
    if (status.kind !== 'mined') continue
    const isNoted = transfer.state === 'mined' && transfer.block?.hash === status.block.hash
    if (isNoted && transfer.transactionHash === version.hash) return { kind: 'settle' }
    return { kind: 'mine', version, status }
  }
  if (transfer.state === 'mined') return { kind: 'unmine' }
  const last = observed.at(-1)?.version
  if (last === undefined || transfer.sequence === null) return { kind: 'wait' }
  if (chainSequence > transfer.sequence) return { kind: 'suspect' }
  const isPending = observed.some(({ status }) => status.kind === 'pending')
  if (isPending && transfer.state === 'prepared') return { kind: 'acknowledge' }
  // Only the next in line is slow for its fee: those behind it wait for it. More fee does not help an empty wallet.
  const isNext = chainSequence === transfer.sequence && transfer.unfundedSince === null
  const isOld = limits.now.getTime() - last.createdAt.getTime() >= limits.replaceAfterMs
  if (isNext && isOld && observed.length < limits.maxVersions) return { kind: 'replace', version: last }
  return isPending ? { kind: 'wait' } : { kind: 'resend', version: last }
}
