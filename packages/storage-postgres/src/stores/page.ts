import type { Page, PageRequest } from '@lastro/core/storage'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 200

/** The limit within bounds, and the key after which the page begins. */
export function pageRequest(query: PageRequest): { readonly limit: number; readonly after: string | null } {
  const limit = Math.min(MAX_LIMIT, Math.max(1, Math.trunc(query.limit ?? DEFAULT_LIMIT)))
  return { limit, after: query.cursor ?? null }
}

/** A page from one row more than its limit: the extra row says that there is another page. */
export function pageOf<T>(
  rows: readonly T[],
  page: { readonly limit: number; keyOf(row: T): string },
): Page<T> {
  const items = rows.slice(0, page.limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > page.limit && last !== undefined ? page.keyOf(last) : null }
}
