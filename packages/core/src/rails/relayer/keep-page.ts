import { applyDelivery, type NewDelivery } from '../../platform/webhooks/index.ts'
import type { ContractEvent } from '../../spec/index.ts'
import { type RelayerContext, type RelayerWork, sourceOf } from './context.ts'
import { bodyOf, topicOf } from './relayed-source.ts'
import { type FreshEvent, fingerprintOf, sortOut } from './sort-out.ts'

/** Events to be relayed under a provider's name. */
export interface PageToKeep {
  readonly provider: string
  readonly events: readonly ContractEvent[]
  /** Whole ledgers that are read again: what was relayed of them under other ids is known by its content. */
  readonly isReread: boolean
}

/** What became of a page. */
export interface KeptPage {
  readonly relayed: number
  readonly duplicates: number
}

/** Puts what is new of a page into the inbox, with the jobs that apply it, in the transaction that is given. */
export async function keepPage<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { provider, events, isReread }: PageToKeep,
): Promise<KeptPage> {
  if (events.length === 0) return { relayed: 0, duplicates: 0 }
  const ids = events.map(({ id }) => id)
  const known = await tx.relayer.known({ provider, ids, fingerprints: events.map(fingerprintOf) })
  const fresh = sortOut(events, { known, isReread })
  if (fresh.length === 0) return { relayed: 0, duplicates: events.length }
  // Another stream of the same provider may have been faster: what it added is its.
  const added = new Set(await tx.relayer.addRelayed({ provider, events: fresh.map(({ row }) => row) }))
  const mine = fresh.filter(({ event }) => added.has(event.id))
  await intoInbox(context, tx, { provider, mine })
  return { relayed: mine.length, duplicates: events.length - mine.length }
}

async function intoInbox<T extends RelayerWork>(
  context: RelayerContext<T>,
  tx: T,
  { provider, mine }: { readonly provider: string; readonly mine: readonly FreshEvent[] },
): Promise<void> {
  if (mine.length === 0) return
  const { network } = sourceOf(context, provider).port
  const receivedAt = context.clock.now()
  const deliveries = mine.map(
    ({ event, row, isIdTaken }): NewDelivery => ({
      id: context.ids.next('whd'),
      provider,
      deliveryId: isIdTaken ? `${event.id}~${row.fingerprint.slice(0, 16)}` : event.id,
      topic: topicOf(event),
      subject: event.contract === '' ? null : event.contract,
      // None: with one, an event whose handler failed would be passed by and dropped as older news. Each is a fact of its own.
      sequence: null,
      verdict: 'authentic',
      isKnownType: true,
      body: bodyOf(event, network),
      receivedAt,
    }),
  )
  const stored = new Set(await tx.deliveries.insert(deliveries))
  const lost = deliveries.find(({ id }) => !stored.has(id))
  if (lost !== undefined)
    throw new Error(`the inbox holds another delivery ${lost.deliveryId} of provider ${provider}`)
  await tx.jobs.enqueueMany(
    applyDelivery,
    deliveries.map(({ id, subject }) => ({ id, provider, subject })),
  )
}
