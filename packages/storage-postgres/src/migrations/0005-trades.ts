import type { Migration } from '../sql.ts'

/** Rates as told, quotes as offered, and the trades that use them. */
export const trades: Migration = {
  number: 5,
  name: 'trades',
  sql: `
create table lastro.rate (
  id bigint generated always as identity primary key,
  base text not null,
  quote text not null,
  source text not null,
  numerator numeric not null check (numerator > 0),
  denominator numeric not null check (denominator > 0),
  observed_at timestamptz not null,
  fetched_at timestamptz not null
);
create index rate_newest on lastro.rate (base, quote, observed_at desc, id desc);

create table lastro.quote (
  id text primary key,
  chain text not null,
  give_amount numeric(78, 0) not null check (give_amount > 0),
  give_asset text not null,
  receive_asset text not null,
  gross numeric(78, 0) not null,
  spread numeric(78, 0) not null,
  network_fee numeric(78, 0) not null,
  receive_amount numeric(78, 0) not null check (receive_amount > 0),
  spread_bps int not null,
  network_fee_bps int not null,
  rate_numerator numeric not null,
  rate_denominator numeric not null,
  rate_source text not null,
  rate_observed_at timestamptz not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  trade_id text,
  check (gross = receive_amount + spread + network_fee)
);

create table lastro.trade (
  id text primary key,
  quote_id text not null unique references lastro.quote (id),
  state text not null check (state in
    ('quoted', 'awaiting_deposit', 'confirming', 'funded', 'paying_out', 'payout_failed', 'mismatched', 'expired',
     'refunding', 'completed', 'refunded', 'deposit_lost')),
  chain text not null,
  give_amount numeric(78, 0) not null check (give_amount > 0),
  give_asset text not null,
  receive_amount numeric(78, 0) not null check (receive_amount > 0),
  receive_asset text not null,
  payout_provider text not null,
  destination jsonb not null,
  refund_address text,
  reference text,
  deposit_address text,
  deposit_id text,
  deposited_amount numeric(78, 0),
  deposited_asset text,
  mismatch text check (mismatch in ('under', 'over', 'late', 'wrong_asset')),
  payout_id text,
  payout_count int not null,
  refund_id text,
  refund_count int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  version int not null check (version > 0),
  check ((deposited_amount is null) = (deposited_asset is null))
);
create index trade_state on lastro.trade (state, id);
create index trade_reference on lastro.trade (reference, id) where reference is not null;
`,
}
