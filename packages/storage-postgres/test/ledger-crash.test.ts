import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, expect, test } from 'vitest'
import { crashWhilePosting } from './ledger-crash.ts'
import { booksOf } from './ledger-fixture.ts'

// A short sample; `npm run bench -- ledger-crash --rounds 200` is the long form.
eachDatabase(
  (db) => {
    const books = booksOf(db)

    beforeEach(async () => {
      await db.truncate()
      await books.open({ a: {}, b: {} })
    })

    test('a process that is killed while it posts loses and doubles nothing it was told of', async () => {
      const target = { sql: db.sql, url: db.url ?? '' }
      for (const [round, delayMs] of [0, 3, 11].entries()) {
        const found = await crashWhilePosting(target, { run: `r${round}`, after: 300, delayMs })
        expect(found.acknowledged).toBeGreaterThanOrEqual(300)
        expect([found.lost, found.doubled]).toEqual([[], []])
      }
      expect(await books.verify()).toEqual([])
    }, 60_000)
  },
  ['postgres'],
)
