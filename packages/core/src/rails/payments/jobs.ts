import { z } from 'zod'
import { defineJob, type Schedule } from '../../platform/jobs/index.ts'
import type { OperationId } from './operation.ts'
import type { PaymentId } from './payment.ts'

const paymentId = z.custom<PaymentId>((value) => typeof value === 'string')
const operationId = z.custom<OperationId>((value) => typeof value === 'string')
const onePayment = z.object({ paymentId })
const onePaymentRound = z.object({ paymentId, round: z.int() })
const oneOperation = z.object({ operationId })
const oneOperationRound = z.object({ operationId, round: z.int() })
const giveBackInput = z.object({ paymentId, what: z.enum(['all', 'excess']) })
const nothing = z.object({})

const COMMON = {
  retry: { attempts: 12, baseMs: 1_000, maxMs: 300_000 },
  timeoutMs: 60_000,
  lane: () => null,
} as const

/** Creates a payment at its provider: two commits around one call. */
export const submitPayment = defineJob<z.infer<typeof onePayment>>({
  name: 'payments.submit',
  parse: (input) => onePayment.parse(input),
  ...COMMON,
})

/** Asks the provider how a payment stands; while that is in doubt, enqueues itself again until there is an answer. */
export const reconcilePayment = defineJob<z.infer<typeof onePaymentRound>>({
  name: 'payments.reconcile',
  parse: (input) => onePaymentRound.parse(input),
  ...COMMON,
})

/** Asks the provider for a refund, capture, cancel, approval or completion: two commits around one call. */
export const operatePayment = defineJob<z.infer<typeof oneOperation>>({
  name: 'payments.operate',
  parse: (input) => oneOperation.parse(input),
  ...COMMON,
})

/** Asks what became of an operation in doubt, until there is an answer. */
export const resolveOperation = defineJob<z.infer<typeof oneOperationRound>>({
  name: 'payments.resolve',
  parse: (input) => oneOperationRound.parse(input),
  ...COMMON,
})

/** Ends a payment that nobody paid in time, after asking once more. */
export const expirePayment = defineJob<z.infer<typeof onePayment>>({
  name: 'payments.expire',
  parse: (input) => onePayment.parse(input),
  ...COMMON,
})

/** Refunds what was not asked for: all of a late payment, or what is over. */
export const giveBack = defineJob<z.infer<typeof giveBackInput>>({
  name: 'payments.give_back',
  parse: (input) => giveBackInput.parse(input),
  ...COMMON,
})

/** Finds payments whose time to ask has come. */
export const sweepPayments = defineJob<z.infer<typeof nothing>>({
  name: 'payments.sweep',
  parse: (input) => nothing.parse(input),
  ...COMMON,
})

/** Asks providers for payments that nobody finished, and finishes or reports them. */
export const sweepIncomplete = defineJob<z.infer<typeof nothing>>({
  name: 'payments.incomplete',
  parse: (input) => nothing.parse(input),
  ...COMMON,
})

/** How often payments are looked for whose time to ask has come. */
export const sweepSchedule: Schedule = {
  name: 'payments.sweep',
  everyMs: 60_000,
  job: sweepPayments,
  input: {},
}

/** How often providers are asked for incomplete payments, where one of them tells. */
export const incompleteSchedule: Schedule = {
  name: 'payments.incomplete',
  everyMs: 300_000,
  job: sweepIncomplete,
  input: {},
}
