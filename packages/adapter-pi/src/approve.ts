import { accepted, declined, type Outcome, type ProviderPayment } from '@lastro/core/spec'
import {
  change,
  doubtful,
  type Expected,
  type Incoming,
  type Known,
  readAgain,
  readExpected,
} from './incoming.ts'
import { stateOf } from './states.ts'

/** What a payment comes to by itself, or null while it waits for the approval. */
function settled({ payment, told }: Known): Outcome<ProviderPayment> | null {
  if (told.state === 'canceled') return declined('expired', 'the payment was canceled.')
  return stateOf(payment)?.name === 'created' ? null : accepted(told)
}

/**
 * Approves a payment that the payer's wallet made, once it is the one that was asked for. The wallet asks about every ten
 * seconds until then, so an approved payment is simply told. Pi ends what is not approved after 60 seconds.
 */
export async function approve(context: Incoming, expected: Expected): Promise<Outcome<ProviderPayment>> {
  const read = await readExpected(context, expected)
  if (read.kind !== 'accepted') return read
  const before = settled(read.value)
  if (before !== null) return before
  const { providerRef: ref, signal } = expected
  const changed = await change(context, { ref, method: 'POST', path: ['payments', ref, 'approve'], signal })
  if (changed.kind === 'payment') return settled(changed) ?? doubtfulApproval()
  if (changed.kind !== 'code') return changed
  // Pi documents no codes for this call: what became of the payment is the answer.
  const now = await readAgain(context, { ref, signal })
  if (now.kind !== 'accepted') return now
  const after = settled(now.value)
  if (after !== null) return after
  return changed.code === null
    ? doubtful(changed)
    : declined('refused', `Pi refused to approve: ${changed.code}.`)
}

const doubtfulApproval = (): Outcome<never> => ({
  kind: 'unknown',
  cause: new Error('Pi answered an approval with a payment that is not approved.'),
})
