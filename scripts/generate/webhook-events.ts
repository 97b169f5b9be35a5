import type { EventTypeRow } from '../../packages/core/src/spec/index.ts'
import { SOURCES } from '../../packages/core/test/webhooks-sources.ts'
import { code, type GeneratedPage, page, table } from './markdown.ts'
import { readAdapters } from './providers.ts'

/** What becomes of a type, in the words of the page. */
const DOES: Readonly<Record<EventTypeRow['does'], string>> = {
  applied: 'moves a payment or payout',
  asked: 'the provider is asked first',
  handed_on: 'logged, and handed to the host',
  ignored: 'kept, and nothing done',
}

/** The table of each factory that fills the port. @throws Error when one of them has no line in the list of sources. */
async function readTables(): Promise<readonly (readonly [string, readonly EventTypeRow[]])[]> {
  const factories = readAdapters().rows.flatMap(({ factory, fills }) =>
    fills.has('webhooks') ? [factory] : [],
  )
  return Promise.all(
    factories.map(async (factory) => {
      const known = SOURCES.find((source) => source.factory === factory)
      if (known === undefined)
        throw new Error(
          `packages/core/test/webhooks-sources.ts has no line for ${factory}, which takes webhooks.`,
        )
      return [factory, (await known.open()).source.eventTypes] as const
    }),
  )
}

async function render(): Promise<string> {
  const tables = await readTables()
  const sections = tables.flatMap(([factory, types]) => [
    `## ${factory}`,
    `${types.length} event types.`,
    table(
      ['Type', 'Becomes', 'What is done'],
      types.map(({ type, becomes, does }) => [code(type), becomes, DOES[does]]),
    ),
  ])
  return page(
    'Webhook events',
    'Every event type that a provider documents, and what becomes of it: read from the tables by which the adapters themselves translate. A type that stands in none of them is stored, counted, and told to people as `webhook.unmatched`.',
    ...sections,
  )
}

/** Event types by provider. */
export const webhookEvents: GeneratedPage = { path: 'docs/reference/webhook-events.md', render }
