import { startPostgres } from '@lastro/testing/postgres'
import pg from 'pg'
import { postgres } from '../src/index.ts'
import { createLedger } from '../../core/src/books/ledger/index.ts'
import { ledgerStore } from '../src/stores/ledger.ts'
const server = await startPostgres()
const pool = new pg.Pool({ connectionString: server.url, max: 8 })
const storage = postgres(pool)
await storage.migrate()
const ledger = createLedger({ storage, clock: { now: () => new Date() } })
const B = 'BRL/2' as const
for (let k = 0; k < 1000; k += 1000) await storage.transaction((tx) => tx.ledger.openAccounts({ at: new Date(), accounts: Array.from({ length: 1000 }, (_, i) => ({ id: `acc:${i}`, asset: B, normalSide: 'credit', constraint: 'none' })) }))
let n = 0
const make = (hot: boolean) => Array.from({ length: 1000 }, () => { n++; const a = hot ? 0 : Math.floor(Math.random() * 1000); let b = 1 + Math.floor(Math.random() * 999); if (b === a) b = 0; return { kind: 'posted' as const, id: `transfer_${n}_0123456789012345678901234`.slice(0, 36), debit: `acc:${a}`, credit: `acc:${b}`, amount: { amount: 1n, asset: B }, cause: `cause_${n}_01234567890123` } })

import { readFileSync } from 'node:fs'
const client = await pool.connect()
const pid = (await client.query('select pg_backend_pid() p')).rows[0].p
const cpu = () => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' '); return (Number(f[13]) + Number(f[14])) * 10 }
const sqlOf = { query: async (t: string, p: any) => (await client.query(t, [...(p ?? [])])).rows as any }
const store = ledgerStore(sqlOf as any)
for (const hot of [false, true]) {
  for (let w = 0; w < 5; w++) await store.post({ transfers: make(hot), at: new Date() })
  const c0 = cpu(); const n0 = process.cpuUsage(); const lists = Array.from({ length: 40 }, () => make(hot)); const n1 = process.cpuUsage()
  for (const list of lists) await store.post({ transfers: list, at: new Date() })
  const n2 = process.cpuUsage(n1)
  console.log(hot ? 'hot' : 'uniform', 'backend cpu ms/1000', (cpu() - c0) / 40, 'node cpu ms/1000', (n2.user + n2.system) / 40e3)
}
client.release()
console.log(await ledger.verify())
await pool.query("load 'auto_explain'").catch(() => {})
await pool.end(); await server.stop()
