import type { ProviderEvent } from '@lastro/core/spec'
import {
  automaticPixPayment,
  issuedBoleto,
  paymentIntent,
  preauthorization,
  scheduledPayment,
  smartTransferPayment,
} from './api.ts'
import { isId } from './body.ts'
import { changed, codeOf, moneyOf } from './facts.ts'
import { type Asked, readList, readOne } from './reads.ts'
import { askRequest } from './requests.ts'
import {
  automaticPixStatus,
  boletoStatus,
  intentStatus,
  preauthorizationStatus,
  scheduledStatus,
  smartTransferStatus,
} from './status.ts'

type Events = Promise<readonly ProviderEvent[]>

/** A hint, as the answers to it are built. */
interface Question extends Asked {
  readonly ref: string
  /** The second half of the event's name. */
  readonly change: string
  /** An id that the delivery told, or null. */
  readonly fact: (name: string) => string | null
}

async function askIntent(question: Question): Events {
  const { ref, change } = question
  const intent = await readOne(question, {
    path: ['payments', 'intents', ref],
    subject: 'the payment intent',
    schema: paymentIntent,
  })
  if (intent === null) return []
  const embedded = intent.paymentRequest?.id
  const requestId = isId(embedded) ? embedded : question.fact('paymentRequestId')
  const told = changed({
    object: 'bank_payment',
    ref: intent.id,
    change,
    status: intent.status,
    table: intentStatus,
    occurredAt: intent.updatedAt,
    facts: {
      paymentRequestId: requestId,
      bulkPaymentId: question.fact('bulkPaymentId'),
      endToEndId: intent.referenceId,
      errorCode: codeOf(intent.errorDetail),
    },
  })
  const request = requestId === null ? [] : await askRequest({ ...question, ref: requestId })
  return [...request, told]
}

/** One payment of a schedule or, for a series, all of them; then the request that they belong to. */
async function askSchedule(question: Question, only: string | null): Events {
  const requestId = only === null ? question.ref : (question.fact('paymentRequestId') ?? '')
  const entries = await readList(question, {
    path: ['payments', 'requests', requestId, 'schedules'],
    subject: 'the scheduled payments',
    schema: scheduledPayment,
  })
  const told = entries
    .filter(({ id }) => only === null || id === only)
    .map((entry) =>
      changed({
        object: 'scheduled_payment',
        ref: entry.id,
        change: question.change,
        status: entry.status,
        table: scheduledStatus,
        facts: {
          paymentRequestId: requestId,
          scheduledDate: entry.scheduledDate,
          endToEndId: entry.endToEndId,
          errorCode: codeOf(entry.errorDetail),
        },
      }),
    )
  return [...told, ...(await askRequest({ ...question, ref: requestId }))]
}

async function askAutomaticPix(question: Question): Events {
  const requestId = question.fact('paymentRequestId') ?? ''
  const payment = await readOne(question, {
    path: ['payments', 'requests', requestId, 'automatic-pix', 'schedules', question.ref],
    subject: 'the automatic Pix payment',
    schema: automaticPixPayment,
  })
  if (payment === null) return []
  return [
    changed({
      object: 'recurring_payment',
      ref: payment.id,
      change: question.change,
      status: payment.status,
      table: automaticPixStatus,
      facts: {
        paymentRequestId: requestId,
        amount: moneyOf(payment.amount, 'automaticPixPayment.amount'),
        date: payment.date,
        endToEndId: payment.endToEndId,
        clientPaymentId: payment.clientPaymentId,
        errorCode: codeOf(payment.errorDetail),
      },
    }),
  ]
}

async function askPreauthorization(question: Question): Events {
  const found = await readOne(question, {
    path: ['smart-transfers', 'preauthorizations', question.ref],
    subject: 'the preauthorization',
    schema: preauthorization,
  })
  if (found === null) return []
  const { id, status, updatedAt, clientPreauthorizationId, errorDetail } = found
  return [
    changed({
      object: 'recurring_consent',
      ref: id,
      change: question.change,
      status,
      table: preauthorizationStatus,
      occurredAt: updatedAt,
      facts: { clientPreauthorizationId, errorCode: codeOf(errorDetail) },
    }),
  ]
}

async function askSmartTransfer(question: Question): Events {
  const found = await readOne(question, {
    path: ['smart-transfers', 'payments', question.ref],
    subject: 'the smart transfer',
    schema: smartTransferPayment,
  })
  if (found === null) return []
  return [
    changed({
      object: 'bank_payment',
      ref: found.id,
      change: question.change,
      status: found.status,
      table: smartTransferStatus,
      occurredAt: found.updatedAt,
      facts: {
        preauthorizationId: found.preauthorizationId,
        amount: moneyOf(found.amount, 'smartTransferPayment.amount'),
        clientPaymentId: found.clientPaymentId,
        errorCode: codeOf(found.errorDetail),
      },
    }),
  ]
}

async function askBoleto(question: Question): Events {
  const found = await readOne(question, {
    path: ['boletos', question.ref],
    subject: 'the boleto',
    schema: issuedBoleto,
  })
  if (found === null) return []
  return [
    changed({
      object: 'invoice',
      ref: found.id,
      change: question.change,
      status: found.status,
      table: boletoStatus,
      occurredAt: found.paidAt,
      facts: {
        amount: moneyOf(found.amount, 'boleto.amount'),
        amountPaid: moneyOf(found.amountPaid, 'boleto.amountPaid'),
        paymentOrigin: found.paymentOrigin,
        paidAt: found.paidAt,
        seuNumero: found.seuNumero,
      },
    }),
  ]
}

/** By the first half of the event's name: who is asked, and how. */
const ASK = new Map<string, (question: Question) => Events>([
  ['payment_intent', askIntent],
  ['payment_request', askRequest],
  [
    'scheduled_payment',
    (question) => askSchedule(question, question.change.startsWith('all_') ? null : question.ref),
  ],
  ['automatic_pix_payment', askAutomaticPix],
  ['smart_transfer_preauthorization', askPreauthorization],
  ['smart_transfer_payment', askSmartTransfer],
  ['boleto', askBoleto],
])

/**
 * Reads the resource that a hint names, and tells what Pluggy says of it now. Nothing is there: empty. An event that is
 * no hint names nothing that could be asked for, so its answer is empty too.
 * @throws ProviderError when Pluggy could not be asked, or answered in a form that is not known.
 */
export async function lookUp(event: ProviderEvent, asked: Asked): Events {
  if (event.kind !== 'hint' || !isId(event.ref)) return []
  const [family = '', change = ''] = event.topic.split('/')
  const { facts = {}, ref } = event
  const fact = (name: string): string | null => {
    const value = facts[name]
    return isId(value) ? value : null
  }
  return (await ASK.get(family)?.({ ...asked, ref, change, fact })) ?? []
}
