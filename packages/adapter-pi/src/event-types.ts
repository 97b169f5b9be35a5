import type { EventTypeRow } from '@lastro/core/spec'

/**
 * The news that the host's own browser code or relay may send. Pi documents no webhook, so the names are ours, and what
 * they say is never believed: the payment is read from Pi.
 */
export const EVENT_TYPES = [
  { type: 'payment_completed', does: 'asked', becomes: 'payment, payout or refund as Pi tells it' },
  { type: 'payment_cancelled', does: 'asked', becomes: 'payment, payout or refund as Pi tells it' },
  { type: 'payment_failed', does: 'asked', becomes: 'payment, payout or refund as Pi tells it' },
] as const satisfies readonly EventTypeRow[]
