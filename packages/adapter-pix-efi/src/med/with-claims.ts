import { walkPages } from '@lastro/adapter-kit'
import { Money, type ProviderDispute, type ProviderPayment, type ProviderReceipt } from '@lastro/core/spec'
import type { EfiClient } from '../client.ts'
import { PROVIDER } from '../map.ts'
import { type MedReturn, medDispute } from '../med-dispute.ts'
import type { Settings } from '../options.ts'
import { type EfiClaim, listClaims } from './claims.ts'

/** Which time the window of the list is about is not said: a day more on its early side covers clocks and zones. */
const EARLIER_MS = 86_400_000
const MAX_PAGES = 100

interface MedContext {
  readonly client: EfiClient
  readonly settings: Settings
}

/** What MED returns have taken already, as the dispute of the receipt tells it. */
function returnsIn(dispute: ProviderDispute | undefined): readonly MedReturn[] {
  const { withdrawn, state } = dispute ?? {}
  if (withdrawn === undefined || !Money.isPositive(withdrawn)) return []
  return [{ state: state === 'lost' ? 'succeeded' : 'pending', amount: withdrawn }]
}

function disputeOf(
  receipt: ProviderReceipt,
  told: { readonly disputes: readonly ProviderDispute[]; readonly claims: readonly EfiClaim[] },
): readonly ProviderDispute[] {
  const known = told.disputes.find(({ receiptRef }) => receiptRef === receipt.ref)
  const claims = told.claims.filter(({ endToEndId }) => endToEndId === receipt.ref)
  if (claims.length === 0) return known === undefined ? [] : [known]
  return [medDispute({ receipt, returns: returnsIn(known), claims })]
}

async function claimsSince(
  { client, settings }: MedContext,
  asked: { from: Date; signal?: AbortSignal | undefined },
) {
  const to = settings.clock.now()
  const pages = walkPages<EfiClaim, number>({
    provider: PROVIDER,
    first: 0,
    maxPages: MAX_PAGES,
    read: (page) => listClaims({ client, settings }, { from: asked.from, to, page, signal: asked.signal }),
  })
  const claims: EfiClaim[] = []
  for await (const claim of pages) claims.push(claim)
  return claims
}

/**
 * A payment with the claims about its receipts, where the option asks for them.
 * @throws ProviderError when the claims could not be asked for: they are a part of what is known of the payment.
 */
export async function withClaims(
  context: MedContext,
  told: { readonly payment: ProviderPayment; readonly signal?: AbortSignal | undefined },
): Promise<ProviderPayment> {
  const { payment, signal } = told
  if (!context.settings.readClaims || payment.receipts.length === 0) return payment
  const now = context.settings.clock.now().getTime()
  const earliest = Math.min(...payment.receipts.map(({ receivedAt }) => receivedAt?.getTime() ?? now))
  const claims = await claimsSince(context, { from: new Date(earliest - EARLIER_MS), signal })
  const { disputes } = payment
  return {
    ...payment,
    disputes: payment.receipts.flatMap((receipt) => disputeOf(receipt, { disputes, claims })),
  }
}
