/** The forms that Stripe's answers take. */
import type { EfiAnswer as StripeAnswer } from '../efi/answers.ts'

export type { EfiAnswer as StripeAnswer, EfiRequest as StripeRequest } from '../efi/answers.ts'
export { html, json } from '../efi/answers.ts'

/** What a route came to. */
export interface Outcome {
  readonly answer: StripeAnswer
  /** False where the request was turned away before anything began: then its key is not kept. */
  readonly hasBegun: boolean
}

/** An error as Stripe writes it. */
export interface StripeError {
  readonly type?: 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error'
  readonly code?: string
  readonly declineCode?: string
  readonly param?: string
  readonly message?: string
}

/** Stripe's form of an error. */
export function errorAnswer(status: number, error: StripeError): StripeAnswer {
  const { type = 'invalid_request_error', code, declineCode, param, message } = error
  const body = {
    error: {
      type,
      ...(code === undefined ? {} : { code, doc_url: `https://stripe.com/docs/error-codes/${code}` }),
      ...(declineCode === undefined ? {} : { decline_code: declineCode }),
      ...(param === undefined ? {} : { param }),
      message: message ?? `The fake Stripe refused: ${code ?? type}.`,
    },
  }
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body, null, 2) }
}

/** A request that breaks a rule: nothing began. */
export const invalid = (error: StripeError, status = 400): Outcome => ({
  answer: errorAnswer(status, error),
  hasBegun: false,
})

/** There is no such object. */
export const missing = (what: string, id: string): Outcome =>
  invalid({ code: 'resource_missing', param: 'id', message: `No such ${what}: '${id}'` }, 404)
