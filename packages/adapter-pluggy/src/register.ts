import { ProviderError, reveal } from '@lastro/core/spec'
import type { z } from 'zod'
import { webhook } from './api.ts'
import type { PluggyClient } from './client.ts'
import type { Settings } from './options.ts'
import { readList } from './reads.ts'
import { PROVIDER } from './status.ts'
import { checkWebhookUrl } from './url.ts'

type Subscription = z.output<typeof webhook>

const MAX_PER_EVENT = 5
const SUBJECT = 'the webhook to be registered'

const refuse = (kind: 'invalid_request' | 'misconfigured', message: string): ProviderError =>
  new ProviderError({ provider: PROVIDER, kind, message })

/** What is asked of Pluggy for one event. */
interface Wanted {
  readonly client: PluggyClient
  readonly url: string
  readonly event: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
}

const list = (client: PluggyClient, signal: AbortSignal | undefined): Promise<readonly Subscription[]> =>
  readList({ client, signal }, { path: ['webhooks'], subject: 'the webhooks', schema: webhook })

const find = (there: readonly Subscription[], { url, event }: Wanted): Subscription | undefined =>
  there.find((one) => one.url === url && one.event === event)

/** Pluggy never shows the headers, so they are written each time: that is how a new secret reaches it. */
async function update({ client, headers, signal }: Wanted, { id }: Subscription): Promise<void> {
  const json = { headers, enabled: true }
  const answer = await client.ask({
    method: 'PATCH',
    path: ['webhooks', id],
    json,
    subject: SUBJECT,
    signal,
  })
  if (answer.status < 200 || answer.status >= 300) throw client.refuse(answer, SUBJECT)
}

async function create(wanted: Wanted): Promise<void> {
  const { client, url, event, headers, signal } = wanted
  const json = { url, event, headers }
  const answer = await client.ask({ method: 'POST', path: ['webhooks'], json, subject: SUBJECT, signal })
  if (answer.status >= 200 && answer.status < 300) return
  // The same event and URL twice is a 400 without a code: somebody else was faster, or it was there all the time.
  const there = answer.status === 400 ? find(await list(client, signal), wanted) : undefined
  if (there === undefined) throw client.refuse(answer, SUBJECT)
  await update(wanted, there)
}

/**
 * Subscribes the URL to each configured event, with the first secret in its header. What is subscribed already gets
 * the header anew and is enabled again, so calling it after a rotation makes Pluggy send the new secret.
 * @throws ProviderError `invalid_request` for a URL that Pluggy does not take, `misconfigured` when an event has its
 *   five webhooks already, and for trouble on the way.
 */
export async function register(
  context: { readonly client: PluggyClient; readonly settings: Settings },
  { url, signal }: { readonly url: string; readonly signal?: AbortSignal },
): Promise<void> {
  const { client, settings } = context
  const rule = checkWebhookUrl(url)
  if (rule !== null) throw refuse('invalid_request', `the webhook URL ${rule}.`)
  const { header, secrets, events } = settings.webhook
  const [first] = secrets
  const headers = first === undefined ? {} : { [header]: reveal(first) }
  const there = await list(client, signal)
  for (const event of new Set(events)) {
    const wanted: Wanted = { client, url, event, headers, signal }
    const found = find(there, wanted)
    if (found !== undefined) {
      await update(wanted, found)
      continue
    }
    if (there.filter((one) => one.event === event).length >= MAX_PER_EVENT) {
      const message = `the event ${event} has ${MAX_PER_EVENT} webhooks, which is all that Pluggy takes: delete one.`
      throw refuse('misconfigured', message)
    }
    await create(wanted)
  }
}
