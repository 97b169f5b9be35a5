import { openPostgres } from '@lastro/testing/storage'
import { expect, inject, it } from 'vitest'

it('the server is of the version that was asked for', async () => {
  const db = await openPostgres({ url: inject('postgresUrl') })
  const [row] = await db.sql.query<{ version: string }>("select current_setting('server_version') as version")
  await db.close()
  expect(row?.version.split('.')[0]).toBe(inject('postgresVersion'))
})
