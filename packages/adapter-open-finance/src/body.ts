import { parseJson } from '@lastro/adapter-kit'
import { z } from 'zod'

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** A moment that was told with its zone, or undefined. */
export function instantOf(value: unknown): Date | undefined {
  const ms = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

const notification = z.object({
  data: z.object({
    timestamp: z.string().refine((text) => instantOf(text) !== undefined),
    /** `STATE_CHANGED` or `DATA_CHANGED`, on consents of automatic payments and enrolments since 1.3.0. */
    eventType: z.string().nullish(),
  }),
})

/** All that a notification's body tells. */
export interface Body {
  /** When the event happened, as the sender wrote it. */
  readonly timestamp: string
  readonly eventType: string | null
}

/** Reads the bytes, or null when they are no notification. */
export function readBody(bytes: Uint8Array): Body | null {
  const parsed = parseJson(bytes)
  const read = notification.safeParse(parsed.kind === 'json' ? parsed.value : null)
  if (!read.success) return null
  const { timestamp, eventType } = read.data.data
  const isPlain = typeof eventType === 'string' && /^[A-Z_]{1,40}$/.test(eventType)
  return { timestamp, eventType: isPlain ? eventType : null }
}
