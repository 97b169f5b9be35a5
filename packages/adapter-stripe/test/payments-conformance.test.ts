import { paymentCases, registerCases, statementCases } from '@lastro/testing/conformance'
import { describe, it } from 'vitest'
import { createPaymentWorld, createStatementWorld } from './world.ts'

describe.each([
  ['by a page', { method: 'checkout' }, {}],
  ['by an embedded page', { method: 'checkout' }, { payments: { checkoutPage: 'embedded' } }],
  ['by an own form', { method: 'card' }, {}],
  ['by a form with every method', { method: 'card' }, { payments: { cardFormTypes: 'automatic' } }],
] as const)('payments %s', (_name, variant, options) => {
  registerCases(it, { cases: paymentCases, createWorld: () => createPaymentWorld(variant, options) })
})

describe('statements', () => registerCases(it, { cases: statementCases, createWorld: createStatementWorld }))
