import { z } from 'zod'

// Only the fields that are read, and tolerant of null: enumerations and optional parts grow between minor versions.
const text = z.string().nullish()
const coded = z.object({ code: text }).nullish()
const money = z.object({ amount: z.string(), currency: z.string() })

export const tokenAnswer = z.object({
  access_token: z.string().min(1).max(2_048),
  expires_in: z.number().positive().nullish(),
})

const common = { status: z.string(), statusUpdateDateTime: text }

export const pixPayment = z.object({
  ...common,
  paymentId: z.string(),
  endToEndId: z.string().min(1),
  consentId: text,
  payment: money,
  rejectionReason: coded,
  cancellation: z.object({ reason: text }).nullish(),
})

export const recurringPayment = z.object({
  ...common,
  recurringPaymentId: z.string(),
  recurringConsentId: text,
  endToEndId: z.string().min(1),
  date: text,
  payment: money,
  rejectionReason: coded,
  originalRecurringPaymentId: text,
})

export const paymentConsent = z.object({
  ...common,
  consentId: z.string(),
  expirationDateTime: text,
  rejectionReason: coded,
})

export const recurringConsent = z.object({
  ...common,
  recurringConsentId: z.string(),
  expirationDateTime: text,
  rejection: z.object({ reason: coded }).nullish(),
  revocation: z.object({ reason: coded }).nullish(),
})

export const enrollment = z.object({
  ...common,
  enrollmentId: z.string(),
  expirationDateTime: text,
  cancellation: z
    .object({
      reason: z.object({ rejectionReason: text, revocationReason: text }).nullish(),
    })
    .nullish(),
})

/** A decoded answer, beside the claims of its signature. */
export const envelope = z.object({ data: z.unknown() })
/** The error body of every API. */
export const errorAnswer = z.object({ errors: z.array(z.object({ code: text })) })
