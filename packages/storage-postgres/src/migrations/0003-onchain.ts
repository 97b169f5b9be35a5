import type { Migration } from '../sql.ts'

/** Our addresses, the blocks that were read, deposits, and transfers with their signed bytes. No table holds a key. */
export const onchain: Migration = {
  number: 3,
  name: 'onchain',
  sql: `
create table lastro.onchain_address (
  provider text not null,
  key_index int not null check (key_index >= 0),
  network text not null,
  address text not null,
  purpose text not null check (purpose in ('system', 'deposit')),
  state text not null check (state in ('free', 'assigned')),
  owner text,
  watched_from bigint,
  created_at timestamptz not null,
  assigned_at timestamptz,
  primary key (provider, key_index),
  unique (provider, address),
  check ((state = 'assigned') = (assigned_at is not null)),
  check (owner is null or state = 'assigned')
);
create index onchain_address_free on lastro.onchain_address (provider, key_index)
  where state = 'free' and purpose = 'deposit';
create index onchain_address_owner on lastro.onchain_address (owner) where owner is not null;

create table lastro.onchain_cursor (
  provider text primary key,
  network text not null,
  start_height bigint not null check (start_height >= 0),
  tip_height bigint,
  tip_hash text,
  diverged_at timestamptz,
  updated_at timestamptz not null,
  check ((tip_height is null) = (tip_hash is null))
);

create table lastro.onchain_block (
  provider text not null,
  height bigint not null check (height >= 0),
  hash text not null,
  parent_hash text not null,
  time timestamptz not null,
  primary key (provider, height)
);

create table lastro.onchain_deposit (
  id text primary key,
  provider text not null,
  network text not null,
  address text not null,
  owner text,
  transaction_hash text not null,
  position text not null,
  from_address text not null,
  amount numeric(78, 0) not null check (amount > 0),
  asset text not null,
  state text not null check (state in ('seen', 'orphaned', 'confirmed', 'lost')),
  block_height bigint not null,
  block_hash text not null,
  block_time timestamptz not null,
  first_seen_at timestamptz not null,
  confirmed_at timestamptz,
  updated_at timestamptz not null,
  version int not null check (version > 0),
  -- One row per place in a transaction, whatever block a reorganisation puts it into.
  unique (provider, transaction_hash, position),
  foreign key (provider, address) references lastro.onchain_address (provider, address),
  check ((state in ('confirmed', 'lost')) = (confirmed_at is not null))
);
create index onchain_deposit_block on lastro.onchain_deposit (provider, block_height)
  where state in ('seen', 'confirmed');
create index onchain_deposit_seen on lastro.onchain_deposit (provider, id) where state = 'seen';
create index onchain_deposit_owner on lastro.onchain_deposit (owner, id) where owner is not null;

create table lastro.onchain_transfer (
  id text primary key,
  provider text not null,
  network text not null,
  kind text not null check (kind in ('payment', 'fill')),
  from_address text not null,
  from_index int not null,
  to_address text not null,
  amount numeric(78, 0) not null check (amount > 0),
  asset text not null,
  source_account text,
  correlation text not null,
  state text not null check (state in ('created', 'prepared', 'sent', 'mined', 'confirmed', 'failed')),
  sequence bigint,
  transaction_hash text,
  block_height bigint,
  block_hash text,
  succeeded boolean,
  fee_amount numeric(78, 0),
  fee_asset text,
  failure text,
  detail text,
  displaced_height bigint,
  displaced_hash text,
  displaced_since timestamptz,
  unfunded_since timestamptz,
  tries int not null check (tries >= 0),
  due_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  sent_at timestamptz,
  settled_at timestamptz,
  version int not null check (version > 0),
  foreign key (provider, from_address) references lastro.onchain_address (provider, address),
  check ((kind = 'payment') = (source_account is not null)),
  check (state not in ('prepared', 'sent', 'mined', 'confirmed') or sequence is not null),
  check (state not in ('mined', 'confirmed') or (block_hash is not null and succeeded is not null)),
  check ((state in ('confirmed', 'failed')) = (settled_at is not null))
);
-- Two transfers that may both still land never share a sequence: one would silently take the other's place.
create unique index onchain_transfer_sequence on lastro.onchain_transfer (provider, from_address, sequence)
  where sequence is not null and state <> 'failed';
create index onchain_transfer_due on lastro.onchain_transfer (provider, due_at, id)
  where state in ('created', 'prepared', 'sent', 'mined');
create index onchain_transfer_correlation on lastro.onchain_transfer (correlation, id);

create table lastro.onchain_version (
  transfer_id text not null references lastro.onchain_transfer (id),
  number int not null check (number > 0),
  sequence bigint not null,
  raw text not null,
  hash text not null,
  fee_amount numeric(78, 0) not null check (fee_amount >= 0),
  fee_asset text not null,
  fee_parameters jsonb not null,
  calls int not null check (calls >= refusals),
  refusals int not null check (refusals >= 0),
  is_dead boolean not null,
  created_at timestamptz not null,
  primary key (transfer_id, number)
);

create table lastro.onchain_wallet (
  provider text not null,
  address text not null,
  next_sequence bigint not null check (next_sequence >= 0),
  primary key (provider, address)
);

create table lastro.onchain_sequence (
  provider text not null,
  address text not null,
  sequence bigint not null check (sequence >= 0),
  state text not null check (state in ('taken', 'released', 'foreign')),
  transfer_id text references lastro.onchain_transfer (id),
  primary key (provider, address, sequence),
  foreign key (provider, address) references lastro.onchain_wallet (provider, address),
  check ((state = 'taken') = (transfer_id is not null))
);
create index onchain_sequence_released on lastro.onchain_sequence (provider, address, sequence)
  where state = 'released';
`,
}
