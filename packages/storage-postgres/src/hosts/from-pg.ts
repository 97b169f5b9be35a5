import type { HostTx } from '@lastro/core/storage'
import type { PgClient } from '../executors/pg.ts'
import { hostTx, notInTransaction } from './host.ts'

/**
 * The transaction that is open on a `pg` client. The client must be the one that ran `begin`: a pool runs each
 * statement anywhere.
 * @throws LastroError `invalid_input` for a pool.
 *
 * @example
 * await client.query('begin')
 * await client.query('insert into orders …')
 * await lastro.payouts.create({ … }, { tx: fromPg(client) })
 * await client.query('commit')
 */
export function fromPg(client: PgClient): HostTx {
  if ('totalCount' in client) throw notInTransaction()
  return hostTx({
    key: client,
    query: async (text, parameters) => (await client.query(text, [...parameters])).rows as never,
  })
}
