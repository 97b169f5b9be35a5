// Mutates genuine deliveries of every adapter's webhook source: none may be accepted, and none may throw.
//   npm run bench -- webhook-fuzz [--count 100000] [--seed 1]
import { randomOf } from '../packages/core/test/webhooks-model.ts'
import { fuzz } from '../packages/core/test/webhooks-mutate.ts'
import { SOURCES } from '../packages/core/test/webhooks-sources.ts'

const args = process.argv.slice(2)
const numberOf = (name: string, otherwise: number) =>
  args.includes(name) ? Number(args[args.indexOf(name) + 1]) : otherwise
const count = numberOf('--count', 100_000)
const seed = numberOf('--seed', Date.now() % 1_000_000)

for (const { factory, mode, open } of SOURCES) {
  const { forged, accepted, thrown } = await fuzz(await open(), { count, random: randomOf(seed) })
  console.log(
    `${factory} (${mode}), seed ${seed}: ${count} mutated, ${forged} without proof, ${accepted.length} accepted, ${thrown.length} threw`,
  )
  for (const finding of [...accepted, ...thrown]) console.log(`  ${finding}`)
  if (accepted.length + thrown.length > 0) process.exitCode = 1
}
