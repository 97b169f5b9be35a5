/** What each fault does to a call. */
import { errorAnswer, html, type StripeAnswer } from './answers.ts'
import { DEFAULT_DELAY_MS, type StripeCallFault } from './faults.ts'
import { forget, type Keyed, type KeyedAnswer, keep, runOnce } from './keys.ts'
import type { StripeContext } from './state.ts'

/** One call that may go wrong. */
export interface Injection {
  readonly fault: StripeCallFault | null
  readonly keyed: Keyed
  /** Keeps what the call made from look-ups and lists for a while. */
  hide(ms: number): void
}

/** A call's answer, or a connection that died. */
export type Injected = KeyedAnswer | 'drop'

const plain = (answer: StripeAnswer): KeyedAnswer => ({ answer, isReplay: false })

/** Runs a call as its fault wants it. */
export async function inject(context: StripeContext, injection: Injection): Promise<Injected> {
  const { fault, keyed } = injection
  const run = () => runOnce(context, keyed)
  if (fault === null) return run()
  switch (fault.kind) {
    case 'drop_before_send':
      return 'drop'
    case 'drop_after_effect':
      run()
      injection.hide(fault.hiddenForMs ?? 0)
      return 'drop'
    case 'error_500_before': {
      const answer = serverError(fault)
      if (fault.isKept === true) keep(context, keyed, answer)
      return plain(answer)
    }
    case 'error_500_after': {
      const { isReplay } = run()
      injection.hide(fault.hiddenForMs ?? 0)
      const answer = serverError(fault)
      if (!isReplay) keep(context, keyed, answer)
      return plain(answer)
    }
    case 'slow':
      return slow(context, { keyed, delayMs: fault.delayMs ?? DEFAULT_DELAY_MS })
    case 'late_effect':
      keep(context, keyed, null)
      return context.scheduler.after(fault.delayMs ?? DEFAULT_DELAY_MS, () => {
        forget(context, keyed)
        return run()
      })
    case 'truncate':
      return plain(cut(run().answer, fault.clean === true))
    case 'rate_limited':
      return plain(rateLimited(fault.reason))
    case 'refuse': {
      const { status = 402, type = 'card_error', kind: _, ...rest } = fault
      return plain(
        errorAnswer(status, { type, ...(rest.code === undefined ? { code: 'card_declined' } : {}), ...rest }),
      )
    }
  }
}

async function slow(
  context: StripeContext,
  { keyed, delayMs }: { readonly keyed: Keyed; readonly delayMs: number },
): Promise<KeyedAnswer> {
  const done = runOnce(context, keyed)
  const { key } = keyed
  const kept = key === null ? undefined : context.state.keys.get(key)?.answer
  if (kept != null && !done.isReplay) keep(context, keyed, null)
  return context.scheduler.after(delayMs, () => {
    if (kept != null) keep(context, keyed, kept)
    return done
  })
}

function serverError({
  status = 500,
  html: isHtml = false,
}: {
  status?: number
  html?: boolean
}): StripeAnswer {
  return isHtml
    ? html(status, 'Server Error')
    : errorAnswer(status, { type: 'api_error', message: 'Sorry, something went wrong.' })
}

function rateLimited(reason: string | null = 'global-rate'): StripeAnswer {
  if (reason === null) return errorAnswer(429, { code: 'lock_timeout' })
  const answer = errorAnswer(429, { code: 'rate_limit' })
  return { ...answer, headers: { ...answer.headers, 'stripe-rate-limited-reason': reason } }
}

/** Half the body. */
function cut(answer: StripeAnswer, isClean: boolean): StripeAnswer {
  const body = answer.body.slice(0, Math.floor(answer.body.length / 2))
  return isClean ? { ...answer, body } : { ...answer, body, announcedBytes: Buffer.byteLength(answer.body) }
}
