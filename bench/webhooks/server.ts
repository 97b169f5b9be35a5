/** One migrated template, and a fresh copy of it for every run. */

import { postgres } from '@lastro/storage-postgres'
import { createLastro } from '../../packages/core/src/index.ts'
import { poolOn, urlOf, withClient } from '../ledger/server.ts'
import { BARE_TABLE } from './intake.ts'
import { intakeSource } from './verify.ts'

const TEMPLATE = 'webhooks_template'

/** Makes the database that is copied. */
export async function makeTemplate(url: string): Promise<void> {
  await withClient(url, (client) => client.query(`create database ${TEMPLATE}`))
  const pool = poolOn(urlOf(url, TEMPLATE), 2)
  const providers = { bench: { id: 'bench', webhooks: intakeSource } }
  const lastro = createLastro({ storage: postgres(pool), providers })
  await lastro.migrate()
  await lastro.close()
  await pool.query(BARE_TABLE)
  await pool.end()
}

/** Runs work on a fresh copy and deletes it. */
export async function withCopy<R>(url: string, work: (url: string) => Promise<R>): Promise<R> {
  await withClient(url, (client) => client.query(`create database webhooks_run template ${TEMPLATE}`))
  try {
    return await work(urlOf(url, 'webhooks_run'))
  } finally {
    await withClient(url, (client) => client.query('drop database webhooks_run with (force)'))
  }
}
