import { ProviderError } from '@lastro/core/spec'

/** What a provider's status means to us, or the fact that nobody ever told us. */
export type Status<T> =
  | { readonly kind: 'known'; readonly value: T }
  /** `shown` is safe to log: a short plain word, or a note that it was none. */
  | { readonly kind: 'unseen'; readonly field: string; readonly shown: string }

/** Looks statuses up in a total table. */
export interface StatusTable<T> {
  /** Never guesses: a value outside the table is `unseen`. */
  find(value: unknown): Status<T>
  /** @throws ProviderError `unexpected_answer` for a status outside the table. */
  get(value: unknown): T
}

const PLAIN_WORD = /^[A-Za-z0-9_.-]{1,40}$/

/** A status as an operator may see it: short plain words only, since anything else may carry a body. */
export function shownStatus(value: unknown): string {
  return typeof value === 'string' && PLAIN_WORD.test(value)
    ? `"${value}"`
    : `no plain word (${typeof value})`
}

/** The table of one field's statuses. A status we never saw is reported, not guessed. */
export function statusTable<T>(options: {
  readonly provider: string
  readonly field: string
  readonly table: Readonly<Record<string, T>>
}): StatusTable<T> {
  const { provider, field } = options
  // A Map: a lookup of "constructor" in a plain object would find something.
  const table = new Map(Object.entries(options.table))
  const find = (value: unknown): Status<T> => {
    if (typeof value === 'string' && table.has(value)) return { kind: 'known', value: table.get(value) as T }
    return { kind: 'unseen', field, shown: shownStatus(value) }
  }
  return {
    find,
    get(value) {
      const status = find(value)
      if (status.kind === 'known') return status.value
      const message = `${field} is ${status.shown}, which this adapter does not know.`
      throw new ProviderError({ provider, kind: 'unexpected_answer', message })
    },
  }
}
