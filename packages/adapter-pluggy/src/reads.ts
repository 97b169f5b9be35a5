import { walkPages } from '@lastro/adapter-kit'
import { ProviderError } from '@lastro/core/spec'
import type { z } from 'zod'
import { pageOf } from './api.ts'
import type { PluggyClient } from './client.ts'
import { PROVIDER } from './status.ts'

/** Who is asked, and until when. */
export interface Asked {
  readonly client: PluggyClient
  readonly signal?: AbortSignal | undefined
}

interface Resource<T extends z.ZodType> {
  readonly path: readonly string[]
  readonly query?: Readonly<Record<string, string>>
  readonly subject: string
  readonly schema: T
}

const MAX_PAGES = 20

const malformed = (subject: string): ProviderError =>
  new ProviderError({
    provider: PROVIDER,
    kind: 'unexpected_answer',
    message: `${subject} came in a form that this adapter does not know.`,
  })

/** One resource, or null for 404. @throws ProviderError when it could not be asked or read. */
export async function readOne<T extends z.ZodType>(
  { client, signal }: Asked,
  { path, query, subject, schema }: Resource<T>,
): Promise<z.output<T> | null> {
  const json = await client.read({ path, subject, signal, ...(query === undefined ? {} : { query }) })
  if (json === null) return null
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw malformed(subject)
  return parsed.data
}

/** A whole list, page by page; empty for 404. @throws ProviderError when it could not be asked or read. */
export async function readList<T extends z.ZodType>(
  asked: Asked,
  { schema, ...resource }: Resource<T>,
): Promise<readonly z.output<T>[]> {
  const found: z.output<T>[] = []
  const pages = walkPages<z.output<T>, number>({
    provider: PROVIDER,
    first: 1,
    maxPages: MAX_PAGES,
    read: async (number) => {
      // The first page is asked for as the document shows it; the parameter is that of Pluggy's other lists.
      const query = { ...resource.query, ...(number === 1 ? {} : { page: `${number}` }) }
      const page = await readOne(asked, { ...resource, query, schema: pageOf(schema) })
      const total = Number.parseInt(page?.totalPages ?? '1', 10)
      return { items: page?.results ?? [], next: page !== null && number < total ? number + 1 : null }
    },
  })
  for await (const entry of pages) found.push(entry)
  return found
}
