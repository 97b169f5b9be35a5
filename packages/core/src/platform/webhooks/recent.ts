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
  // In the order of their coming: to find the oldest in a set means to step over all that were deleted from it.
  const order: string[] = []
  let next = 0
  const keyOf = ({ provider, deliveryId }: Name) => `${provider.length}/${provider}/${deliveryId}`
  return {
    has: (name) => names.has(keyOf(name)),
    add: (name) => {
      const key = keyOf(name)
      if (names.has(key)) return
      const oldest = order[next]
      if (oldest !== undefined) names.delete(oldest)
      names.add(key)
      order[next] = key
      next = (next + 1) % size
    },
  }
}
