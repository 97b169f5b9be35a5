import pg from 'pg'
import { expect, inject, test } from 'vitest'

test('the test run provides a PostgreSQL 18 server', async () => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  const { rows } = await client.query('show server_version')
  await client.end()
  expect(rows[0].server_version).toMatch(/^18\./)
})
