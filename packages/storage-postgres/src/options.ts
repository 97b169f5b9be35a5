import type { Clock } from '@lastro/core/spec'
import { checkSchemaName } from './schema-name.ts'

// tidy-allow: clock the default of an option
const systemClock: Clock = { now: () => new Date() }

/**
 * Options that every database has, with their defaults.
 * @throws LastroError `invalid_input` for a schema name that is not plain.
 */
export function checkSettings(options: {
  readonly schema?: string
  readonly jobsSchema?: string
  readonly clock?: Clock
}): { readonly schema: string; readonly jobsSchema: string; readonly clock: Clock } {
  const schema = checkSchemaName('schema', options.schema ?? 'lastro')
  const jobsSchema = checkSchemaName('jobsSchema', options.jobsSchema ?? `${schema}_jobs`)
  return { schema, jobsSchema, clock: options.clock ?? systemClock }
}
