/** What each fault does to a call. */
import type { Scheduler } from '../efi/scheduler.ts'
import { chainRefusal, html, type PiAnswer, refusal } from './answers.ts'
import { DEFAULT_DELAY_MS, type PiCallFault } from './faults.ts'

/** One call that may go wrong. */
export interface Injection {
  readonly fault: PiCallFault | null
  readonly scheduler: Scheduler
  /** The call itself, with its effect. */
  run(): PiAnswer
  /** Keeps what the call put on the chain from Horizon for a while. */
  hide(ms: number): void
}

/** Runs a call as its fault wants it. */
export async function inject({ fault, scheduler, run, hide }: Injection): Promise<PiAnswer | 'drop'> {
  if (fault === null) return run()
  const runHidden = (ms: number | undefined): PiAnswer => {
    const answer = run()
    if (ms !== undefined) hide(ms)
    return answer
  }
  switch (fault.kind) {
    case 'drop_before_send':
      return 'drop'
    case 'drop_after_effect':
      runHidden(fault.hiddenForMs)
      return 'drop'
    case 'error_500_before':
      return serverError(fault)
    case 'error_500_after':
      runHidden(fault.hiddenForMs)
      return serverError(fault)
    case 'slow': {
      const answer = run()
      return scheduler.after(fault.delayMs ?? DEFAULT_DELAY_MS, () => answer)
    }
    case 'late_effect':
      return scheduler.after(fault.delayMs ?? DEFAULT_DELAY_MS, run)
    case 'truncate':
      return cut(run(), fault.clean === true)
    case 'rate_limited':
      return { status: 429, headers: {}, body: '' }
    case 'refuse':
      return refusal(fault.status ?? 400, fault.code ?? 'invalid_arguments')
    case 'chain_refuses':
      return chainRefusal(fault.transaction ?? 'tx_failed', fault.operations ?? ['op_no_destination'])
    case 'untold_transaction': {
      const answer = run()
      return { ...answer, body: answer.body.replace(/"transaction":\{[^}]*\}/g, '"transaction":null') }
    }
  }
}

function serverError({ status = 500, html: isHtml = true }: { status?: number; html?: boolean }): PiAnswer {
  return isHtml ? html(status, 'Server Error') : refusal(status, 'invalid_arguments')
}

/** Half the body. */
function cut(answer: PiAnswer, isClean: boolean): PiAnswer {
  const body = answer.body.slice(0, Math.floor(answer.body.length / 2))
  return isClean ? { ...answer, body } : { ...answer, body, announcedBytes: Buffer.byteLength(answer.body) }
}
