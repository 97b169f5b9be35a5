import type { Migration } from '../sql.ts'
import { platform } from './0001-platform.ts'
import { ledger } from './0002-ledger.ts'
import { onchain } from './0003-onchain.ts'
import { payouts } from './0004-payouts.ts'
import { trades } from './0005-trades.ts'
import { ledgerReading } from './0006-ledger-reading-and-proof.ts'
import { outgoingWebhooks } from './0007-outgoing-webhooks.ts'
import { payments } from './0008-payments.ts'
import { relayer } from './0009-relayer.ts'
import { reconciliation } from './0010-reconciliation.ts'
import { webhookOrder } from './0011-webhook-order.ts'
import { ratesBySource } from './0012-rates-by-source.ts'

/** Every step of the schema, in the order of their numbers. Forward only: a published step never changes. */
export const MIGRATIONS: readonly Migration[] = [
  platform,
  ledger,
  onchain,
  payouts,
  trades,
  ledgerReading,
  outgoingWebhooks,
  payments,
  relayer,
  reconciliation,
  webhookOrder,
  ratesBySource,
]
