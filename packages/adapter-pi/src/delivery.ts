import { parseJson } from '@lastro/adapter-kit'

/** A delivery of the project's own contract: `{ "type": "payment_completed", "payment_id": "…" }`, and what else. */
export interface Delivery {
  readonly type: string
  readonly paymentId: string
}

const TYPE = /^[A-Za-z0-9_.-]{1,64}$/
/** Ids that were seen have 28 letters and digits; alphabet and length are not documented. */
const PAYMENT_ID = /^[A-Za-z0-9_-]{1,64}$/

/** True for a text that may be a payment id, and is safe in a path and in a message. */
export const isPaymentId = (value: unknown): value is string =>
  typeof value === 'string' && PAYMENT_ID.test(value)

/** Reads the body, or null when it is not of our contract. Other fields are passed over. */
export function readDelivery(body: Uint8Array): Delivery | null {
  const parsed = parseJson(body)
  if (parsed.kind === 'not_json') return null
  const { value } = parsed
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const type: unknown = Reflect.get(value, 'type')
  const paymentId: unknown = Reflect.get(value, 'payment_id')
  if (typeof type !== 'string' || !TYPE.test(type) || !isPaymentId(paymentId)) return null
  return { type, paymentId }
}
