import type { EventStore, Json, LoggedEvent } from '@lastro/core/storage'
import { toArray, toDate } from '../codecs.ts'
import { badCursor } from '../cursor.ts'
import type { Sql } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'

interface EventRow {
  readonly position: string
  readonly type: string
  readonly subject: string
  readonly correlation: string
  readonly data: string
  readonly at: Date | string
}

/** Fixed widths, so that positions sort as texts. */
const COLUMNS = `
  lpad(era::text, 4, '0') || '-' || lpad(xid::text, 20, '0') || '-' || lpad(seq::text, 19, '0') as position,
  type, subject, correlation, data::text as data, at`

const POSITION = /^(\d{4})-(\d{20})-(\d{19})$/
const BEGINNING = ['0', '0', '0'] as const

/** The statements of the event log. */
export const EVENT_SQL = {
  append: `
  insert into lastro.event (era, xid, type, subject, correlation, data, at)
  select coalesce(max(era), 1), pg_current_xact_id(), $1::text, $2::text, $3::text, $4::text::jsonb, $5::text::timestamptz
  from lastro.event_era`,

  /**
   * The horizon is the oldest transaction still running that could append. Transaction ids are of the whole server, so
   * those that run in its other databases are left out, and so is autovacuum: they cannot.
   */
  readAfter: `
  with horizon as materialized (
    select coalesce(min(running.xid), pg_snapshot_xmax(pg_current_snapshot())) as xid
    from (
      select pg_snapshot_xip(pg_current_snapshot()) as xid
      union all
      select pg_current_xact_id_if_assigned()
    ) as running
    where not exists (
      select 1
      from pg_locks held
      join pg_stat_activity backend on backend.pid = held.pid
      where held.locktype = 'transactionid' and held.mode = 'ExclusiveLock' and held.granted
        and held.transactionid = running.xid::xid
        and (backend.datname <> current_database() or backend.backend_type = 'autovacuum worker')
    )
  )
  select ${COLUMNS}
  from lastro.event
  where (era, xid, seq) > ($1::int, $2::text::xid8, $3::text::bigint)
    and (xid < (select horizon.xid from horizon) or era < (select coalesce(max(era), 1) from lastro.event_era))
    and ($4::text is null or type = any($4::text::text[]))
  order by era, xid, seq
  limit $5::int`,

  ofCorrelation: `
  select ${COLUMNS}
  from lastro.event
  where correlation = $1::text and (era, xid, seq) > ($2::int, $3::text::xid8, $4::text::bigint)
  order by era, xid, seq
  limit $5::int`,

  meetReader: 'insert into lastro.event_reader (name) values ($1::text) on conflict (name) do nothing',

  lockReader: 'select position from lastro.event_reader where name = $1::text for update',

  moveReader: `
  update lastro.event_reader set position = $2::text, moved_at = $3::text::timestamptz where name = $1::text`,

  /** Whether events of the present era have transaction ids that this server has not given out yet. */
  isRestored: `
  select exists (
    select 1 from lastro.event
    where era = (select coalesce(max(era), 1) from lastro.event_era) and xid >= pg_snapshot_xmax(pg_current_snapshot())
  ) as restored`,

  beginEra: `
  insert into lastro.event_era (era, started_at)
  select coalesce(max(era), 1) + 1, $1::text::timestamptz from lastro.event_era`,
} as const

/** The event log. A reader sees an event once nothing that is still under way could come before it. */
export function eventStore(sql: Sql): EventStore {
  return {
    append: async ({ type, subject, correlation, data, at }) => {
      await sql.query(EVENT_SQL.append, [type, subject, correlation, JSON.stringify(data), at.toISOString()])
    },
    readAfter: async ({ position, types, limit }) => {
      const after = parsePosition(position)
      const rows = await sql.query<EventRow>(EVENT_SQL.readAfter, [
        ...after,
        types ? toArray(types) : null,
        limit,
      ])
      return rows.map(toEvent)
    },
    ofCorrelation: async ({ correlation, ...query }) => {
      const { limit, after } = pageRequest(query)
      const rows = await sql.query<EventRow>(EVENT_SQL.ofCorrelation, [
        correlation,
        ...parsePosition(after),
        limit + 1,
      ])
      return pageOf(rows.map(toEvent), { limit, keyOf: (event) => event.position })
    },
    lockReader: async (name) => {
      await sql.query(EVENT_SQL.meetReader, [name])
      const [row] = await sql.query<{ position: string | null }>(EVENT_SQL.lockReader, [name])
      return { position: row?.position ?? null }
    },
    moveReader: async ({ name, position, at }) => {
      parsePosition(position)
      await sql.query(EVENT_SQL.moveReader, [name, position, at.toISOString()])
    },
  }
}

/**
 * After a restore from a dump, begins an era: without it, new events would sort before the old ones, and readers would
 * never see them.
 */
export async function beginEraIfRestored(
  sql: Sql & { script(text: string): Promise<void> },
  at: Date,
): Promise<void> {
  const [before] = await sql.query<{ restored: boolean }>(EVENT_SQL.isRestored)
  if (!before?.restored) return
  // Waits for every append under way: what commits later must belong to the new era.
  await sql.script('lock table lastro.event in share row exclusive mode')
  const [now] = await sql.query<{ restored: boolean }>(EVENT_SQL.isRestored)
  if (now?.restored) await sql.query(EVENT_SQL.beginEra, [at.toISOString()])
}

/** @throws LastroError `invalid_input` for a text that is no position. */
function parsePosition(position: string | null): readonly [string, string, string] {
  if (position === null) return BEGINNING
  const [, era, xid, seq] = POSITION.exec(position) ?? []
  if (era === undefined || xid === undefined || seq === undefined) throw badCursor()
  // Not as it stands: PostgreSQL reads an xid8 with a leading zero as octal.
  return [withoutZeros(era), withoutZeros(xid), withoutZeros(seq)]
}

function withoutZeros(digits: string): string {
  return BigInt(digits).toString()
}

function toEvent({ position, type, subject, correlation, data, at }: EventRow): LoggedEvent {
  const facts = JSON.parse(data) as { readonly [key: string]: Json }
  return { position, type: type as LoggedEvent['type'], subject, correlation, data: facts, at: toDate(at) }
}
