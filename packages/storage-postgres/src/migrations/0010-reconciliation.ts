import type { Migration } from '../sql.ts'

/**
 * What providers told of their books, and where ours differ. Lines are matched once and remember with what, so that
 * judging is look-ups by index, however long the history.
 */
export const reconciliation: Migration = {
  number: 10,
  name: 'reconciliation',
  sql: `
create table lastro.reconciliation_run (
  id text primary key,
  provider text not null check (provider <> ''),
  state text not null check (state in ('reading', 'matching', 'completed', 'failed')),
  phase text not null,
  place text,
  from_at timestamptz not null,
  to_at timestamptz not null,
  read_from timestamptz not null,
  read_to timestamptz not null,
  -- When reading began: what happened shortly before may not have been listed yet.
  began_at timestamptz not null,
  listed_after_ms int not null check (listed_after_ms >= 0),
  progress text not null,
  report text,
  error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  completed_at timestamptz,
  version int not null check (version > 0),
  check (from_at < to_at and read_from <= from_at and read_from < read_to),
  check ((state = 'completed') = (completed_at is not null))
);
create index reconciliation_run_provider on lastro.reconciliation_run (provider, id);

create table lastro.reconciliation_line (
  provider text not null,
  ref text not null check (ref <> ''),
  kind text not null check (kind in ('receipt', 'refund', 'dispute', 'payout', 'payout_returned', 'fee', 'other')),
  provider_ref text,
  idempotency_key text,
  asset text not null,
  amount numeric(78, 0) not null,
  fee numeric(78, 0),
  state text not null check (state in ('settled', 'pending', 'failed')),
  occurred_at timestamptz not null,
  -- What of ours it is; another one that it names as well; and the payment that it names.
  item text,
  other_item text,
  payment_id text,
  -- True while the next runs must look at it again.
  is_open boolean not null default true,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  last_run text not null,
  -- When a reading of its time no longer told it.
  gone_at timestamptz,
  primary key (provider, ref)
);
create index reconciliation_line_time on lastro.reconciliation_line (provider, occurred_at, ref);
create index reconciliation_line_item on lastro.reconciliation_line (provider, item) where item is not null;
create index reconciliation_line_other on lastro.reconciliation_line (provider, other_item) where other_item is not null;
create index reconciliation_line_open on lastro.reconciliation_line (provider, ref) where is_open;

create table lastro.reconciliation_drift (
  id text primary key,
  provider text not null,
  class text not null check (class in
    ('missing_here', 'missing_there', 'amount', 'state', 'timing', 'ledger', 'duplicate')),
  -- The item of ours, or the line or posting that has none.
  subject text not null,
  kind text not null,
  payment_id text,
  payout_id text,
  refs text not null,
  asset text not null,
  ours numeric(78, 0),
  theirs numeric(78, 0),
  ledger numeric(78, 0),
  detail text not null,
  repair text not null check (repair in ('verify', 'ask', 'person')),
  suggestions text not null,
  state text not null check (state in ('open', 'proposed', 'repaired', 'dismissed', 'closed')),
  reason text,
  attempts int not null default 0 check (attempts >= 0),
  trouble text,
  occurred_at timestamptz not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  first_run text not null,
  last_run text not null,
  version int not null default 1 check (version > 0)
);
-- One difference is one row for as long as it is there. A dismissed one stays in the way of finding it again.
create unique index reconciliation_drift_live on lastro.reconciliation_drift (provider, class, subject)
  where state in ('open', 'proposed', 'dismissed');
create index reconciliation_drift_recheck on lastro.reconciliation_drift (provider, id)
  where state in ('open', 'proposed', 'dismissed');
create index reconciliation_drift_state on lastro.reconciliation_drift (state, id);

-- For hints: what nobody has paid yet, by its amount.
create index payment_unpaid on lastro.payment (provider, asset, amount, created_at) where received = 0;

-- A provider's ref as a part of a ledger id, as the payments rail writes it.
create function lastro.reconciliation_ref_key(p_ref text) returns text language sql immutable parallel safe as $function$
  select case when p_ref ~ '^[!-~]{1,48}$' then p_ref
    else 'sha256-' || left(encode(sha256(convert_to(p_ref, 'UTF8')), 'hex'), 40) end
$function$;

-- The id of a posting without the amount or count at its end, and without the word that it stands in suspense.
create function lastro.reconciliation_step(p_id text) returns text language sql immutable parallel safe as $function$
  select regexp_replace(regexp_replace(p_id, ':suspense$', ''), ':(dispute-)?[0-9]+$', '')
$function$;
`,
}
