import { ProviderError } from '@lastro/core/spec'

/** One page, and where the next one starts: null at the end. */
export interface Page<Item, Cursor> {
  readonly items: readonly Item[]
  readonly next: Cursor | null
}

/**
 * Walks a provider's list page by page, and stops by itself.
 *
 * A list that goes on after `maxPages` is an error and not a shorter list: a caller that compares books must know
 * that it did not see everything. A cursor that comes back twice is an error as well.
 *
 * @throws ProviderError `unexpected_answer` when the list does not end.
 */
export async function* walkPages<Item, Cursor extends string | number>(options: {
  readonly provider: string
  readonly first: Cursor
  readonly maxPages: number
  readonly read: (cursor: Cursor) => Promise<Page<Item, Cursor>>
}): AsyncGenerator<Item, void, void> {
  const refuse = (message: string): ProviderError =>
    new ProviderError({ provider: options.provider, kind: 'unexpected_answer', message })
  const seen = new Set<Cursor>()
  let cursor: Cursor | null = options.first
  while (cursor !== null) {
    if (seen.has(cursor)) throw refuse('a list came back to a page it had shown before.')
    if (seen.size >= options.maxPages) throw refuse(`a list has more than ${options.maxPages} pages.`)
    seen.add(cursor)
    const page: Page<Item, Cursor> = await options.read(cursor)
    yield* page.items
    cursor = page.next
  }
}
