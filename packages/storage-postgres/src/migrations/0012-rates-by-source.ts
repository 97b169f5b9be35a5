import type { Migration } from '../sql.ts'

/** The newest rate of each source is a look-up, however many rates another source has told. */
export const ratesBySource: Migration = {
  number: 12,
  name: 'rates_by_source',
  sql: `
create index rate_newest_of_source on lastro.rate (base, quote, source, observed_at desc, id desc);
drop index lastro.rate_newest;
`,
}
