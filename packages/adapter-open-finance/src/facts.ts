import { decimalFormat, type StatusTable } from '@lastro/adapter-kit'
import { ProviderError, type ProviderEvent, type ProviderPaymentState } from '@lastro/core/spec'
import type { z } from 'zod'
import * as api from './api.ts'
import { instantOf } from './body.ts'
import type { Resource } from './resources.ts'
import {
  consentStatus,
  enrollmentStatus,
  type Meaning,
  PROVIDER,
  paymentStatus,
  reasonOf,
  recurringConsentStatus,
} from './status.ts'

/** Payments v4 and v5: `^\d{1,16}\.\d{2}$`. */
const amounts = decimalFormat({ provider: PROVIDER, asset: 'BRL/2', pattern: /\d{1,16}\.\d{2}/ })

type Text = string | null | undefined
type Facts = Readonly<Record<string, Text>>

/** What a resource says, before it becomes events. */
interface Read {
  readonly id: string
  readonly status: string
  readonly statusUpdateDateTime?: Text
  readonly facts: Facts
  readonly money?: {
    readonly endToEndId: string
    readonly amount: { readonly amount: string; readonly currency: string }
    readonly rejectionCode: string | null
  }
}

const word = (value: Text): string | null =>
  typeof value === 'string' && /^[A-Za-z0-9_.-]{1,80}$/.test(value) ? value : null

const pixPayment = (data: z.output<typeof api.pixPayment>): Read => {
  const rejectionCode = word(data.rejectionReason?.code)
  const cancellation = word(data.cancellation?.reason)
  const { consentId, endToEndId } = data
  return {
    ...data,
    id: data.paymentId,
    facts: { consentId, endToEndId, amount: data.payment.amount, rejectionCode, cancellation },
    money: { endToEndId, amount: data.payment, rejectionCode },
  }
}

const recurringPayment = (data: z.output<typeof api.recurringPayment>): Read => {
  const rejectionCode = word(data.rejectionReason?.code)
  const { recurringConsentId, originalRecurringPaymentId, endToEndId, date } = data
  const ids = { recurringConsentId, originalRecurringPaymentId, endToEndId, date }
  return {
    ...data,
    id: data.recurringPaymentId,
    facts: { ...ids, amount: data.payment.amount, rejectionCode },
    money: { endToEndId, amount: data.payment, rejectionCode },
  }
}

const paymentConsent = (data: z.output<typeof api.paymentConsent>): Read => ({
  ...data,
  id: data.consentId,
  facts: { expirationDateTime: data.expirationDateTime, rejectionCode: word(data.rejectionReason?.code) },
})

const recurringConsent = (data: z.output<typeof api.recurringConsent>): Read => ({
  ...data,
  id: data.recurringConsentId,
  facts: {
    expirationDateTime: data.expirationDateTime,
    rejectionCode: word(data.rejection?.reason?.code),
    revocationCode: word(data.revocation?.reason?.code),
  },
})

const enrollment = (data: z.output<typeof api.enrollment>): Read => ({
  ...data,
  id: data.enrollmentId,
  facts: {
    expirationDateTime: data.expirationDateTime,
    rejectionCode: word(data.cancellation?.reason?.rejectionReason),
    revocationCode: word(data.cancellation?.reason?.revocationReason),
  },
})

/** How one type of resource is read, and what its statuses mean. */
interface Reader {
  readonly table: StatusTable<Meaning>
  read(data: unknown): Read | null
}

const reader = <T extends z.ZodType>(
  schema: T,
  by: { readonly table: StatusTable<Meaning>; readonly read: (data: z.output<T>) => Read },
): Reader => ({
  table: by.table,
  read(data) {
    const parsed = schema.safeParse(data)
    return parsed.success ? by.read(parsed.data) : null
  },
})

const READERS = new Map<string, Reader>([
  ['payments/consents', reader(api.paymentConsent, { table: consentStatus, read: paymentConsent })],
  ['payments/pix/payments', reader(api.pixPayment, { table: paymentStatus, read: pixPayment })],
  [
    'automatic-payments/recurring-consents',
    reader(api.recurringConsent, { table: recurringConsentStatus, read: recurringConsent }),
  ],
  [
    'automatic-payments/pix/recurring-payments',
    reader(api.recurringPayment, { table: paymentStatus, read: recurringPayment }),
  ],
  ['enrollments/enrollments', reader(api.enrollment, { table: enrollmentStatus, read: enrollment })],
])

const refuse = (resource: Resource, why: string): ProviderError =>
  new ProviderError({
    provider: PROVIDER,
    kind: 'unexpected_answer',
    message: `${resource.subject} ${why}.`,
  })

function paymentOf(resource: Resource, read: Read): readonly ProviderEvent[] {
  const { money } = read
  if (money === undefined) return []
  if (money.amount.currency !== 'BRL') throw refuse(resource, 'is not in BRL')
  const amount = amounts.read(money.amount.amount, 'payment.amount')
  const status = paymentStatus.find(read.status)
  const state: ProviderPaymentState | undefined = status.kind === 'known' ? status.value.state : undefined
  const occurredAt = instantOf(read.statusUpdateDateTime)
  const receipt = { ref: money.endToEndId, amount, ...(occurredAt && { receivedAt: occurredAt }) }
  const detail =
    status.kind === 'unseen'
      ? `${status.field} is ${status.shown}, which is new.`
      : state === 'failed'
        ? money.rejectionCode
        : null
  return [
    {
      kind: 'payment',
      providerRef: read.id,
      amount,
      ...(state === undefined ? {} : { state }),
      ...(state === 'paid' ? { receipts: [receipt] } : {}),
      ...(state === 'failed' ? { reason: reasonOf(money.rejectionCode) } : {}),
      ...(detail === null ? {} : { detail }),
      ...(occurredAt === undefined ? {} : { occurredAt }),
    },
  ]
}

/** What an answer tells, and whether it will never tell anything else. */
export interface Told {
  readonly events: readonly ProviderEvent[]
  readonly isFinal: boolean
}

/**
 * The events of a verified answer: a `payment` where money moves, and always a `changed` with the status in the
 * institution's word. `facts.state` is our word, null where the status is new. Nothing of a person is told.
 * @throws ProviderError `unexpected_answer` for another form, another id than the one asked for, or another currency.
 */
export function eventsOf(
  data: unknown,
  asked: { readonly resource: Resource; readonly id: string; readonly change: string; readonly where: Facts },
): Told {
  const { resource, id } = asked
  const found = READERS.get(resource.type)
  const read = found?.read(data) ?? null
  if (found === undefined || read === null)
    throw refuse(resource, 'came in a form that this adapter does not know')
  if (read.id !== id) throw refuse(resource, 'came with another id than the one asked for')
  const status = found.table.find(read.status)
  const occurredAt = instantOf(read.statusUpdateDateTime)
  const facts = Object.entries({ ...asked.where, ...read.facts }).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, value] as const],
  )
  const state = status.kind === 'known' ? status.value.state : null
  const changed: ProviderEvent = {
    kind: 'changed',
    object: resource.object,
    ref: id,
    change: asked.change,
    status: read.status.slice(0, 100),
    facts: { ...Object.fromEntries(facts), state },
    ...(occurredAt === undefined ? {} : { occurredAt }),
  }
  const isFinal = status.kind === 'known' && status.value.isFinal
  return { events: [...paymentOf(resource, read), changed], isFinal }
}
