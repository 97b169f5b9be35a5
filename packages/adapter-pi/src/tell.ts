import type { ProviderEvent, ProviderPayment } from '@lastro/core/spec'
import { isProviderError } from '@lastro/core/spec'
import type { PaymentDto } from './api.ts'
import type { PiClient } from './client.ts'
import { readIncoming, readPayout, readRefund } from './facts.ts'
import type { Horizon } from './horizon.ts'
import { keyOf, purposeOf } from './metadata.ts'
import type { Settings } from './options.ts'
import { proveOnChain } from './proof.ts'

/** Reads payments from Pi and says what they are, by the proof that the options ask for. */
export interface Teller {
  readonly client: PiClient
  /** @throws ProviderError when it cannot be confirmed, or contradicts itself. */
  incoming(payment: PaymentDto, signal?: AbortSignal): Promise<ProviderPayment>
  /** A payment of either direction as an event. What cannot be confirmed is `unrecognised`. @throws ProviderError */
  event(payment: PaymentDto, signal?: AbortSignal): Promise<ProviderEvent>
}

/** Says what payments are. */
export function createTeller(given: {
  readonly client: PiClient
  readonly horizon: Horizon
  readonly settings: Settings
}): Teller {
  const { client, horizon, settings } = given
  const { facts } = settings
  const incoming: Teller['incoming'] = async (payment, signal) => {
    const told = readIncoming(payment, facts)
    if (settings.proof === 'api_and_chain' && told.receipts.length > 0)
      await proveOnChain({ horizon, facts }, payment, signal)
    return told
  }
  const outgoing = (payment: PaymentDto): ProviderEvent => {
    const purpose = purposeOf(payment)
    if (purpose?.for === 'refund') {
      const refund = readRefund(payment, { facts, key: purpose.lastro, receipt: purpose.receipt })
      return { kind: 'payment', providerRef: purpose.payment, refunds: [refund] }
    }
    return { kind: 'payout', idempotencyKey: keyOf(payment), ...readPayout(payment, facts) }
  }
  return {
    client,
    incoming,
    async event(payment, signal) {
      try {
        if (payment.direction === 'app_to_user') return outgoing(payment)
        return { kind: 'payment', ...(await incoming(payment, signal)) }
      } catch (error) {
        // Trouble is thrown; what Pi or the chain tells, and does not fit, is kept for a person.
        if (!isProviderError(error) || error.kind !== 'unexpected_answer') throw error
        return {
          kind: 'unrecognised',
          topic: 'payment',
          detail: error.message,
          providerRef: payment.identifier,
        }
      }
    },
  }
}
