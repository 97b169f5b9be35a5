import { customerObject, customerPartObject, paymentMethodObject, setupIntentObject } from './api.ts'
import { changed, plainWord, readerOf, unrecognised } from './reading.ts'

/** `customer.created`, `updated`, `deleted`. No name, address or balance: those are for whoever asks Stripe. */
export const readCustomer = readerOf(customerObject, (customer, context) => {
  const isDeleted = customer.deleted === true || context.change === 'deleted'
  const facts = {
    isDeleted,
    isDelinquent: customer.delinquent,
    currency: plainWord(customer.currency),
    defaultPaymentMethod: customer.invoice_settings?.default_payment_method ?? customer.default_source,
  }
  return [changed(context, { object: 'customer', ref: customer.id, status: null, facts })]
})

/** `customer.discount.*`, `customer.source.*`, `customer.tax_id.*`: news of the customer that they hang on. */
export const readCustomerPart = readerOf(customerPartObject, ({ id, customer }, context) => {
  if (customer === null) return [unrecognised(context, { detail: 'customer is absent', providerRef: id })]
  const part = context.topic.split('.').at(-2) ?? 'part'
  const change = `${part}_${context.change}`
  return [
    changed(context, { object: 'customer', ref: customer, change, status: null, facts: { [part]: id } }),
  ]
})

/** `payment_method.*`. One that was detached has no customer: the event says whose it was. */
export const readPaymentMethod = readerOf(paymentMethodObject, (method, context) => {
  const before = context.previous.customer
  const facts = {
    customer: method.customer,
    formerCustomer: typeof before === 'string' ? plainWord(before) : null,
    type: method.type,
    brand: method.card?.brand ?? null,
    expiryMonth: method.card?.exp_month ?? null,
    expiryYear: method.card?.exp_year ?? null,
  }
  return [changed(context, { object: 'payment_method', ref: method.id, status: null, facts })]
})

/** `setup_intent.*` */
export const readSetupIntent = readerOf(setupIntentObject, (setup, context) => {
  const facts = {
    customer: setup.customer,
    paymentMethod: setup.payment_method,
    usage: setup.usage,
    error: plainWord(setup.last_setup_error?.decline_code ?? setup.last_setup_error?.code ?? null),
  }
  return [changed(context, { object: 'setup', ref: setup.id, status: setup.status, facts })]
})
