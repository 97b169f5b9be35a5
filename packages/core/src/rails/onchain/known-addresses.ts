import type { OnchainParts } from './context.ts'

const PAGE = 1_000

/** The addresses of ours on one network, as a set that only grows. */
export interface KnownAddresses {
  /** All addresses that are stored now. Call it after reading a block: who paid in it knew the address before. */
  load(provider: string): Promise<ReadonlySet<string>>
}

/**
 * Remembers addresses in memory and reads only new ones. Indexes become visible in order, since adding one waits for
 * whoever adds the same, so nothing below the highest known index can be missing.
 */
export function createKnownAddresses(context: Pick<OnchainParts, 'storage'>): KnownAddresses {
  const known = new Map<string, { readonly set: Set<string>; next: number }>()
  return {
    async load(provider) {
      const mine = known.get(provider) ?? { set: new Set<string>(), next: 0 }
      known.set(provider, mine)
      for (;;) {
        const query = { provider, index: mine.next, limit: PAGE }
        const rows = await context.storage.read((tx) => tx.onchain.addresses.from(query))
        for (const row of rows) {
          mine.set.add(row.address)
          mine.next = Math.max(mine.next, row.index + 1)
        }
        if (rows.length < PAGE) return mine.set
      }
    },
  }
}
