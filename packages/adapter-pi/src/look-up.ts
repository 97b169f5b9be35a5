import type { ProviderEvent } from '@lastro/core/spec'
import { isPaymentId } from './delivery.ts'
import type { Teller } from './tell.ts'

/** The payment an event names, or undefined. */
function refOf(event: ProviderEvent): string | undefined {
  switch (event.kind) {
    case 'hint':
    case 'changed':
      return event.ref
    case 'payout':
    case 'payment':
    case 'unrecognised':
      return event.providerRef
    case 'ignored':
      return undefined
  }
}

/**
 * Reads from Pi the payment that an event names. Empty: Pi has no such payment, or none is named.
 * @throws ProviderError when Pi could not be asked, or its answer is not understood.
 */
export async function lookUp(
  teller: Teller,
  event: ProviderEvent,
  options?: { readonly signal?: AbortSignal },
): Promise<readonly ProviderEvent[]> {
  const ref = refOf(event)
  if (!isPaymentId(ref)) return []
  const payment = await teller.client.payment(ref, options?.signal)
  return payment === null ? [] : [await teller.event(payment, options?.signal)]
}
