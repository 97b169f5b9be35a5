import { z } from 'zod'

// Only the fields that are read. Pluggy's document under-declares null, so everything that is not required may be null.
const text = z.string().nullish()
/** Money is a JSON number, read as the text that was sent. */
const amount = z.string().nullish()
const errorDetail = z.object({ code: text }).nullish()

export const apiKeyAnswer = z.object({ apiKey: z.string().min(1) })
export const errorAnswer = z.object({ message: text, codeDescription: text })

export const pageOf = <T extends z.ZodType>(result: T) =>
  z.object({ results: z.array(result), totalPages: z.string().nullish() })

export const webhook = z.object({
  id: z.string().min(1),
  url: z.string(),
  event: z.string(),
  disabledAt: text,
})

export const paymentRequest = z.object({
  id: z.string().min(1),
  status: z.string(),
  amount,
  clientPaymentId: text,
  /** Present only for Pix Automático: then the request is a mandate, and no payment. */
  automaticPix: z.unknown().optional(),
  schedule: z.object({ type: text }).nullish(),
  errorDetail,
  updatedAt: text,
})

export const paymentIntent = z.object({
  id: z.string().min(1),
  status: z.string(),
  referenceId: text,
  paymentRequest: z.object({ id: text }).nullish(),
  errorDetail,
  updatedAt: text,
})

export const scheduledPayment = z.object({
  id: z.string().min(1),
  status: z.string(),
  scheduledDate: text,
  endToEndId: text,
  errorDetail,
})

export const automaticPixPayment = z.object({
  id: z.string().min(1),
  status: z.string(),
  amount,
  date: text,
  endToEndId: text,
  clientPaymentId: text,
  errorDetail,
})

export const preauthorization = z.object({
  id: z.string().min(1),
  status: z.string(),
  clientPreauthorizationId: text,
  errorDetail,
  updatedAt: text,
})

export const smartTransferPayment = z.object({
  id: z.string().min(1),
  preauthorizationId: text,
  status: z.string(),
  amount,
  clientPaymentId: text,
  errorDetail,
  updatedAt: text,
})

export const issuedBoleto = z.object({
  id: z.string().min(1),
  status: z.string(),
  amount,
  amountPaid: amount,
  paymentOrigin: text,
  paidAt: text,
  seuNumero: text,
})

/** A payment request as the API tells it. */
export type PaymentRequestAnswer = z.output<typeof paymentRequest>
/** A payment intent as the API tells it. */
export type PaymentIntentAnswer = z.output<typeof paymentIntent>
