/** What forms may send, and from where. */
import { type AssetId, LastroError, Money } from '@lastro/core'
import { z } from 'zod'
import { MOST, PRODUCTS } from './catalog.ts'
import type { NewOrder } from './orders.ts'

const BRL = 'BRL/2' satisfies AssetId

/** What an order is placed with. */
export const orderForm = z.strictObject({
  id: z.uuid('must be the id that came with the form'),
  product: z
    .string('must be chosen')
    .transform((id) => PRODUCTS.find((product) => product.id === id))
    .pipe(
      z.custom<NewOrder['product']>((found) => found !== undefined, 'must be a product that is sold here'),
    ),
  quantity: z
    .string('is required')
    .regex(/^[1-9]\d?$/, 'must be a whole number, 1 or more')
    .transform((digits) => Number.parseInt(digits, 10))
    .refine((quantity) => quantity <= MOST, `must be at most ${MOST}`),
})

/** What is given back: an amount as people write it, or all that is left. */
export const refundForm = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('part'),
    number: z.string().regex(/^\d{1,4}$/, 'must be a number'),
    amount: z
      .string('is required')
      .trim()
      .regex(/^\d{1,12}([.,]\d{1,2})?$/, 'must be an amount in reais, such as 12,50')
      .transform((written) => Money.parse(written.replace(',', '.'), BRL))
      .refine(Money.isPositive, 'must be above zero'),
  }),
  z.strictObject({
    what: z.literal('rest'),
    number: z.string().regex(/^\d{1,4}$/, 'must be a number'),
    amount: z
      .string()
      .optional()
      .transform(() => undefined),
  }),
])

/** A form, judged. @throws LastroError `invalid_input` naming the field and the rule. */
export function parseForm<S extends z.ZodType>(schema: S, form: unknown): z.output<S> {
  const { success, data, error } = schema.safeParse(form)
  if (success) return data
  const [issue] = error.issues
  throw new LastroError('invalid_input', {
    field: issue?.path.join('.') || 'form',
    rule: issue?.message ?? 'is invalid',
  })
}

/**
 * True for a form that another site made this browser send: the operator's password comes along by itself. Browsers say
 * so in `Sec-Fetch-Site`, over plain HTTP at least in `Origin`; what is no browser says neither, and brings no password
 * that is not its own.
 */
export function isForeign(header: (name: string) => string | undefined): boolean {
  const site = header('sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const origin = header('origin')
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== header('host')
}
