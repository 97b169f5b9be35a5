/** Idempotency keys, as Stripe keeps them. */
import { errorAnswer, type Outcome, type StripeAnswer } from './answers.ts'
import type { KeptKey, StripeContext } from './state.ts'

/** One call under a key. */
export interface Keyed {
  readonly key: string | null
  /** Method, path and parameters. */
  readonly asked: string
  run(): Outcome
}

/** What a call under a key came to. */
export interface KeyedAnswer {
  readonly answer: StripeAnswer
  readonly isReplay: boolean
}

function keptOf({ state, scheduler, settings }: StripeContext, key: string): KeptKey | null {
  const kept = state.keys.get(key)
  if (kept === undefined) return null
  if (scheduler.now().getTime() - kept.at.getTime() <= settings.keysKeptMs) return kept
  state.keys.delete(key)
  return null
}

/** Keeps an answer under a key, or the fact that it is on its way. */
export function keep(
  { state, scheduler }: StripeContext,
  { key, asked }: Pick<Keyed, 'key' | 'asked'>,
  answer: StripeAnswer | null,
): void {
  if (key === null) return
  const at = state.keys.get(key)?.at ?? scheduler.now()
  state.keys.set(key, { at, asked, answer })
}

/** Forgets a key whose call was never begun. */
export function forget({ state }: StripeContext, { key }: Pick<Keyed, 'key'>): void {
  if (key !== null) state.keys.delete(key)
}

/**
 * Does what is asked once for a key: a second call with the same parameters has the answer of the first, one with others
 * is refused, and one while the first is under way is told so. What was turned away before it began is not kept.
 */
export function runOnce(context: StripeContext, keyed: Keyed): KeyedAnswer {
  const { key, asked } = keyed
  const kept = key === null ? null : keptOf(context, key)
  if (kept !== null)
    return { answer: again(kept, asked), isReplay: kept.answer !== null && kept.asked === asked }
  const { answer, hasBegun } = keyed.run()
  if (hasBegun) keep(context, keyed, answer)
  return { answer, isReplay: false }
}

function again(kept: KeptKey, asked: string): StripeAnswer {
  if (kept.asked !== asked)
    return errorAnswer(400, {
      type: 'idempotency_error',
      message:
        'Keys for idempotent requests can only be used with the same parameters they were first used with.',
    })
  if (kept.answer === null)
    return errorAnswer(409, {
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
      message: 'There is currently another in-progress request using this idempotent key.',
    })
  const { status, headers, body } = kept.answer
  return { status, headers: { ...headers, 'idempotent-replayed': 'true' }, body }
}
