import { parseJson } from '@lastro/adapter-kit'
import type { ProviderEvent, StoredDelivery } from '@lastro/core/spec'
import type { z } from 'zod'
import { snapshotEvent, thinEvent } from './api.ts'
import { KINDS, type TypeRow, typeRow } from './event-types.ts'
import { plainWord, unrecognised } from './reading.ts'
import { isKnownVersion } from './versions.ts'

type Snapshot = z.output<typeof snapshotEvent>
type Thin = z.output<typeof thinEvent>

const idIn = (object: Readonly<Record<string, unknown>>): string | null =>
  typeof object.id === 'string' ? plainWord(object.id) : null

/** A version that nobody tried is read as the others are, and said to be so: the provider is asked about it as well. */
function ofSnapshot(event: Snapshot, row: TypeRow): readonly ProviderEvent[] {
  const { type: topic, data, created: occurredAt, api_version: version } = event
  if (row.kind === null) return [{ kind: 'ignored', topic }]
  const previous = data.previous_attributes ?? {}
  const events = KINDS[row.kind].read(data.object, { topic, change: row.change, occurredAt, previous })
  if (version === null || isKnownVersion(version)) return events
  const detail = `the API version ${plainWord(version) ?? 'of the event'} is none that this adapter was tried with`
  return [...events, unrecognised({ topic }, { detail, providerRef: idIn(data.object) })]
}

function ofThin(event: Thin, row: TypeRow): readonly ProviderEvent[] {
  const { type: topic, id, related_object: related, snapshot_event: snapshot } = event
  if (row.kind === null) return [{ kind: 'ignored', topic }]
  if (related === null || plainWord(related.id) === null)
    return [unrecognised({ topic }, { detail: 'related_object is absent' })]
  const facts = { event: plainWord(id), snapshotEvent: plainWord(snapshot), object: plainWord(related.type) }
  return [{ kind: 'hint', topic, ref: related.id, facts }]
}

type Body =
  | { readonly payload: 'thin'; readonly event: Thin; readonly id: string | null }
  | { readonly payload: 'snapshot'; readonly event: Snapshot; readonly id: string | null }

function bodyOf(value: unknown): Body | null {
  const thin = thinEvent.safeParse(value)
  if (thin.success)
    return { payload: 'thin', event: thin.data, id: plainWord(thin.data.related_object?.id ?? null) }
  const snapshot = snapshotEvent.safeParse(value)
  if (!snapshot.success) return null
  return { payload: 'snapshot', event: snapshot.data, id: idIn(snapshot.data.data.object) }
}

/** Tells what a stored delivery means. Pure, and never throws. */
export function translate({ body, topic }: StoredDelivery): readonly ProviderEvent[] {
  const parsed = parseJson(body)
  const found = parsed.kind === 'json' ? bodyOf(parsed.value) : null
  const strange = (detail: string): readonly ProviderEvent[] => [
    unrecognised({ topic }, { detail, providerRef: found?.id ?? null }),
  ]
  if (found === null) return strange('the body is no event of Stripe')
  if (found.event.type !== topic) return strange('the body is of another type than the delivery')
  const row = typeRow(topic)
  if (row === null || row.payload !== found.payload) return strange('a type that this adapter does not know')
  return found.payload === 'thin' ? ofThin(found.event, row) : ofSnapshot(found.event, row)
}
