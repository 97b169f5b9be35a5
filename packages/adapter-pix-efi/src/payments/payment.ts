import { isProviderError, type PaymentAction, type ProviderPayment } from '@lastro/core/spec'
import { type FindContext, readQrCode } from '../charges/find.ts'
import type { EfiCharge } from '../charges/read.ts'

function actionOf({ state, location }: EfiCharge, brCode: string | undefined): PaymentAction | null {
  if (state !== 'requires_action' || brCode === undefined) return null
  return { kind: 'show_pix', brCode, ...(location?.url === undefined ? {} : { location: location.url }) }
}

/** A charge as the engine knows payments. */
export function paymentOf(
  charge: EfiCharge,
  own: { readonly idempotencyKey: string; readonly brCode?: string | undefined },
): ProviderPayment {
  const { txid, state, amount, receipts, refunds, disputes } = charge
  const action = actionOf(charge, charge.brCode ?? own.brCode)
  return {
    providerRef: txid,
    idempotencyKey: own.idempotencyKey,
    state,
    amount,
    receipts,
    refunds,
    disputes,
    ...(action === null ? {} : { action }),
  }
}

/**
 * The code of an open charge whose answer left it out. Where the location's scope was not granted there is none, and
 * the payment is told without it.
 * @throws ProviderError when Efí could not be asked just now.
 */
export async function missingBrCode(
  { client }: FindContext,
  { charge, signal }: { readonly charge: EfiCharge; readonly signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  const locationId = charge.location?.id
  if (charge.state !== 'requires_action' || charge.brCode !== undefined || locationId === undefined)
    return undefined
  try {
    return (await readQrCode(client, { locationId, signal })).brCode
  } catch (error) {
    if (isProviderError(error) && (error.kind === 'unavailable' || error.kind === 'rate_limited')) throw error
    return undefined
  }
}
