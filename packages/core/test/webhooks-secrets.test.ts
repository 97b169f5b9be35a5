/** Secrets planted in everything a stranger sends, and looked for in everything that is written down. */
import { createLastro } from '@lastro/core'
import type { RawDelivery, WebhookSource } from '@lastro/core/spec'
import { eachDatabase } from '@lastro/testing/storage-vitest'
import { beforeEach, expect, it } from 'vitest'
import { SIGNATURE, sign, signedSource } from './webhooks-fixture.ts'

const CANARY = 'c4n4ry0f7h3c0alm1ne'

/** Every text that tables of ours and of the queue hold, but for the bytes of deliveries themselves. */
const TABLES = `
  select table_schema || '.' || table_name as name from information_schema.tables
  where table_schema in ('lastro', 'lastro_jobs') and table_type = 'BASE TABLE'`

eachDatabase((db) => {
  const logged: unknown[] = []
  const keep = (facts: object, message: string) => logged.push([facts, message])

  /** What an adapter with every kind of bug does with what it reads: repeats it. */
  const repeating = (where: 'verify' | 'translate' | 'acknowledge' | 'lookUp' | 'nothing'): WebhookSource => {
    const source = signedSource({ secrets: ['s1'] })
    const fail = (...parts: unknown[]): never => {
      throw new TypeError(`cannot read ${JSON.stringify(parts)}`, { cause: new Error(JSON.stringify(parts)) })
    }
    return {
      ...source,
      verify: async (delivery: RawDelivery) =>
        where === 'verify' ? fail(delivery, text(delivery.body)) : source.verify(delivery),
      translate: ({ body }) => {
        if (where === 'translate') fail(text(body))
        return [{ kind: 'hint', topic: 'payout', ref: 'r' }]
      },
      acknowledge: (delivery) =>
        where === 'acknowledge' ? fail(delivery, text(delivery.body)) : { status: 200 },
      lookUp: async () => (where === 'lookUp' ? fail(CANARY.repeat(2)) : []),
    }
  }
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  const everything = async () => {
    const found: string[] = []
    for (const { name } of await db.sql.query<{ name: string }>(TABLES)) {
      const rows = await db.sql.query(`select to_jsonb(row) - 'body' as row from ${name} as row`)
      found.push(`${name} ${JSON.stringify(rows)}`)
    }
    return [...found, JSON.stringify(logged)]
  }

  beforeEach(async () => {
    await db.truncate()
    logged.length = 0
  })

  it.each(['verify', 'translate', 'acknowledge', 'lookUp', 'nothing'] as const)(
    'are in no log, no audit, no error and no job, when %s goes wrong',
    async (where) => {
      const lastro = createLastro({
        storage: db.storage,
        clock: db.clock,
        logger: { debug: keep, info: keep, warn: keep, error: keep },
        providers: { bank: { id: 'bank', webhooks: repeating(where) } },
        webhooks: {
          handlers: {
            '*': async () => {
              throw new Error(`the host repeats ${CANARY}`)
            },
          },
        },
      })
      await lastro.migrate()
      const body = JSON.stringify({ id: 'd1', client_secret: CANARY, deep: [{ token: CANARY }], tells: [] })
      const deliver = (proof: string, content = body) =>
        lastro.http.fetch(
          new Request(`http://host.example/webhooks/bank?hmac=${CANARY}`, {
            method: 'POST',
            body: content,
            headers: { [SIGNATURE]: proof, authorization: `Bearer ${CANARY}`, 'x-client-secret': CANARY },
          }),
        )
      const answers = [
        await deliver(sign(body, 's1')),
        await deliver(CANARY),
        await deliver(sign(`${CANARY} is no JSON`, 's1'), `${CANARY} is no JSON`),
      ]
      for (let round = 0; round < 10; round += 1) {
        await lastro.tick()
        await db.clock.advance(400_000)
      }
      const [stored] = (await lastro.webhooks.list()).items
      const shown = stored === undefined ? null : await lastro.webhooks.inspect(stored.id)
      expect(JSON.stringify([shown, await lastro.webhooks.metrics()])).not.toContain(CANARY)
      for (const answer of answers) expect(await answer.text()).not.toContain(CANARY)
      for (const place of await everything()) expect(place).not.toContain(CANARY)
      expect(logged.length).toBeGreaterThan(0)
    },
  )
})
