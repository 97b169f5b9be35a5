import { unknownAnswer } from '@lastro/adapter-kit'
import { accepted, type DeclineReason, declined, type Outcome } from '@lastro/core/spec'
import { callOnce, detailOf, type MoneyContext } from '../money-call.ts'

/** What each status says of a defence (Efí's page on MED): the wrong form, no such claim, given already, too late. */
const REASONS = new Map<number, DeclineReason>([
  [400, 'refused'],
  [404, 'refused'],
  [409, 'duplicate'],
  [422, 'expired'],
])

/**
 * Contests a claim, so money may stay. `rejeitado` is the only analysis that Efí's SDK lets through: that a claim is
 * right is not said this way. A claim has one defence, so after a lost reply a second one is `declined` as `duplicate`.
 */
export async function defend(
  context: MoneyContext,
  defence: { readonly claimId: string; readonly justification: string; readonly signal?: AbortSignal },
): Promise<Outcome<{ readonly claimId: string }>> {
  const { claimId, justification, signal } = defence
  if (justification.trim() === '') return declined('refused', 'justification must not be empty.')
  const json = { analise: 'rejeitado', justificativa: justification }
  return callOnce(context, {
    call: { method: 'POST', path: ['v2', 'gn', 'infracoes', claimId, 'defesa'], json, signal },
    read: () => accepted({ claimId }),
    refused(answer, refusal) {
      const reason = refusal.shape === 'B' ? REASONS.get(answer.status) : undefined
      const detail = detailOf(refusal)
      return reason === undefined ? unknownAnswer(answer.status, detail) : declined(reason, detail)
    },
  })
}
