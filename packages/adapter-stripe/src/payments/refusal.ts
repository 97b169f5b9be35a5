import { z } from 'zod'
import { plainWord } from '../reading.ts'

/** What an error answer of Stripe states: https://docs.stripe.com/api/errors. Texts for people are left out. */
export interface Refusal {
  readonly type: string
  readonly code: string | null
  readonly declineCode: string | null
  readonly param: string | null
}

const text = z.string().nullish().catch(null)
const body = z.object({
  error: z.object({ type: z.string(), code: text, decline_code: text, param: text }),
})

/** Null where the answer is no error of Stripe's form: a page of a gateway states nothing. */
export function readRefusal(json: unknown): Refusal | null {
  const parsed = body.safeParse(json)
  if (!parsed.success) return null
  const { type, code, decline_code: declineCode, param } = parsed.data.error
  return {
    type,
    code: plainWord(code ?? null),
    declineCode: plainWord(declineCode ?? null),
    param: param != null && /^[\w.[\]-]{1,100}$/.test(param) ? param : null,
  }
}

/** The refusal in plain words, safe to show. */
export function detailOf(refusal: Refusal): string {
  const { type, code, declineCode, param } = refusal
  const codes = [...new Set([declineCode, code].flatMap((word) => word ?? []))]
  const what = codes.length === 0 ? (plainWord(type) ?? 'no reason given') : codes.join(', ')
  return param === null ? what : `${what} (${param})`
}
