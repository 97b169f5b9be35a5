/** What a route is. Each file in `routes/` gives some; `routes/index.ts` lists them all. */
import type { EfiAnswer } from './answers.ts'
import type { EfiOperation } from './faults.ts'
import type { IdFactory } from './identifiers.ts'
import type { Settings } from './options.ts'
import type { Scheduler } from './scheduler.ts'
import type { EfiState } from './state.ts'
import type { Outbox } from './webhooks.ts'

/** What routes work with. */
export interface EfiContext {
  readonly settings: Settings
  readonly state: EfiState
  readonly scheduler: Scheduler
  readonly ids: IdFactory
  readonly outbox: Outbox
}

/** A request that found its route. */
export interface Call {
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/** One operation of the API. */
export interface Route {
  readonly operation: EfiOperation
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Such as `/v2/webhook/:chave`. */
  readonly path: string
  /** The scope it needs; null where no token is asked for. */
  readonly scope: string | null
  run(context: EfiContext, call: Call): EfiAnswer | Promise<EfiAnswer>
  /** What the call is about, for faults and the log. Default: the first path parameter. */
  subject?(params: Call['params']): string
}

/** The path parameters when the path fits the pattern, else null. */
export function match(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== text) return null
      continue
    }
    const value = decode(text)
    if (value === null || value === '') return null
    params[part.slice(1)] = value
  }
  return params
}

/** The body as a JSON object, or null when it is none. */
export function parseObject(body: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(body))
  } catch {
    return null
  }
}

/** The value when it is an object with named fields, else null. */
export function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
