/** Empties a test database between tests: by DELETE while its tables are small, because TRUNCATE makes new files. */
import type { Sql } from '@lastro/storage-postgres'

/** Tables that have grown past this are truncated, or what was deleted would be read through again and again. */
const LARGE_BYTES = 262_144

/**
 * The ledger refuses to be emptied. In a replica's role no trigger fires; it takes a superuser. The lock waits for
 * whoever still writes, as TRUNCATE does.
 */
const EMPTY = `
do $$
declare
  every_table text;
  written text[];
  is_large boolean;
  place text;
begin
  set local session_replication_role = 'replica';
  select string_agg(t.name, ', '), array_agg(t.name) filter (where t.bytes > 0), bool_or(t.bytes > ${LARGE_BYTES})
  into every_table, written, is_large
  from (
    select format('%I.%I', n.nspname, c.relname) as name, pg_relation_size(c.oid) as bytes
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p')
      and ((n.nspname = 'lastro' and c.relname <> 'migration')
        or (n.nspname = 'lastro_jobs' and c.relname like 'job%'))
  ) as t;
  if is_large then
    execute 'truncate ' || every_table;
  elsif written is not null then
    execute 'lock table ' || array_to_string(written, ', ') || ' in exclusive mode';
    foreach place in array written loop
      execute 'delete from ' || place;
    end loop;
  end if;
end $$`

/** Empties every table of ours and the job queue. */
export async function emptyTables(sql: Sql): Promise<void> {
  await sql.query(EMPTY)
}
