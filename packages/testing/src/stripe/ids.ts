import { seededRandom } from '../faults.ts'

const SIGNS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Ids as Stripe makes them, decided by a seed. */
export interface StripeIds {
  /** `next('pi_3', 24)` */
  next(prefix: string, length?: number): string
}

/** A maker of ids. */
export function createIds(seed: number): StripeIds {
  const draw = seededRandom(seed)
  let count = 0
  return {
    next(prefix, length = 20) {
      count += 1
      const tail = count.toString(36).padStart(4, '0')
      const signs = Array.from(
        { length: length - tail.length },
        () => SIGNS[Math.floor(draw() * SIGNS.length)],
      )
      return `${prefix}${signs.join('')}${tail}`
    },
  }
}
