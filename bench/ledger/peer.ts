/** pgledger, from its own SQL file: one transfer a call, each its own commit. */
import { readFileSync } from 'node:fs'
import { ACCOUNTS } from './load.ts'
import { poolOn, urlOf, withClient } from './server.ts'

/** Transfers a second at one number of connections. */
export type PeerRun = (load: {
  readonly connections: number
  readonly accounts: 'uniform' | 'hot'
  readonly ms: number
}) => Promise<number>

/** Installs the peer in a database of its own. */
export async function installPeer(server: string, file: string): Promise<PeerRun> {
  await withClient(server, (client) => client.query('create database bench_peer'))
  const url = urlOf(server, 'bench_peer')
  const ids = await withClient(url, async (client) => {
    await client.query(readFileSync(file, 'utf8'))
    const { rows } = await client.query<{ id: string }>(
      `select (pgledger_create_account('account' || number, 'BRL')).id as id from generate_series(1, ${ACCOUNTS}) number`,
    )
    return rows.map(({ id }) => id)
  })
  return async ({ connections, accounts, ms }) => {
    const pool = poolOn(url, connections)
    const random = (below: number) => Math.floor(Math.random() * below)
    const started = performance.now()
    let count = 0
    const caller = async () => {
      const client = await pool.connect()
      while (performance.now() < started + ms) {
        const one = accounts === 'hot' ? 0 : random(ACCOUNTS)
        const other = (one + 1 + random(ACCOUNTS - 1)) % ACCOUNTS
        const [from, to] = count % 2 === 0 ? [one, other] : [other, one]
        const text = 'select id from pgledger_create_transfer($1, $2, $3)'
        await client.query({ name: 'transfer', text, values: [ids[from], ids[to], '1'] })
        count += 1
      }
      client.release()
    }
    await Promise.all(Array.from({ length: connections }, caller))
    const seconds = (performance.now() - started) / 1000
    await pool.end()
    return count / seconds
  }
}
