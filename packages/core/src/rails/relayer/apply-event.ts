import type { EventStore, Json } from '../../platform/events/index.ts'
import type { ProviderNews } from '../../platform/webhooks/index.ts'
import type { Clock, ProviderEvent } from '../../spec/index.ts'

type Changed = Extract<ProviderEvent, { kind: 'changed' }>

/** A relayed event reaches the log of facts, in the inbox's transaction: from there the host and its customers get it. */
export async function applyEvent<T extends { readonly events: EventStore }>(
  { clock }: { readonly clock: Clock },
  tx: T,
  { provider, event, delivery }: Omit<ProviderNews, 'event'> & { readonly event: Changed },
): Promise<'applied'> {
  const { ref, facts = {}, occurredAt } = event
  const { contract = null, topics, ...rest } = facts
  await tx.events.append({
    type: 'relayer.event_relayed',
    subject: typeof contract === 'string' && contract !== '' ? contract : provider,
    correlation: `${provider}/contract_event/${ref}`,
    data: {
      ...rest,
      provider,
      id: ref,
      contract,
      topics: listOf(topics),
      delivery,
      occurredAt: occurredAt?.toISOString() ?? null,
    },
    at: clock.now(),
  })
  return 'applied'
}

function listOf(topics: unknown): Json {
  return typeof topics === 'string' ? (JSON.parse(topics) as Json) : []
}
