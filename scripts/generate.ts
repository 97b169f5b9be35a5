// Writes every generated file. They are committed, and `npm run check -- generated` compares them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generateSchema } from '../packages/storage-postgres/scripts/generate-schema.ts'
import { conformanceRules } from './generate/conformance-rules.ts'
import { errors } from './generate/errors.ts'
import { eventsAndJobs } from './generate/events-and-jobs.ts'
import { ledgerRefusals } from './generate/ledger-refusals.ts'
import type { GeneratedPage } from './generate/markdown.ts'
import { networksAndAssets } from './generate/networks-and-assets.ts'
import { providers } from './generate/providers.ts'
import { states } from './generate/states.ts'
import { versions } from './generate/versions.ts'
import { webhookEvents } from './generate/webhook-events.ts'
import { root } from './tree.ts'

const PAGES: readonly GeneratedPage[] = [
  ...versions(), // first: the other pages read the adapters
  conformanceRules,
  errors,
  eventsAndJobs,
  ledgerRefusals,
  networksAndAssets,
  providers,
  states,
  webhookEvents,
]

/** Each writes its files, and no file of another. */
const GENERATORS: readonly (() => Promise<void>)[] = [generateSchema, ...PAGES.map(writing)]

function writing({ path, render }: GeneratedPage): () => Promise<void> {
  return async () => {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, await render())
  }
}

for (const generate of GENERATORS) await generate()
