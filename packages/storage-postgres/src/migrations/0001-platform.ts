import type { Migration } from '../sql.ts'

/** Events, readers, idempotency keys, webhook deliveries, the audit log and schedules. */
export const platform: Migration = {
  number: 1,
  name: 'platform',
  sql: `
create function lastro.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end
$$;

-- Transaction ids start again when a database is restored from a dump into a new server. An era is the time between
-- two restores; positions of a later era sort after all positions of an earlier one. The first era has no row.
create table lastro.event_era (
  era int primary key check (era between 2 and 9999),
  started_at timestamptz not null
);

-- The position is (era, xid, seq). A sequence alone is no order of commits: a reader that saw 8 would never see 7
-- when 7 commits later. Nothing with a smaller transaction id than the oldest one running can still appear.
create table lastro.event (
  era int not null,
  xid xid8 not null,
  seq bigint not null generated always as identity,
  type text not null check (type ~ '^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$'),
  subject text not null check (subject <> ''),
  correlation text not null check (correlation <> ''),
  data jsonb not null check (jsonb_typeof(data) = 'object'),
  at timestamptz not null,
  primary key (era, xid, seq)
);
create index event_correlation on lastro.event (correlation, era, xid, seq);
create trigger event_append_only before update or delete on lastro.event
  for each row execute function lastro.refuse_change();

create table lastro.event_reader (
  name text primary key check (name <> ''),
  position text,
  moved_at timestamptz
);

-- A key commits with its result or not at all, so a result is missing only inside the transaction that took the key.
create table lastro.idempotency (
  operation text not null check (operation <> ''),
  key text not null check (key <> ''),
  fingerprint text not null,
  result text,
  taken_at timestamptz not null,
  primary key (operation, key)
);

create table lastro.delivery (
  id text primary key check (id <> ''),
  provider text not null check (provider <> ''),
  delivery_id text not null check (delivery_id <> ''),
  topic text not null,
  subject text check (subject <> ''),
  sequence text,
  verdict text not null check (verdict in ('authentic', 'unproven')),
  is_known_type boolean not null,
  state text not null check (state in ('received', 'applied', 'dead')),
  note text check (note in ('superseded', 'unconfirmed')),
  body bytea,
  body_bytes int not null check (body_bytes >= 0),
  -- Digests of the events that were applied.
  applied text[] not null default '{}',
  attempts int not null check (attempts >= 0),
  error text,
  adapter_version text,
  received_at timestamptz not null,
  touched_at timestamptz not null,
  applied_at timestamptz,
  emptied_at timestamptz,
  unique (provider, delivery_id),
  check ((state = 'applied') = (applied_at is not null)),
  check (note is null or state = 'applied'),
  check ((body is null) = (emptied_at is not null)),
  -- Whatever retention says: what was not applied keeps its bytes.
  check (body is not null or state = 'applied')
);
-- Rising, though they are read from the end: what is new goes to the last page.
create index delivery_newest on lastro.delivery (received_at, id);
create index delivery_unsettled on lastro.delivery (state, received_at, id) where state <> 'applied';
create index delivery_subject on lastro.delivery (subject) where subject is not null;
create index delivery_with_body on lastro.delivery (received_at) where state = 'applied' and body is not null;

-- Attempts at applying that failed.
create table lastro.delivery_attempt (
  delivery text not null references lastro.delivery (id) on delete cascade,
  number int not null check (number > 0),
  at timestamptz not null,
  error text not null,
  adapter_version text,
  primary key (delivery, number)
);

-- How far each subject's news was applied, where the provider gives an order. Texts compare byte by byte.
create table lastro.delivery_place (
  provider text not null check (provider <> ''),
  subject text not null check (subject <> ''),
  sequence text collate "C" not null,
  delivery text not null,
  moved_at timestamptz not null,
  primary key (provider, subject)
);
create index delivery_place_moved on lastro.delivery_place (moved_at);

-- What was refused, counted by the minute: whoever sends forgeries fills neither the inbox nor the audit.
create table lastro.delivery_refusal (
  minute timestamptz not null,
  provider text not null,
  topic text not null,
  reason text not null check (reason <> ''),
  count int not null check (count > 0),
  primary key (minute, provider, topic, reason)
);

create table lastro.audit (
  seq bigint primary key generated always as identity,
  actor text not null check (actor = 'system' or actor ~ '^(operator|provider):.'),
  action text not null check (action ~ '^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$'),
  subject text not null,
  details jsonb not null check (jsonb_typeof(details) = 'object'),
  at timestamptz not null
);
create index audit_action on lastro.audit (action, seq);
create index audit_subject on lastro.audit (subject, seq);
create trigger audit_append_only before update or delete on lastro.audit
  for each row execute function lastro.refuse_change();

create table lastro.schedule (
  name text primary key check (name <> ''),
  slot bigint not null,
  claimed_at timestamptz not null
);
`,
}
