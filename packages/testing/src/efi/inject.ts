/** What each fault does to a call. */
import { type EfiAnswer, html, problem, refusal } from './answers.ts'
import { DEFAULT_DELAY_MS, type EfiSendFault } from './faults.ts'
import type { Scheduler } from './scheduler.ts'

/** One call that may go wrong. */
export interface Injection {
  readonly fault: EfiSendFault | null
  readonly scheduler: Scheduler
  /** The call itself, with its effect. */
  run(): EfiAnswer | Promise<EfiAnswer>
  /** Keeps the send that was made from look-ups and lists for a while. */
  hide(ms: number): void
}

/** Runs a call as its fault wants it. */
export async function inject({ fault, scheduler, run, hide }: Injection): Promise<EfiAnswer | 'drop'> {
  if (fault === null) return run()
  const runAndHide = async () => {
    const answer = await run()
    const hiddenForMs = 'hiddenForMs' in fault ? fault.hiddenForMs : undefined
    if (hiddenForMs !== undefined || fault.kind === 'late_visibility') hide(hiddenForMs ?? DEFAULT_DELAY_MS)
    return answer
  }
  switch (fault.kind) {
    case 'drop_before_send':
      return 'drop'
    case 'drop_after_effect':
      await runAndHide()
      return 'drop'
    case 'error_500_before':
      return serverError(fault)
    case 'error_500_after':
      await runAndHide()
      return serverError(fault)
    case 'slow': {
      const answer = await runAndHide()
      return scheduler.after(fault.delayMs ?? DEFAULT_DELAY_MS, () => answer)
    }
    case 'late_effect':
      return scheduler.after(fault.delayMs ?? DEFAULT_DELAY_MS, run)
    case 'truncate':
      return cut(await runAndHide(), fault.clean === true)
    case 'rate_limited':
      return rateLimited(fault.retryAfterSeconds)
    case 'refuse': {
      const { status = 422, nome = 'pagamento_negado', mensagem = 'Pagamento negado por análises' } = fault
      return refusal({ status, nome, mensagem })
    }
    case 'late_visibility':
      return runAndHide()
  }
}

function serverError({ status = 500, html: isHtml = false }: { status?: number; html?: boolean }): EfiAnswer {
  if (isHtml) return html(status, 'Server Error')
  return refusal({ status, nome: 'erro_aplicacao', mensagem: 'Ocorreu um erro interno na aplicação' })
}

function rateLimited(retryAfterSeconds: number | undefined): EfiAnswer {
  const answer = problem(429, {
    type: 'BaldeFichasVazio',
    title: 'Balde de Fichas Vazio',
    detail: 'Não há fichas no balde a serem consumidas',
  })
  if (retryAfterSeconds === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } }
}

/** Half the body. Cut at a character, so that the half is still text. */
function cut(answer: EfiAnswer, isClean: boolean): EfiAnswer {
  const body = answer.body.slice(0, Math.floor(answer.body.length / 2))
  return isClean ? { ...answer, body } : { ...answer, body, announcedBytes: Buffer.byteLength(answer.body) }
}
