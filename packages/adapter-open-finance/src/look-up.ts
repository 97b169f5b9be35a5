import { isProviderError, ProviderError, type ProviderEvent } from '@lastro/core/spec'
import { instantOf } from './body.ts'
import type { BankClient } from './client.ts'
import { eventsOf, type Told } from './facts.ts'
import type { Settings } from './options.ts'
import { type Resource, resourceOf } from './resources.ts'
import { PROVIDER } from './status.ts'

type Hint = Extract<ProviderEvent, { kind: 'hint' }>

/** A second that has passed, with room for two clocks that differ by one. */
const SETTLED_AFTER_MS = 2_000
/** A clock that is further ahead than this is wrong, and is not waited for. */
const CLOCK_AHEAD_MS = 5_000
/** A notification may overtake the answer that tells us of the resource, and the resource itself. */
const VISIBLE_AFTER_MS = 120_000
const ASK_AGAIN_MS = 10_000

/** The scope that a read needs: client credentials throughout. */
function scopeOf({ api }: Resource, { institution }: BankClient): string {
  const scopes = {
    payments: 'payments',
    'automatic-payments': 'recurring-payments',
    enrollments: institution.enrollmentScope,
  } as const
  return scopes[api]
}

interface Question {
  readonly hint: Hint
  readonly resource: Resource
  readonly version: string
  readonly organisationId: string
  readonly signal: AbortSignal | undefined
}

async function ask(client: BankClient, question: Question): Promise<Told | null> {
  const { hint, resource, version, organisationId, signal } = question
  const data = await client.read({
    path: [resource.api, version, ...resource.path, hint.ref],
    scope: scopeOf(resource, client),
    subject: resource.subject,
    signal,
  })
  if (data === null) return null
  const change = hint.facts?.eventType === 'DATA_CHANGED' ? 'data_changed' : 'state_changed'
  return eventsOf(data, { resource, id: hint.ref, change, where: { organisationId, version } })
}

/**
 * Asks one authorisation server of the organisation after the other: a notification does not say which of them it is
 * of. The first that knows the resource answers; trouble with one counts only when no other knows it.
 */
async function askAll(clients: readonly BankClient[], question: Question): Promise<Told | null> {
  let trouble: ProviderError | null = null
  for (const client of clients) {
    try {
      const told = await ask(client, question)
      if (told !== null) return told
    } catch (error) {
      if (!isProviderError(error)) throw error
      trouble ??= error
    }
  }
  if (trouble !== null) throw trouble
  return null
}

const later = (message: string, retryAfterMs: number): ProviderError =>
  new ProviderError({ provider: PROVIDER, kind: 'unavailable', message, retryAfterMs })

/**
 * Reads the resource that a notification names, and tells what the institution says of it now.
 *
 * Two things are put off by throwing `unavailable`, so that nothing is lost. Two changes within one second are written
 * in the same bytes and are one delivery, so an answer that may still change counts only once that second has passed.
 * And a resource that is not there yet is asked for again while the notification is young; after that, nothing is there.
 * @throws ProviderError also when the institution could not be asked, or its answer is not signed as it must be.
 */
export async function lookUp(
  event: ProviderEvent,
  context: {
    readonly clients: readonly BankClient[]
    readonly settings: Settings
    readonly signal: AbortSignal | undefined
  },
): Promise<readonly ProviderEvent[]> {
  const { signal } = context
  if (event.kind !== 'hint') return []
  const resource = resourceOf(event.topic)
  const { organisationId, version, timestamp } = event.facts ?? {}
  if (resource === undefined || typeof organisationId !== 'string' || typeof version !== 'string') return []
  const clients = context.clients.filter(({ institution }) => institution.organisationId === organisationId)
  if (clients.length === 0) {
    const message = `the organisation ${organisationId} is no longer among options.institutions.`
    throw new ProviderError({ provider: PROVIDER, kind: 'misconfigured', message })
  }
  // Before asking: an answer is as old as the question.
  const happenedMs = instantOf(timestamp)?.getTime() ?? 0
  const ageMs = context.settings.clock.now().getTime() - happenedMs
  const told = await askAll(clients, { hint: event, resource, version, organisationId, signal })
  if (told === null) {
    if (ageMs < VISIBLE_AFTER_MS && ageMs > -CLOCK_AHEAD_MS)
      throw later(`${resource.subject} is not there yet.`, ASK_AGAIN_MS)
    return []
  }
  if (!told.isFinal && ageMs < SETTLED_AFTER_MS && ageMs > -CLOCK_AHEAD_MS)
    throw later(`${resource.subject} may change within the second of its notification.`, SETTLED_AFTER_MS)
  return told.events
}
