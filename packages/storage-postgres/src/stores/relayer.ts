import type { RelayerStore } from '@lastro/core/storage'
import { toArray } from '../codecs.ts'
import type { Sql, SqlParameter } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'
import {
  type EventRecord,
  fromGap,
  fromStream,
  type GapRecord,
  type StreamRecord,
  toGap,
  toRelayed,
  toStream,
} from './relayer-rows.ts'

const STREAM = `name, provider, network, filter::text as filter, state, after_cursor,
    after_ledger::text as after_ledger, scanned_to::text as scanned_to, oldest::text as oldest, latest::text as latest,
    relayed::text as relayed, duplicates::text as duplicates, read_at, failures, error, retry_at, created_at, updated_at`

const GAP = `id, stream, provider, filter::text as filter, from_ledger::text as from_ledger,
    to_ledger::text as to_ledger, reason, state, source, next_ledger::text as next_ledger, fills, relayed, seen_at, filled_at, updated_at`

/** The statements of the relayer. */
export const RELAYER_SQL = {
  stream: `select ${STREAM} from lastro.relayer_stream where name = $1::text`,
  lockStream: `select ${STREAM} from lastro.relayer_stream where name = $1::text for update`,
  addStream: `
  insert into lastro.relayer_stream (name, provider, network, filter, state, after_cursor, after_ledger, scanned_to,
    oldest, latest, relayed, duplicates, read_at, failures, error, retry_at, created_at, updated_at)
  values ($1::text, $2::text, $3::text, $4::text::jsonb, $5::text, $6::text, $7::text::numeric, $8::text::numeric,
    $9::text::numeric, $10::text::numeric, $11::text::numeric, $12::text::numeric, $13::text::timestamptz, $14::int,
    $15::text, $16::text::timestamptz, $17::text::timestamptz, $18::text::timestamptz)
  on conflict (name) do nothing`,
  saveStream: `
  update lastro.relayer_stream set provider = $2::text, network = $3::text, filter = $4::text::jsonb, state = $5::text,
    after_cursor = $6::text, after_ledger = $7::text::numeric, scanned_to = $8::text::numeric,
    oldest = $9::text::numeric, latest = $10::text::numeric, relayed = $11::text::numeric,
    duplicates = $12::text::numeric, read_at = $13::text::timestamptz, failures = $14::int, error = $15::text,
    retry_at = $16::text::timestamptz, created_at = $17::text::timestamptz, updated_at = $18::text::timestamptz
  where name = $1::text`,
  streams: `select ${STREAM} from lastro.relayer_stream s order by s.name limit 1000`,
  gap: `select ${GAP} from lastro.relayer_gap where id = $1::text`,
  lockGap: `select ${GAP} from lastro.relayer_gap where id = $1::text for update`,
  addGap: `
  insert into lastro.relayer_gap (id, stream, provider, filter, from_ledger, to_ledger, reason, state, source,
    next_ledger, fills, relayed, seen_at, filled_at, updated_at)
  values ($1::text, $2::text, $3::text, $4::text::jsonb, $5::text::numeric, $6::text::numeric, $7::text, $8::text,
    $9::text, $10::text::numeric, $11::int, $12::int, $13::text::timestamptz, $14::text::timestamptz, $15::text::timestamptz)`,
  saveGap: `
  update lastro.relayer_gap set stream = $2::text, provider = $3::text, filter = $4::text::jsonb,
    from_ledger = $5::text::numeric, to_ledger = $6::text::numeric, reason = $7::text, state = $8::text,
    source = $9::text, next_ledger = $10::text::numeric, fills = $11::int, relayed = $12::int,
    seen_at = $13::text::timestamptz, filled_at = $14::text::timestamptz, updated_at = $15::text::timestamptz
  where id = $1::text`,
  gaps: `
  select ${GAP} from lastro.relayer_gap g
  where ($1::text is null or stream = $1::text) and ($2::text is null or state = $2::text)
    and ($3::text is null or g.id > $3::text)
  order by g.id limit $4::int`,
  openGapEndingAt: `
  select ${GAP} from lastro.relayer_gap
  where stream = $1::text and state = 'open' and reason = 'forgotten' and to_ledger = $2::text::numeric
  order by lastro.relayer_gap.id limit 1 for update`,
  missing: `
  select stream, count(*)::int as count from lastro.relayer_gap
  where state <> 'filled' and reason = 'forgotten' group by stream`,
  known: `
  select id, fingerprint, ledger::text as ledger from lastro.relayer_event e
  where provider = $1::text
    and (e.fingerprint = any($2::text::text[]) or e.id = any($3::text::text[]))
  order by e.id, e.fingerprint`,
  /** In one order of keys everywhere, so that two processes never wait for each other. */
  addRelayed: `
  insert into lastro.relayer_event (provider, fingerprint, id, ledger)
  select $1::text, added.fingerprint, added.id, added.ledger::numeric
  from json_to_recordset($2::text::json) as added (id text, fingerprint text, ledger text)
  order by added.fingerprint, added.id
  on conflict (provider, fingerprint, id) do nothing
  returning id`,
} as const

/** The relayer's streams, gaps and relayed events in PostgreSQL. */
export function relayerStore(sql: Sql): RelayerStore {
  const oneStream = async (text: string, name: string) => {
    const [row] = await sql.query<StreamRecord>(text, [name])
    return row === undefined ? null : toStream(row)
  }
  const oneGap = async (text: string, facts: readonly SqlParameter[]) => {
    const [row] = await sql.query<GapRecord>(text, facts)
    return row === undefined ? null : toGap(row)
  }
  const write = async (text: string, facts: readonly SqlParameter[]) => {
    await sql.query(text, facts)
  }
  return {
    stream: (name) => oneStream(RELAYER_SQL.stream, name),
    lockStream: (name) => oneStream(RELAYER_SQL.lockStream, name),
    addStream: (stream) => write(RELAYER_SQL.addStream, fromStream(stream)),
    saveStream: (stream) => write(RELAYER_SQL.saveStream, fromStream(stream)),
    streams: async () => (await sql.query<StreamRecord>(RELAYER_SQL.streams)).map(toStream),
    gap: (id) => oneGap(RELAYER_SQL.gap, [id]),
    lockGap: (id) => oneGap(RELAYER_SQL.lockGap, [id]),
    addGap: (gap) => write(RELAYER_SQL.addGap, fromGap(gap)),
    saveGap: (gap) => write(RELAYER_SQL.saveGap, fromGap(gap)),
    gaps: async (query) => {
      const { limit, after } = pageRequest(query)
      const facts = [query.stream ?? null, query.state ?? null, after, limit + 1]
      const rows = await sql.query<GapRecord>(RELAYER_SQL.gaps, facts)
      return pageOf(rows.map(toGap), { limit, keyOf: ({ id }) => id })
    },
    openGapEndingAt: ({ stream, to }) => oneGap(RELAYER_SQL.openGapEndingAt, [stream, to.toString()]),
    missing: () => sql.query<{ stream: string; count: number }>(RELAYER_SQL.missing),
    known: async ({ provider, ids, fingerprints }) => {
      const facts = [provider, toArray(fingerprints), toArray(ids)]
      return (await sql.query<EventRecord>(RELAYER_SQL.known, facts)).map(toRelayed)
    },
    addRelayed: async ({ provider, events }) => {
      const rows = events.map((event) => ({ ...event, ledger: event.ledger.toString() }))
      const added = await sql.query<{ id: string }>(RELAYER_SQL.addRelayed, [provider, JSON.stringify(rows)])
      return added.map(({ id }) => id)
    },
  }
}
