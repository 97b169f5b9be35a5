// Takes deliveries or applies them, and kills itself at a named point: nothing that was said may be lost.
import { writeSync } from 'node:fs'
import { createLastro, type Point } from '@lastro/core'
import { postgres } from '@lastro/storage-postgres'
import { manualClock } from '@lastro/testing/clock'
import pg from 'pg'
import { createBank } from './bank.ts'
import { type Said, said, signedSource } from './webhooks-fixture.ts'

const [url = '', at = '', now = '', count = '1', work = '[]'] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 4 })
pool.on('error', () => {})
const clock = manualClock(now)
let left = Number(count)

const lastro = createLastro({
  storage: postgres(pool, { clock }),
  clock,
  providers: {
    bank: { id: 'bank', payouts: createBank().port, webhooks: signedSource({ secrets: ['s1'] }) },
  },
  webhooks: {
    handlers: {
      '*': async (tx, event, { deliveryId }) => {
        if (deliveryId.startsWith('poison')) throw new Error('the host cannot take it')
        await tx.host.query('insert into host_news (word) values ($1)', [`${deliveryId}:${event.kind}`])
      },
    },
    onPoint: (point: Point) => {
      if (point !== at) return
      left -= 1
      if (left <= 0) process.kill(process.pid, 'SIGKILL')
    },
  },
})
await Promise.all(
  (JSON.parse(work) as Said[]).map(async (what) => {
    const { result } = await lastro.webhooks.receive('bank', said(what))
    // Written at once: what is in this process when it is killed was never said.
    if (result !== 'rejected') writeSync(1, `${what.id}\n`)
  }),
)
await lastro.tick()
await lastro.close()
await pool.end()
