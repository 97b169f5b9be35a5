import { describe, expect, it } from 'vitest'
import {
  type Case,
  type CreateWorld,
  chainCases,
  contractEventCases,
  paymentCases,
  payoutCases,
  ratesCases,
  registerCases,
  runCases,
  signerCases,
  statementCases,
  type World,
  webhookCases,
} from '../conformance/index.ts'
import {
  chainFlaws,
  chainReference,
  contractEventFlaws,
  contractEventReference,
  type Flaw,
  paymentFlaws,
  paymentReference,
  payoutFlaws,
  payoutReference,
  ratesFlaws,
  ratesReference,
  signerFlaws,
  signerReference,
  statementFlaws,
  statementReference,
  webhookFlaws,
  webhookReference,
} from './index.ts'

interface Kit<W extends World> {
  readonly cases: readonly Case<W>[]
  readonly reference: CreateWorld<W>
  readonly flaws: readonly Flaw<W>[]
}

function prove<W extends World>(port: string, { cases, reference, flaws }: Kit<W>): void {
  describe(port, () => {
    describe('the reference keeps every rule', () => registerCases(it, { cases, createWorld: reference }))

    describe('each flaw fails exactly its own case', () => {
      for (const { id, what, createWorld } of flaws) {
        it(`${id}: ${what}`, async () => {
          const results = await runCases(cases, createWorld)
          const failed = results.filter(({ error }) => error !== null)
          expect(
            failed.map((result) => result.id),
            failed.map(({ error }) => error?.message).join('\n'),
          ).toEqual([id])
          expect(failed[0]?.error?.message).toContain(`${id}: `)
        })
      }
    })

    it('each case catches at least one flaw', () => {
      expect([...new Set(flaws.map(({ id }) => id))].sort()).toEqual(cases.map(({ id }) => id).sort())
    })
  })
}

prove('payouts', { cases: payoutCases, reference: payoutReference, flaws: payoutFlaws })
prove('payments', { cases: paymentCases, reference: paymentReference, flaws: paymentFlaws })
prove('webhooks', { cases: webhookCases, reference: webhookReference, flaws: webhookFlaws })
prove('chain', { cases: chainCases, reference: chainReference, flaws: chainFlaws })
prove('signer', { cases: signerCases, reference: signerReference, flaws: signerFlaws })
prove('rates', { cases: ratesCases, reference: ratesReference, flaws: ratesFlaws })
prove('statements', { cases: statementCases, reference: statementReference, flaws: statementFlaws })
prove('contract events', {
  cases: contractEventCases,
  reference: contractEventReference,
  flaws: contractEventFlaws,
})
