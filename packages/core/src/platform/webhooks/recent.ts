/** The name of a delivery. */
interface Name {
  readonly provider: string
  readonly deliveryId: string
}

/** Deliveries that this process knows to be stored. Forgets the oldest; a delivery it does not know may be stored too. */
export interface Recent {
  has(name: Name): boolean
  /** Call it only after the commit. */
  add(name: Name): void
}

/** Makes a memory of so many deliveries. */
export function createRecent(size = 8_192): Recent {
  const names = new Set<string>()
  const keyOf = ({ provider, deliveryId }: Name) => JSON.stringify([provider, deliveryId])
  return {
    has: (name) => names.has(keyOf(name)),
    add: (name) => {
      names.add(keyOf(name))
      if (names.size <= size) return
      const [oldest] = names
      if (oldest !== undefined) names.delete(oldest)
    },
  }
}
