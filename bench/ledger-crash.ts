// Kills a process that posts, at random moments, again and again: nothing it was told of may be lost or doubled.
//   npm run bench -- ledger-crash [--rounds 200]

import { startPostgres } from '@lastro/testing/postgres'
import { openPostgres } from '@lastro/testing/storage'
import { crashWhilePosting } from '../packages/storage-postgres/test/ledger-crash.ts'
import { booksOf } from '../packages/storage-postgres/test/ledger-fixture.ts'

const args = process.argv.slice(2)
const rounds = Number(args.includes('--rounds') ? args[args.indexOf('--rounds') + 1] : 20)
const server = await startPostgres()
const db = await openPostgres({ url: server.url })
const books = booksOf(db)
await books.open({ a: {}, b: {} })
let acknowledged = 0
const wrong: string[] = []
for (let round = 0; round < rounds; round += 1) {
  const after = 1 + Math.floor(Math.random() * 3_000)
  const delayMs = Math.random() * 30
  const found = await crashWhilePosting(
    { sql: db.sql, url: db.url ?? '' },
    { run: `r${round}`, after, delayMs },
  )
  acknowledged += found.acknowledged
  wrong.push(...found.lost.map((id) => `lost ${id}`), ...found.doubled.map((id) => `doubled ${id}`))
}
wrong.push(...(await books.verify()).map(({ rule, subject, detail }) => `${rule} ${subject}: ${detail}`))
await db.close()
await server.stop()
console.log(
  `${rounds} kills, ${acknowledged} transfers answered: ${wrong.length === 0 ? 'all there, once' : wrong.join('\n')}`,
)
process.exitCode = wrong.length === 0 ? 0 : 1
