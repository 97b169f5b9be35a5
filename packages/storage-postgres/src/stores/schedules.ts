import type { ScheduleStore } from '@lastro/core/storage'
import type { Sql } from '../sql.ts'

/** The statements of schedules. */
export const SCHEDULE_SQL = {
  claimSlot: `
  insert into lastro.schedule as known (name, slot, claimed_at)
  values ($1::text, $2::text::bigint, $3::text::timestamptz)
  on conflict (name) do update set slot = excluded.slot, claimed_at = excluded.claimed_at
    where known.slot < excluded.slot
  returning name`,
} as const

/** The rows behind schedules: whoever moves the row to a slot has claimed it. */
export function scheduleStore(sql: Sql): ScheduleStore {
  return {
    claimSlot: async ({ name, slot, at }) => {
      const claimed = await sql.query(SCHEDULE_SQL.claimSlot, [name, slot.toString(), at.toISOString()])
      return claimed.length > 0
    },
  }
}
