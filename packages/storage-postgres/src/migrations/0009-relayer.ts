import type { Migration } from '../sql.ts'

/** Contract events: how far each stream was read, what was relayed of it, and the ledgers that are missing. */
export const relayer: Migration = {
  number: 9,
  name: 'relayer',
  sql: `
create table lastro.relayer_stream (
  name text primary key check (name <> ''),
  provider text not null check (provider <> ''),
  network text not null check (network <> ''),
  filter jsonb not null check (jsonb_typeof(filter) = 'object'),
  state text not null check (state in ('catching_up', 'live', 'behind', 'halted')),
  -- Reading goes on after one of them.
  after_cursor text check (after_cursor <> ''),
  after_ledger numeric(20, 0) check (after_ledger >= 0),
  scanned_to numeric(20, 0),
  oldest numeric(20, 0),
  latest numeric(20, 0),
  relayed numeric(20, 0) not null check (relayed >= 0),
  duplicates numeric(20, 0) not null check (duplicates >= 0),
  read_at timestamptz,
  failures int not null check (failures >= 0),
  error text,
  retry_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((after_cursor is null) <> (after_ledger is null)),
  check ((failures = 0) = (error is null))
);

create table lastro.relayer_gap (
  id text primary key check (id <> ''),
  stream text not null references lastro.relayer_stream (name),
  provider text not null check (provider <> ''),
  filter jsonb not null check (jsonb_typeof(filter) = 'object'),
  from_ledger numeric(20, 0) not null check (from_ledger >= 0),
  to_ledger numeric(20, 0) not null,
  reason text not null check (reason in ('forgotten', 'asked')),
  state text not null check (state in ('open', 'filling', 'filled')),
  source text,
  next_ledger numeric(20, 0) not null,
  fills int not null check (fills >= 0),
  relayed int not null check (relayed >= 0),
  seen_at timestamptz not null,
  filled_at timestamptz,
  updated_at timestamptz not null,
  check (from_ledger <= to_ledger),
  check (next_ledger between from_ledger and to_ledger + 1),
  check ((state = 'filled') = (filled_at is not null)),
  check (state <> 'filling' or source is not null)
);
create index relayer_gap_stream on lastro.relayer_gap (stream, id);
create index relayer_gap_missing on lastro.relayer_gap (stream, to_ledger) where state <> 'filled';

-- What was relayed. Never deleted: it is what makes an event be relayed once, whatever retention does to the inbox.
create table lastro.relayer_event (
  provider text not null,
  fingerprint text not null check (length(fingerprint) = 64),
  id text not null check (id <> ''),
  ledger numeric(20, 0) not null,
  primary key (provider, fingerprint, id)
);
create index relayer_event_id on lastro.relayer_event (provider, id);
`,
}
