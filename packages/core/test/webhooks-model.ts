/** Random orders, repetitions and delays of news, drawn from a seed: for samples in tests and long runs by hand. */
import type { Lastro } from '@lastro/core'
import type { Said } from './webhooks-fixture.ts'

/** A generator of numbers from 0 up to 1 (mulberry32): the same seed, the same numbers. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Another order of the same things. */
export function shuffled<T>(things: readonly T[], random: () => number): T[] {
  const order = [...things]
  for (let end = order.length - 1; end > 0; end -= 1) {
    const from = Math.floor(random() * (end + 1))
    const [left, right] = [order[end], order[from]]
    if (left === undefined || right === undefined) continue
    order[end] = right
    order[from] = left
  }
  return order
}

/** News, some of it more than once: under its own id, and under ids of its own as news told again. */
export function muddled(news: readonly Said[], random: () => number): Said[] {
  const more = news.flatMap((said) => {
    const copies = Math.floor(random() * 3)
    return Array.from({ length: copies }, (_, copy) =>
      random() < 0.5 ? said : { ...said, id: `${said.id}-${copy}` },
    )
  })
  return shuffled([...news, ...more], random)
}

/** Delivers in groups, with application, replays and waits in between, as a random world would. */
export async function deliverMuddled(
  lastro: Pick<Lastro, 'tick' | 'webhooks'>,
  world: {
    readonly news: readonly Said[]
    readonly random: () => number
    deliver(said: Said): Promise<unknown>
    advance(ms: number): Promise<void>
  },
): Promise<void> {
  const { random } = world
  for (const queue = muddled(world.news, random); queue.length > 0; ) {
    await Promise.all(queue.splice(0, 1 + Math.floor(random() * 6)).map((said) => world.deliver(said)))
    const chance = random()
    if (chance < 0.5) await lastro.tick()
    if (chance < 0.1) await lastro.webhooks.replay({ state: 'applied', limit: 5 })
    if (chance > 0.8) await world.advance(Math.floor(random() * 5_000))
  }
  for (let round = 0; round < 3; round += 1) {
    await lastro.tick()
    await world.advance(60_000)
  }
}
