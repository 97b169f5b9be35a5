import type { PaymentAction, PaymentFacts } from '../../spec/index.ts'
import type { PaymentWork } from './context.ts'
import type { Payment } from './payment.ts'
import { screen } from './screen.ts'
import { withoutStrangers } from './story.ts'

/** What a provider tells: an answer brings the action along. */
export type Told = PaymentFacts & { readonly action?: PaymentAction }

/** News that may be folded, and what was left out of it. */
export interface CheckedNews {
  readonly facts: PaymentFacts
  readonly action: PaymentAction | null
  /** What was left out, and why: it can never be. */
  readonly contradiction: string | null
}

/** Keeps out what belongs to another payment, and what can never be; keeps the provider's id of this one. */
export async function checkNews(
  tx: PaymentWork,
  news: { readonly payment: Payment; readonly told: Told },
): Promise<CheckedNews> {
  const { payment } = news
  const { action = null, ...told } = withoutPlaceholder(news.told)
  const { provider } = payment
  const refs = (facts: readonly { readonly ref: string }[] | undefined) => (facts ?? []).map(({ ref }) => ref)
  const owners = await tx.payments.owners({
    provider,
    refs: told.providerRef === undefined ? [] : [told.providerRef],
    receipts: refs(told.receipts),
    refunds: refs(told.refunds),
    disputes: refs(told.disputes),
  })
  const foreign = owners.filter(({ paymentId }) => paymentId !== payment.id)
  const isKnown = owners.some(({ kind }) => kind === 'payment')
  const owner = isKnown ? null : await keepRef(tx, { payment, ref: told.providerRef })
  if (owner !== null && owner !== payment.id && told.providerRef !== undefined)
    foreign.push({ kind: 'payment', ref: told.providerRef, paymentId: owner })
  const of = (kind: (typeof foreign)[number]['kind']) =>
    new Set(foreign.filter((stranger) => stranger.kind === kind).map(({ ref }) => ref))
  const said = foreign.map(({ kind, ref, paymentId }) => `${kind} ${ref} belongs to ${paymentId}`)
  if (of('payment').size > 0) return { facts: {}, action: null, contradiction: said.join('; ') }
  const strangers = { receipts: of('receipt'), refunds: of('refund'), disputes: of('dispute') }
  const { facts, contradiction } = screen(payment, withoutStrangers(told, strangers))
  if (contradiction !== null) said.push(contradiction)
  return { facts, action, contradiction: said.length === 0 ? null : said.join('; ').slice(0, 1_000) }
}

/** A payment that the payer's browser creates has no id at the provider before that. */
function withoutPlaceholder(told: Told): Told {
  if (told.action?.kind !== 'create_in_browser') return told
  const { providerRef: _none, ...rest } = told
  return rest
}

/** Whose the id is after this: another transaction may have kept it meanwhile for another payment. */
async function keepRef(
  tx: PaymentWork,
  { payment, ref }: { readonly payment: Payment; readonly ref: string | undefined },
): Promise<Payment['id'] | null> {
  if (ref === undefined) return null
  return tx.payments.addRef({ provider: payment.provider, ref, paymentId: payment.id })
}
