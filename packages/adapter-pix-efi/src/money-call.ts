import { type Answered, moneyAnswer, notSent, unknownAnswer } from '@lastro/adapter-kit'
import {
  accepted,
  type Clock,
  type DeclineReason,
  declined,
  isProviderError,
  type Outcome,
  type ProviderError,
  unknown,
} from '@lastro/core/spec'
import type { EfiCall, EfiClient } from './client.ts'
import { ACCESS_DENIED, refusalReason } from './map.ts'
import { type Refusal, readRefusal } from './refusal.ts'

/** One call that may move money, keyed by an id of ours. */
export interface MoneyCall<T> {
  readonly call: EfiCall
  /** Reads a 2xx. It counts only when it repeats what was asked. */
  readonly read: (answer: Answered) => Outcome<T>
  /** What Efí holds under our id; null when it has none. @throws ProviderError when it could not be asked. */
  readonly lookUp: () => Promise<T | null>
  /** Null when what was found is what was asked for, else how it differs. */
  readonly differs: (found: T) => string | null
  /** False for something found that failed, so that a refusal stands. Default: everything found stands. */
  readonly stands?: (found: T) => boolean
  /** Names that say "this id exists". 409 says it too. */
  readonly duplicates: ReadonlySet<string>
  /** Statuses that may state a refusal. Default 400 and 422: a 404 may be a wrong path or a gateway. */
  readonly refusals?: ReadonlySet<number>
}

const REFUSALS: ReadonlySet<number> = new Set([400, 422])

/** For calls about a thing that Efí may not have: its own name in a 404 is a refusal too. */
export const REFUSALS_WITH_ABSENCE: ReadonlySet<number> = new Set([400, 404, 422])

/** What a money call needs besides itself. */
export interface MoneyContext {
  readonly client: EfiClient
  readonly settings: { readonly clock: Clock }
}

/** Doubt, in a sentence for operators. */
export function doubt(message: string, cause?: unknown): Outcome<never> {
  return unknown(new Error(message, { cause }))
}

/** The call never began, because a token or a look-up that it needs could not be had. */
export function neverBegan(error: ProviderError): Outcome<never> {
  const { retryAfterMs } = error
  return notSent('prerequisite', { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}

/** Efí's name for a refusal and the fields that it names: plain words, safe to show. */
export function detailOf({ name, fields }: Refusal): string {
  return fields.length === 0 ? (name ?? 'no name given') : `${name ?? 'no name given'}: ${fields.join(', ')}`
}

/** True for an answer that states that nothing was processed: 401 by RFC 9110, 403 only by a body that says so. */
function isAccessDenied(answer: Answered, refusal: Refusal): boolean {
  if (answer.status === 401) return true
  return answer.status === 403 && refusal.name !== null && ACCESS_DENIED.has(refusal.name)
}

/** Why Efí refused, finally, or null where the answer states no refusal: that is doubt. */
function statedReason(
  { status }: Answered,
  {
    refusal,
    refusals = REFUSALS,
  }: { readonly refusal: Refusal; readonly refusals?: ReadonlySet<number> | undefined },
): DeclineReason | null {
  const isRefusal = refusals.has(status)
  const isStated = (refusal.shape === 'A' || refusal.shape === 'B') && refusal.name !== null
  return isRefusal && isStated && refusal.name !== null ? refusalReason(refusal.name) : null
}

/**
 * Names that the Central Bank's document uses for a used id too, beside many other things. Where the fields that break
 * a rule are named and none of them is the id, it is one of the other things.
 */
const AMBIGUOUS = /^(Cob[VR]?OperacaoInvalida|PixDevolucaoInvalida)$/
const mayBeDuplicate = ({ name, fields }: Refusal): boolean =>
  AMBIGUOUS.test(name ?? '') && fields.every((field) => /(^|\.)(txid|id)$/.test(field))

/** What Efí holds under our id, or the error of asking. */
async function found<T>({ lookUp }: MoneyCall<T>): Promise<T | null | Error> {
  try {
    return await lookUp()
  } catch (error) {
    return isProviderError(error) ? error : new Error('the look-up failed')
  }
}

function acceptedAs<T>(value: T, { differs }: MoneyCall<T>): Outcome<T> {
  const difference = differs(value)
  return difference === null
    ? accepted(value)
    : doubt(`efi: this id was used before with another ${difference}.`)
}

/** "This id exists" means that an earlier attempt arrived: the answer is what became of it. */
async function settleDuplicate<T>(money: MoneyCall<T>): Promise<Outcome<T>> {
  const held = await found(money)
  if (held instanceof Error) return doubt('efi: this id exists, and it could not be looked up.', held)
  if (held === null) return doubt('efi: this id exists, and it cannot be seen yet.')
  return acceptedAs(held, money)
}

/**
 * A refusal speaks of this attempt only. An earlier attempt with the same id may have arrived (its reply was lost, and
 * the look-up came too soon), and Efí does not say whether it checks the id before everything else. So the refusal is
 * final only once Efí, asked, holds nothing under this id or something that failed.
 */
async function settleRefusal<T>(
  money: MoneyCall<T>,
  refused: { readonly reason: DeclineReason; readonly detail: string; readonly mayBeDuplicate: boolean },
): Promise<Outcome<T>> {
  const held = await found(money)
  if (held instanceof Error) {
    const what = `efi: refused (${refused.detail}), but whether an earlier attempt arrived could not be asked.`
    return doubt(what, held)
  }
  const stands = money.stands ?? (() => true)
  if (held === null && refused.mayBeDuplicate)
    return doubt(
      `efi: refused (${refused.detail}), which may mean that this id exists, and it cannot be seen.`,
    )
  if (held === null || !stands(held)) return declined(refused.reason, refused.detail)
  return acceptedAs(held, money)
}

/** Reads a 4xx, the doubtful ones left out. */
async function readRefused<T>(money: MoneyCall<T>, answer: Answered): Promise<Outcome<T>> {
  const refusal = readRefusal(answer.json)
  const detail = detailOf(refusal)
  const isDuplicate = answer.status === 409 || (refusal.name !== null && money.duplicates.has(refusal.name))
  if (isDuplicate) return settleDuplicate(money)
  const reason = statedReason(answer, { refusal, refusals: money.refusals })
  if (reason === null) return unknownAnswer(answer.status, detail)
  return settleRefusal(money, { reason, detail, mayBeDuplicate: mayBeDuplicate(refusal) })
}

/** Makes the call, once, and says what is known afterwards. Efí's pages do not say that a 429 is not processed. */
export async function callMoney<T>(context: MoneyContext, money: MoneyCall<T>): Promise<Outcome<T>> {
  const answer = await send(context, money.call)
  if (answer.kind !== 'answered') return answer
  return answer.status < 300 ? money.read(answer) : readRefused(money, answer)
}

async function send({ client, settings }: MoneyContext, call: EfiCall): Promise<Answered | Outcome<never>> {
  const result = await client.call(call)
  if (result.kind === 'no_token') return neverBegan(result.error)
  const answer = moneyAnswer(result, { limited: 'unknown', clock: settings.clock })
  if (answer.kind !== 'answered' || answer.status < 300) return answer
  const refusal = readRefusal(answer.json)
  if (!isAccessDenied(answer, refusal)) return answer
  return notSent('unauthorized', { cause: new Error(`efi: status ${answer.status} (${detailOf(refusal)}).`) })
}

/** One call that is not keyed by an id of ours, or that changes what is there. */
export interface OneCall<T> {
  readonly call: EfiCall
  readonly read: (answer: Answered) => Outcome<T> | Promise<Outcome<T>>
  /** What an answer means that is not a 2xx. Default: a stated refusal is `declined`, and anything else is doubt. */
  readonly refused?: (answer: Answered, refusal: Refusal) => Outcome<T> | Promise<Outcome<T>>
}

/**
 * For a refusal of what may be done already: an earlier attempt whose reply was lost is no refusal. What is there decides.
 */
export async function unlessDone<T>(
  done: { readonly ask: () => Promise<T | null>; readonly isDone: (found: T) => boolean },
  refused: { readonly answer: Answered; readonly refusal: Refusal },
): Promise<Outcome<T>> {
  try {
    const found = await done.ask()
    if (found !== null && done.isDone(found)) return accepted(found)
  } catch (error) {
    if (!isProviderError(error)) throw error
    return doubt(`efi: refused (${detailOf(refused.refusal)}), and what is there could not be asked.`, error)
  }
  return declinedAs(refused.answer, refused.refusal)
}

function declinedAs(answer: Answered, refusal: Refusal): Outcome<never> {
  const detail = detailOf(refusal)
  const reason = statedReason(answer, { refusal, refusals: REFUSALS_WITH_ABSENCE })
  return reason === null ? unknownAnswer(answer.status, detail) : declined(reason, detail)
}

/** Makes the call, once, and reads a refusal as it stands: there is no id by which an earlier attempt could be found. */
export async function callOnce<T>(context: MoneyContext, one: OneCall<T>): Promise<Outcome<T>> {
  const answer = await send(context, one.call)
  if (answer.kind !== 'answered') return answer
  if (answer.status < 300) return one.read(answer)
  return (one.refused ?? declinedAs)(answer, readRefusal(answer.json))
}
