import type { Migration } from '../sql.ts'

/** Deliveries that wait for an earlier one of their subject. */
export const webhookOrder: Migration = {
  number: 11,
  name: 'webhook_order',
  sql: `
-- Since when it waits for an earlier one of its subject.
alter table lastro.delivery add column held_at timestamptz;
-- What waits of a subject, where the provider gives an order. Texts compare byte by byte.
create index delivery_waiting on lastro.delivery (provider, subject, sequence collate "C")
  where state = 'received' and verdict = 'authentic' and sequence is not null;
`,
}
