import type { Migration } from '../sql.ts'

/** Money out. Amounts are smallest units; the source of truth for money is the ledger, this is the intent's state. */
export const payouts: Migration = {
  number: 4,
  name: 'payouts',
  sql: `
create table lastro.payout (
  id text primary key,
  provider text not null,
  state text not null check (state in
    ('created', 'submitting', 'unknown', 'pending', 'paid', 'failed', 'canceled', 'returned')),
  amount numeric(78, 0) not null check (amount > 0),
  asset text not null,
  destination jsonb not null,
  description text,
  source_account text not null,
  correlation text not null,
  attempts int not null check (attempts >= 0),
  provider_ref text,
  end_to_end_id text,
  reason text,
  detail text,
  returned numeric(78, 0) not null default 0 check (returned >= 0 and returned <= amount),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  submitted_at timestamptz,
  version int not null check (version > 0)
);
-- One provider ref is one payout: a second one would mean that two intents share the provider's money movement.
create unique index payout_provider_ref on lastro.payout (provider, provider_ref) where provider_ref is not null;
create index payout_end_to_end on lastro.payout (provider, end_to_end_id) where end_to_end_id is not null;
create index payout_correlation on lastro.payout (correlation, id);
create index payout_state on lastro.payout (state, id);
`,
}
