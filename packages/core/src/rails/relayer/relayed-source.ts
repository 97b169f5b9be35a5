import { z } from 'zod'
import { pack } from '../../platform/codec.ts'
import type {
  ContractEvent,
  ProviderEvent,
  Providers,
  StoredDelivery,
  WebhookSource,
} from '../../spec/index.ts'

/** What begins the topic of every relayed event. */
const TOPIC = 'contract.'

/** The topic of an event in the inbox. One without a name has the bare word. */
export function topicOf({ name }: Pick<ContractEvent, 'name'>): string {
  return name === null ? 'contract' : `${TOPIC}${name}`
}

/** An event as the inbox keeps it: canonical JSON, whole numbers as texts. */
export function bodyOf(event: ContractEvent, network: string): Uint8Array {
  const { ledger, occurredAt, ...rest } = event
  const body = { ...rest, network, ledger: ledger.toString(), occurredAt: occurredAt.toISOString() }
  return new TextEncoder().encode(pack(body))
}

const stored = z.object({
  id: z.string(),
  contract: z.string(),
  transactionHash: z.string(),
  operation: z.int().optional(),
  ledger: z.string(),
  occurredAt: z.iso.datetime(),
  network: z.string(),
  name: z.string().nullable(),
  topics: z.array(z.string()),
  value: z.string(),
})

function translate({ body, topic }: StoredDelivery): readonly ProviderEvent[] {
  try {
    const { id, name, occurredAt, topics, operation, ...rest } = stored.parse(
      JSON.parse(new TextDecoder().decode(body)),
    )
    return [
      {
        kind: 'changed',
        object: 'contract_event',
        ref: id,
        change: name ?? 'unnamed',
        facts: {
          ...rest,
          name,
          operation: operation === undefined ? null : `${operation}`,
          topics: JSON.stringify(topics),
        },
        occurredAt: new Date(occurredAt),
      },
    ]
  } catch {
    return [{ kind: 'unrecognised', topic, detail: 'No contract event as the relayer stores them.' }]
  }
}

/** How the inbox reads what the relayer stored. Nobody delivers such events from outside: all of that is refused. */
const relayedEvents: WebhookSource = {
  specVersion: 1,
  maxBodyBytes: 0,
  eventTypes: [],
  verify: async () => ({ kind: 'rejected', reason: 'foreign' }),
  translate,
}

const isRelayed = (topic: string) => topic === 'contract' || topic.startsWith(TOPIC)

/** The providers as the inbox sees them: those of the port `contractEvents` have their relayed events translated. */
export function withRelayedEvents<Ps extends Providers>(providers: Ps): Ps {
  const entries = Object.entries(providers).map(([name, provider]) => {
    const { contractEvents, webhooks: own } = provider
    if (contractEvents === undefined) return [name, provider]
    if (own === undefined) return [name, { ...provider, webhooks: relayedEvents }]
    const read: WebhookSource['translate'] = (delivery) =>
      isRelayed(delivery.topic) ? translate(delivery) : own.translate(delivery)
    return [name, { ...provider, webhooks: { ...own, translate: read } }]
  })
  return Object.fromEntries(entries) as Ps
}
