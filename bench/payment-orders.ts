// Folds a million random orders of payments' news, each with repetitions, and compares every end with the world's own.
//   npm run bench -- payment-orders [orders] [seed]
import { isDeepStrictEqual } from 'node:util'
import { expectedEnd, makeOrder, makeWorld, seeded } from '../packages/core/test/payments-model.ts'
import { replay } from '../packages/core/test/payments-replay.ts'

const ORDERS_PER_WORLD = 25
const [orders = '1000000', seed = '20261122'] = process.argv.slice(2)
const wanted = Number(orders)
const started = performance.now()
let done = 0
let told = 0
let wrong = 0

for (let world = 0; done < wanted; world += 1) {
  const worldSeed = Number(seed) + world * 1_000
  const random = seeded(worldSeed)
  const made = makeWorld(random)
  const expected = expectedEnd(made)
  for (let index = 0; index < ORDERS_PER_WORLD && done < wanted; index += 1) {
    const order = makeOrder(made.news, random)
    done += 1
    told += order.length
    const end = replay(made, order)
    if (isDeepStrictEqual(end, expected)) continue
    wrong += 1
    if (wrong <= 3) console.error(`seed ${worldSeed}, order ${index}:`, { end, expected })
  }
}

const seconds = (performance.now() - started) / 1_000
console.log(
  `${done} orders, ${told} pieces of news, ${wrong} wrong ends, seed ${seed}, ${seconds.toFixed(1)} s`,
)
process.exitCode = wrong > 0 ? 1 : 0
