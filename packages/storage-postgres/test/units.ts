/** Work that writes to every platform table, and counts of what is there. */
import type { JobDefinition, LastroTx } from '@lastro/core/storage'
import type { Sql } from '../src/index.ts'

export interface Input {
  readonly id: string
}

export const AT = new Date('2026-03-02T12:00:00.000Z')

/** A kind of job whose lane is what stands before the colon of its input, if there is one. */
export const job: JobDefinition<Input> = {
  name: 'tests.run',
  retry: { attempts: 3, baseMs: 1_000, maxMs: 10_000 },
  timeoutMs: 30_000,
  parse: (input) => input as Input,
  lane: ({ id }) => (id.includes(':') ? (id.split(':')[0] ?? null) : null),
}

/** One row in every table of the platform, of values that are awkward to carry. */
export async function writeEverything(tx: LastroTx, id: string): Promise<void> {
  const data = { text: `a "quoted" \\ {brace}, 'single' $1 ç 💸`, nested: [1, null, true, { deep: '0.1' }] }
  const earlier = await tx.idempotency.take({ operation: 'test', key: id, fingerprint: 'f', at: AT })
  if (earlier !== null) throw new Error(`key ${id} was taken`)
  await tx.events.append({ type: 'test.written', subject: id, correlation: id, data, at: AT })
  await tx.jobs.enqueue(job, { id })
  await tx.jobs.enqueue(job, { id }, { dedupeKey: id, runAt: AT })
  await tx.audit.append({ actor: 'system', action: 'test.written', subject: id, details: data, at: AT })
  await tx.jobs.enqueueMany(job, [{ id: `${id}:1` }, { id: `${id}:2` }])
  await tx.deliveries.insert([
    {
      id,
      provider: 'p',
      deliveryId: id,
      topic: 't',
      subject: data.text,
      sequence: '1',
      verdict: 'authentic',
      isKnownType: true,
      body: new Uint8Array([0, 1, 127, 128, 255]),
      receivedAt: AT,
    },
  ])
  await tx.deliveries.advance({ provider: 'p', subject: id, sequence: '1', delivery: id, at: AT })
  await tx.deliveries.countRefusals([{ provider: 'p', topic: id, reason: 'stale', minute: AT, count: 1 }])
  await tx.schedules.claimSlot({ name: id, slot: 12_345_678_901_234n, at: AT })
  await tx.idempotency.finish({ operation: 'test', key: id, result: '{"a":1}' })
}

const TABLES = `
  select table_schema || '.' || table_name as name
  from information_schema.tables
  where table_schema in ('lastro', 'lastro_jobs') and table_type = 'BASE TABLE'
  order by name`

/** How many rows each table of ours and of the queue holds. */
export async function countAll(sql: Sql): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const { name } of await sql.query<{ name: string }>(TABLES)) {
    const [row] = await sql.query<{ count: number }>(`select count(*)::int as count from ${name}`)
    counts[name] = row?.count ?? 0
  }
  return counts
}
