// Posts transfers through the ledger, 200 callers at once, and prints the id of each that was answered: to be killed.
import { writeSync } from 'node:fs'
import pg from 'pg'
import { createLedger } from '../../core/src/books/ledger/index.ts'
import { postgres } from '../src/index.ts'
import { move } from './ledger-fixture.ts'

const [url = '', run = ''] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 4 })
pool.on('error', () => {})
const ledger = createLedger({ storage: postgres(pool), clock: { now: () => new Date() } })
let made = 0

const caller = async () => {
  for (;;) {
    const id = `${run}.${made}`
    made += 1
    const [result] = await ledger.post([move(id, { from: 'a', to: 'b' }, 1n)])
    // Written at once: what is in this process when it is killed was never said.
    if (result?.status !== 'refused') writeSync(1, `${id}\n`)
  }
}
await Promise.all(Array.from({ length: 200 }, caller))
