const DAY_MS = 86_400_000
const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Efí's time zone: due dates are days there. */
const ZONE = 'America/Sao_Paulo'

/** Midnight UTC of a day `YYYY-MM-DD`, in milliseconds, or null when there is no such day. */
export function dayMs(text: string): number | null {
  const ms = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms
}

/** The day it is at Efí: `2026-11-22`. */
export function dayAtEfi(now: Date): string {
  const parts = { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' } as const
  return new Intl.DateTimeFormat('en-CA', parts).format(now)
}

/** A Saturday or Sunday moves to the Monday after it. */
function toWeekday(ms: number): number {
  const weekday = new Date(ms).getUTCDay()
  return ms + (weekday === 6 ? 2 : weekday === 0 ? 1 : 0) * DAY_MS
}

/**
 * Days by which holidays may move an end further. Which days are holidays is a matter of the payer's town, so no list
 * could be right: an end told too late does no harm, one told too early closes a charge that can still be paid.
 */
const HOLIDAYS = 7

/** Brazil has had UTC-3 without summer time since 2019; an hour or two more or less is covered by `HOLIDAYS`. */
const MIDNIGHT_AT_EFI_MS = 3 * 3_600_000

/**
 * When a charge with a due date can certainly not be paid any more. A due date on a day without banking moves to the
 * next one, and so does the last day after it (BCB, `CobDataDeVencimento`, examples A to G).
 */
export function endOfDue(due: { readonly dueDate: string; readonly daysAfter: number }): Date | null {
  const start = dayMs(due.dueDate)
  if (start === null) return null
  const last = toWeekday(toWeekday(start) + due.daysAfter * DAY_MS)
  return new Date(last + (1 + HOLIDAYS) * DAY_MS + MIDNIGHT_AT_EFI_MS)
}

/** A Pix that began in time may arrive a little later: its payment is still told as open for this long. */
const ARRIVAL_MS = 5 * 60_000

/** When an immediate charge can certainly not be paid any more. */
export function endOfImmediate(made: { readonly createdAt: Date; readonly seconds: number }): Date {
  return new Date(made.createdAt.getTime() + made.seconds * 1_000 + ARRIVAL_MS)
}
