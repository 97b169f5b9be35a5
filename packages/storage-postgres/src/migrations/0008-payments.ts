import type { Migration } from '../sql.ts'

/**
 * Money in. Amounts are smallest units; the source of truth for money is the ledger. What a provider told stands in
 * tables of its own, unique by provider and ref: the same money is never counted for two payments.
 */
export const payments: Migration = {
  number: 8,
  name: 'payments',
  sql: `
create table lastro.payment (
  id text primary key,
  provider text not null,
  route text not null,
  refused_by text not null,
  state text not null check (state in
    ('created', 'submitting', 'unknown', 'pending', 'requires_action', 'processing', 'authorized', 'failed', 'expired',
     'canceled', 'paid')),
  amount numeric(78, 0) not null check (amount > 0),
  asset text not null,
  conversion text,
  method text not null,
  capture text not null check (capture in ('automatic', 'manual')),
  description text,
  payer jsonb,
  due text,
  return_url text,
  cancel_url text,
  expires_at timestamptz,
  reference text,
  metadata jsonb not null,
  credit_account text not null,
  correlation text not null,
  provider_ref text,
  action jsonb,
  told text not null,
  ended_here text check (ended_here in ('failed', 'expired', 'canceled')),
  authorized numeric(78, 0) not null check (authorized >= 0),
  received numeric(78, 0) not null check (received >= 0),
  fees numeric(78, 0) not null check (fees >= 0),
  refunding numeric(78, 0) not null check (refunding >= 0),
  refunded numeric(78, 0) not null check (refunded >= 0),
  disputed numeric(78, 0) not null check (disputed >= 0),
  attempts int not null check (attempts >= 0),
  reason text,
  detail text,
  contradiction text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  submitted_at timestamptz,
  ask_at timestamptz,
  version int not null check (version > 0)
);
create index payment_state on lastro.payment (state, id);
create index payment_provider on lastro.payment (provider, id);
create index payment_reference on lastro.payment (reference, id) where reference is not null;
create index payment_correlation on lastro.payment (correlation, id);
create index payment_metadata on lastro.payment using gin (metadata jsonb_path_ops);
create index payment_ask on lastro.payment (ask_at, id) where ask_at is not null;

-- Every id by which a provider has named a payment. One provider may have several for one: a checkout and its charge.
create table lastro.payment_ref (
  provider text not null,
  ref text not null,
  payment_id text not null references lastro.payment (id),
  primary key (provider, ref)
);

create table lastro.payment_receipt (
  provider text not null,
  ref text not null,
  payment_id text not null references lastro.payment (id),
  asset text not null,
  amount numeric(78, 0) not null check (amount > 0),
  fee numeric(78, 0) check (fee >= 0),
  received_at timestamptz,
  booked numeric(78, 0) not null check (booked >= 0 and booked <= amount),
  booked_fee numeric(78, 0) not null check (booked_fee >= 0),
  primary key (provider, ref)
);
create index payment_receipt_payment on lastro.payment_receipt (payment_id);

-- What we asked of a provider for a payment. The id is the key of every attempt.
create table lastro.payment_operation (
  id text primary key,
  payment_id text not null references lastro.payment (id),
  kind text not null check (kind in ('refund', 'capture', 'cancel', 'approve', 'complete')),
  state text not null check (state in ('created', 'submitting', 'unknown', 'done', 'declined')),
  asset text not null,
  amount numeric(78, 0) not null check (amount >= 0),
  is_final boolean not null,
  receipt_ref text,
  provider_ref text,
  proof text,
  baseline numeric(78, 0) not null check (baseline >= 0),
  hold text not null check (hold in ('none', 'open', 'settled')),
  purpose text,
  attempts int not null check (attempts >= 0),
  reason text,
  detail text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  submitted_at timestamptz,
  version int not null check (version > 0)
);
create index payment_operation_payment on lastro.payment_operation (payment_id, id);

create table lastro.payment_refund (
  provider text not null,
  ref text not null,
  payment_id text not null references lastro.payment (id),
  operation_id text references lastro.payment_operation (id),
  asset text not null,
  amount numeric(78, 0) not null check (amount > 0),
  state text not null check (state in ('pending', 'succeeded', 'failed')),
  receipt_ref text,
  idempotency_key text,
  detail text,
  booked numeric(78, 0) not null check (booked >= 0),
  primary key (provider, ref)
);
create index payment_refund_payment on lastro.payment_refund (payment_id);
-- One refund of ours is one refund of the provider.
create unique index payment_refund_operation on lastro.payment_refund (operation_id) where operation_id is not null;

create table lastro.payment_dispute (
  provider text not null,
  ref text not null,
  payment_id text not null references lastro.payment (id),
  asset text not null,
  amount numeric(78, 0) not null check (amount >= 0),
  state text not null check (state in
    ('warned', 'inquiry', 'needs_response', 'under_review', 'blocked', 'won', 'lost', 'closed')),
  state_at timestamptz,
  receipt_ref text,
  withdrawn numeric(78, 0) check (withdrawn >= 0),
  withdrawn_state text,
  withdrawn_at timestamptz,
  fee numeric(78, 0) check (fee >= 0),
  reason text,
  respond_by timestamptz,
  bucket text check (bucket in ('blocked', 'disputed', 'lost')),
  booked numeric(78, 0) not null check (booked >= 0),
  booked_fee numeric(78, 0) not null check (booked_fee >= 0),
  postings int not null check (postings >= 0),
  primary key (provider, ref)
);
create index payment_dispute_payment on lastro.payment_dispute (payment_id);
`,
}
