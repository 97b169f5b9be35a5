import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { moneySchema, parseInput, refuse } from '../../platform/input.ts'
import type { PlatformTx } from '../../platform/storage/index.ts'
import { AMOUNT_LIMIT, ledgerIdSchema } from './account.ts'
import { type AccountChange, changeSchema } from './change-account.ts'
import type { VelocityLimit } from './limit-store.ts'
import type { LedgerTx } from './store.ts'

const DAY_MS = 86_400_000

const limitSchema = z.strictObject({
  name: ledgerIdSchema.max(64, 'must be at most 64 characters'),
  direction: z.enum(['out', 'in'], { error: 'must be out or in' }),
  amount: moneySchema.refine(({ amount }) => amount >= 0n && amount < AMOUNT_LIMIT, {
    error: 'must be zero or more, and less than 10^60',
    path: ['amount'],
  }),
  windowMs: z
    .int({ error: 'must be whole milliseconds' })
    .min(60_000, 'must be at least a minute')
    .max(366 * DAY_MS, 'must be at most 366 days')
    .multipleOf(24, 'must be a multiple of 24'),
})

const nameSchema = z.strictObject({ name: limitSchema.shape.name })

/** Who changes a limit, and when. */
export interface LimitChange extends AccountChange {
  readonly account: string
  readonly at: Date
}

/**
 * Sets a limit, replacing one of the same name: another amount keeps what was counted, another window or direction
 * counts anew. Written to the audit log, once.
 * @throws LastroError `not_found`, `invalid_input`.
 */
export async function setLimit(
  tx: LedgerTx & Pick<PlatformTx, 'audit'>,
  limit: VelocityLimit,
  change: LimitChange,
): Promise<void> {
  const parsed = parseInput(limitSchema, limit) as VelocityLimit
  const account = await tx.ledger.getAccount(change.account)
  if (account !== null && account.asset !== parsed.amount.asset) {
    refuse('amount.asset', 'must be of the asset of the account')
  }
  const { amount, direction, windowMs } = parsed
  const details = { limit: parsed.name, amount: amount.amount.toString(), direction, windowMs }
  await apply(tx, { ...change, name: parsed.name, limit: parsed, details, action: 'ledger_limit.set' })
}

/** Takes a limit away; one that is not there is no mistake. @throws LastroError `not_found` for the account. */
export async function removeLimit(
  tx: LedgerTx & Pick<PlatformTx, 'audit'>,
  name: string,
  change: LimitChange,
): Promise<void> {
  parseInput(nameSchema, { name })
  await apply(tx, { ...change, name, limit: null, details: { limit: name }, action: 'ledger_limit.removed' })
}

async function apply(
  tx: LedgerTx & Pick<PlatformTx, 'audit'>,
  change: LimitChange & {
    readonly name: string
    readonly limit: VelocityLimit | null
    readonly action: string
    readonly details: Readonly<Record<string, string | number>>
  },
): Promise<void> {
  const { account, name, limit, at, action, details } = change
  const { actor = 'system', reason } = parseInput(changeSchema, {
    id: account,
    ...(change.actor === undefined ? {} : { actor: change.actor }),
    ...(change.reason === undefined ? {} : { reason: change.reason }),
  })
  const done = await tx.ledgerLimits.set({ account, name, limit })
  if (done === 'unknown') throw new LastroError('not_found', { kind: 'ledger account', id: account })
  if (done === 'unchanged') return
  const why = reason === undefined ? {} : { reason }
  await tx.audit.append({ actor, action, subject: account, details: { ...details, ...why }, at })
}
