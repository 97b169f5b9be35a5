/** Maps a list with at most `limit` calls under way; answers keep the order of the list. The first error ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  { limit }: { readonly limit: number },
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length)
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
