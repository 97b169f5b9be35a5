import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { boundedText, parseInput, refuse } from '../../platform/input.ts'
import { move } from '../../platform/machine/index.ts'
import type { ReconciliationDeps, ReconciliationWork } from './context.ts'
import { type Drift, type DriftId, driftMachine } from './drift.ts'
import { repairDrift } from './jobs.ts'

/** Who decides, for the audit: `operator:<name>`. Default `system`. */
interface Decision {
  readonly id: DriftId
  readonly actor?: `operator:${string}`
}

/** Which difference to mend. */
export type RepairDrift = Decision

/** Which difference to let be, and why. */
export interface DismissDrift extends Decision {
  /** For the audit, 500 characters at most. */
  readonly reason: string
}

const decision = {
  id: z.custom<DriftId>((value) => typeof value === 'string' && value.startsWith('drf_'), {
    error: 'must be the id of a drift',
  }),
  actor: z
    .string()
    .regex(/^operator:.{1,100}$/, 'must be operator:<name>')
    .optional(),
}
const repairSchema = z.strictObject(decision)
const dismissSchema = z.strictObject({ ...decision, reason: boundedText(500) })

/** True while a difference waits for somebody. */
export function isLive({ state }: Pick<Drift, 'state'>): boolean {
  return state === 'open' || state === 'proposed'
}

async function lock(tx: ReconciliationWork, id: DriftId): Promise<Drift> {
  const drift = await tx.reconciliation.lockDrift(id)
  if (drift === null) throw new LastroError('not_found', { kind: 'drift', id })
  return drift
}

/** Asks for the repair of a difference: a job asks the provider, and `get` says what became of it. */
export async function askForRepair<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  input: RepairDrift,
): Promise<Drift> {
  const { id, actor = 'system' } = parseInput(repairSchema, input)
  const drift = await lock(tx, id)
  // Refuses what has ended.
  if (!isLive(drift)) move(driftMachine, drift, 'mend')
  if (drift.repair === 'person')
    refuse('id', `is a ${drift.class} of a ${drift.kind}, which no program may mend: look, then dismiss it`)
  await tx.jobs.enqueue(repairDrift, { driftId: id }, { dedupeKey: id })
  const details = { class: drift.class, about: drift.subject, repair: drift.repair }
  const at = deps.clock.now()
  await tx.audit.append({ actor, action: 'reconciliation.repair_asked', subject: id, details, at })
  return drift
}

/** Lets a difference be. It is told of again only when its facts change. */
export async function dismissDrift<T extends ReconciliationWork>(
  deps: ReconciliationDeps<T>,
  tx: T,
  input: DismissDrift,
): Promise<Drift> {
  const { id, reason, actor = 'system' } = parseInput(dismissSchema, input)
  const drift = await lock(tx, id)
  const state = move(driftMachine, drift, 'dismiss')
  const dismissed = { ...drift, state, reason, version: drift.version + 1 }
  await tx.reconciliation.updateDrift(dismissed)
  const at = deps.clock.now()
  const details = { class: drift.class, about: drift.subject, reason }
  await tx.audit.append({ actor, action: 'reconciliation.drift_dismissed', subject: id, details, at })
  await tx.events.append({
    type: 'reconciliation.drift_dismissed',
    subject: id,
    correlation: drift.paymentId ?? drift.payoutId ?? id,
    data: { provider: drift.provider, class: drift.class, about: drift.subject, reason },
    at,
  })
  return dismissed
}
