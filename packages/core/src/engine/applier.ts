import type { EventApplier, ProviderNews } from '../platform/webhooks/index.ts'
import type { Payments } from '../rails/payments/index.ts'
import type { Payouts } from '../rails/payouts/index.ts'
import type { Relayer } from '../rails/relayer/index.ts'
import type { Clock, ProviderEvent, Providers } from '../spec/index.ts'
import type { LastroTx } from '../storage.ts'
import type { Wired } from './rails.ts'

/** What the applier leads to. */
export interface ApplierDeps {
  readonly payments: Payments<LastroTx>
  readonly payouts: Payouts<LastroTx>
  readonly relayer: Pick<Relayer<LastroTx>, 'applyEvent'>
  readonly providers: Providers
  readonly rails: Wired['rails']
  readonly clock: Clock
}

/** Applies events of one kind inside the inbox's transaction. */
type Applies<K extends ProviderEvent['kind']> = (
  tx: LastroTx,
  news: Omit<ProviderNews, 'event'> & { readonly event: Extract<ProviderEvent, { kind: K }> },
) => Promise<'applied' | 'unmatched'>

/** Where each kind of provider event goes. */
export function createApplier(deps: ApplierDeps): EventApplier<LastroTx> {
  const unmatched = async (tx: LastroTx, news: ProviderNews): Promise<'unmatched'> => {
    await tellPeople(tx, news, deps.clock)
    return 'unmatched'
  }
  /** One line for each kind. The rail that owns an object takes its events here. */
  const goes: { readonly [K in ProviderEvent['kind']]: Applies<K> } = {
    payout: (tx, news) => deps.payouts.applyEvent(tx, news),
    payment: (tx, news) => deps.payments.applyEvent(tx, news),
    changed: (tx, news) =>
      news.event.object === 'contract_event'
        ? deps.relayer.applyEvent(tx, news)
        : logChange(tx, news, deps.clock),
    ignored: async () => 'applied',
    hint: unmatched,
    unrecognised: unmatched,
  }
  return {
    confirm: (about) => confirm(deps, about),
    apply: (tx, news) => (goes[news.event.kind] as EventApplier<LastroTx>['apply'])(tx, news),
  }
}

/** Asks the adapter where it can be asked, else the rail about a payment or a payout of ours. */
async function confirm(
  { payments, payouts, providers, rails }: ApplierDeps,
  about: { readonly provider: string; readonly event: ProviderEvent; readonly signal: AbortSignal },
): Promise<readonly ProviderEvent[]> {
  const { provider, event, signal } = about
  const lookUp = providers[provider]?.webhooks?.lookUp
  const rail = rails[provider]
  if (lookUp !== undefined && rail !== undefined)
    return rail.read('webhooks.lookUp', () => lookUp(event, { signal }))
  if (event.kind !== 'payout' && event.kind !== 'payment' && event.kind !== 'unrecognised') return []
  if (event.providerRef === undefined) return []
  if (event.kind !== 'payout') {
    const payment = await payments.ask({ provider, ref: event.providerRef })
    if (payment !== null) return [{ kind: 'payment', ...payment }]
  }
  if (event.kind === 'payment') return []
  const told = await payouts.ask({ provider, ref: event.providerRef })
  return told === null ? [] : [{ kind: 'payout', ...told }]
}

/** An object that no rail of ours follows: written to the log, for the host. */
async function logChange(
  tx: LastroTx,
  news: Parameters<Applies<'changed'>>[1],
  clock: Clock,
): Promise<'applied'> {
  const { provider, event, delivery } = news
  const { object, ref, change, status = null, facts = {}, occurredAt } = event
  const subject = `${provider}/${object}/${ref}`
  await tx.events.append({
    type: 'provider.changed',
    subject,
    correlation: subject,
    data: {
      provider,
      object,
      ref,
      change,
      status,
      facts,
      delivery,
      occurredAt: occurredAt?.toISOString() ?? null,
    },
    at: clock.now(),
  })
  return 'applied'
}

/** Nothing of ours is waiting for it: kept in the inbox, and told to people. */
async function tellPeople(
  tx: LastroTx,
  { provider, event, delivery }: ProviderNews,
  clock: Clock,
): Promise<void> {
  await tx.audit.append({
    actor: `provider:${provider}`,
    action: 'webhook.unmatched',
    subject: delivery,
    details: factsOf(event),
    at: clock.now(),
  })
}

function factsOf(event: ProviderEvent) {
  const { kind } = event
  if (kind === 'payment' || kind === 'payout')
    return { kind, providerRef: event.providerRef ?? null, state: event.state ?? null }
  if (kind === 'changed') return { kind, object: event.object, ref: event.ref, change: event.change }
  if (kind === 'hint') return { kind, topic: event.topic, ref: event.ref }
  if (kind === 'ignored') return { kind, topic: event.topic }
  return { kind, topic: event.topic, detail: event.detail }
}
