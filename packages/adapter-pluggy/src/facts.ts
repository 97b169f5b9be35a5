import { decimalFormat, type StatusTable } from '@lastro/adapter-kit'
import { Money, type ProviderEvent, type ProviderObject } from '@lastro/core/spec'
import { PROVIDER } from './status.ts'

/** JSON numbers in reais. A number with more places than centavos is refused, never rounded. */
const amounts = decimalFormat({ provider: PROVIDER, asset: 'BRL/2', pattern: /\d{1,13}(\.\d{1,2})?/ })

/** Exact money, or undefined where none was told. @throws ProviderError `unexpected_answer`. */
export const moneyOf = (value: string | null | undefined, field: string) =>
  value === null || value === undefined ? undefined : amounts.read(value, field)

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** A moment that was told with its zone, or undefined. */
export function instantOf(value: string | null | undefined): Date | undefined {
  const ms = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

/** A code that is a plain word, safe to show. */
export const codeOf = (detail: { readonly code?: string | null | undefined } | null | undefined) =>
  typeof detail?.code === 'string' && /^[A-Za-z0-9_.-]{1,80}$/.test(detail.code) ? detail.code : null

/** What an answer of the API says of an object. */
export interface Told {
  readonly object: ProviderObject
  readonly ref: string
  readonly change: string
  /** The provider's word, kept as it is. */
  readonly status: string
  /** What the word means, where it is known. */
  readonly table: StatusTable<string>
  readonly occurredAt?: string | null | undefined
  readonly facts?: Readonly<Record<string, string | Money | null | undefined>>
}

const shown = (value: string | Money): string => (typeof value === 'string' ? value : Money.format(value))

/**
 * A `changed` event. `facts.state` is our word for the status, null where the status is new; amounts are decimal texts
 * in reais.
 */
export function changed(told: Told): ProviderEvent {
  const state = told.table.find(told.status)
  const facts = Object.entries(told.facts ?? {}).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [[name, shown(value)] as const],
  )
  const occurredAt = instantOf(told.occurredAt)
  return {
    kind: 'changed',
    object: told.object,
    ref: told.ref,
    change: told.change,
    status: told.status.slice(0, 100),
    facts: { ...Object.fromEntries(facts), state: state.kind === 'known' ? state.value : null },
    ...(occurredAt === undefined ? {} : { occurredAt }),
  }
}
