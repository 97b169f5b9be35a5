import type { Migration } from '../sql.ts'

/** Webhooks to the host's own customers. Secrets are sealed before they come here; nothing opens them in SQL. */
export const outgoingWebhooks: Migration = {
  number: 7,
  name: 'outgoing-webhooks',
  sql: `
create table lastro.outgoing_endpoint (
  id text primary key check (id <> ''),
  url text not null check (url like 'https://%'),
  description text,
  customer text check (customer <> ''),
  event_types jsonb not null check (jsonb_typeof(event_types) = 'array'),
  state text not null check (state in ('enabled', 'disabled', 'removed')),
  disabled_reason text check (disabled_reason in ('host', 'gone', 'failing')),
  failures int not null check (failures >= 0),
  failing_since timestamptz,
  resting_until timestamptz,
  last_success_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version int not null check (version > 0),
  check (state = 'removed' or (state = 'disabled') = (disabled_reason is not null)),
  check ((failures > 0) = (failing_since is not null))
);
create index outgoing_endpoint_customer on lastro.outgoing_endpoint (customer, id) where state <> 'removed';

create table lastro.outgoing_secret (
  id text primary key check (id <> ''),
  endpoint_id text not null references lastro.outgoing_endpoint (id),
  key_id text not null check (key_id <> ''),
  -- 12 bytes of nonce, 16 of tag, and what AES-256-GCM made of the secret.
  sealed bytea not null check (octet_length(sealed) > 28),
  created_at timestamptz not null,
  not_after timestamptz
);
create index outgoing_secret_endpoint on lastro.outgoing_secret (endpoint_id, created_at desc, id desc);
create index outgoing_secret_key on lastro.outgoing_secret (key_id);

create table lastro.outgoing_message (
  id text primary key check (id <> ''),
  type text not null check (type ~ '^[a-zA-Z0-9_]+([.][a-zA-Z0-9_]+)*$'),
  customer text check (customer <> ''),
  body text not null check (body like '{%'),
  event_position text,
  created_at timestamptz not null
);
-- One logged event is at most one message, whatever becomes of the reader's place.
create unique index outgoing_message_event on lastro.outgoing_message (event_position) where event_position is not null;
create index outgoing_message_age on lastro.outgoing_message (created_at, id);

create table lastro.outgoing_delivery (
  id text primary key check (id <> ''),
  message_id text not null references lastro.outgoing_message (id) on delete cascade,
  endpoint_id text not null references lastro.outgoing_endpoint (id),
  type text not null,
  state text not null check (state in ('pending', 'sending', 'delivered', 'exhausted', 'endpoint_disabled')),
  attempts int not null check (attempts >= 0),
  tries int not null check (tries >= 0 and tries <= attempts),
  due_at timestamptz not null,
  sent_at timestamptz,
  lease_until timestamptz,
  last_status int,
  last_error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version int not null check (version > 0),
  unique (message_id, endpoint_id),
  check ((state = 'sending') = (lease_until is not null)),
  check ((state = 'sending') = (sent_at is not null))
);
create index outgoing_delivery_endpoint on lastro.outgoing_delivery (endpoint_id, state, created_at, id);
create index outgoing_delivery_state on lastro.outgoing_delivery (state, id);
create index outgoing_delivery_open on lastro.outgoing_delivery (due_at) where state in ('pending', 'sending');

create table lastro.outgoing_attempt (
  delivery_id text not null references lastro.outgoing_delivery (id) on delete cascade,
  number int not null check (number > 0),
  at timestamptz not null,
  duration_ms int check (duration_ms >= 0),
  status int check (status between 100 and 999),
  error text,
  answer text check (length(answer) <= 2048),
  primary key (delivery_id, number)
);
`,
}
