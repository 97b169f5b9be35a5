import {
  expireHoldsHandler,
  expireHoldsSchedule,
  type LedgerOptions,
  sealHandler,
  sealSchedule,
} from '../books/ledger/index.ts'
import type { Health, PartHealth } from '../platform/health/index.ts'
import type { JobHandler, Schedule } from '../platform/jobs/index.ts'
import { describeError } from '../platform/telemetry/index.ts'
import type { Base } from './domains.ts'

/** What a part of the engine wants done in the background. */
interface Working {
  readonly jobs: readonly JobHandler[]
  readonly schedules?: readonly Schedule[]
}

/** Everything that runs: jobs by their handlers, and what is enqueued by the clock. */
export function assembleWork(
  base: Base,
  { parts, ledger }: { readonly parts: readonly Working[]; readonly ledger: LedgerOptions | undefined },
): { readonly handlers: readonly JobHandler[]; readonly schedules: readonly Schedule[] } {
  return {
    handlers: [...parts.flatMap(({ jobs }) => jobs), expireHoldsHandler(base), sealHandler(base)],
    schedules: [
      ...parts.flatMap(({ schedules = [] }) => schedules),
      expireHoldsSchedule,
      ...(ledger?.seal ? [sealSchedule] : []),
    ],
  }
}

/** The health of everything: streams of contract events are parts of it. */
export function withStreams(health: Health, relayer: { health(): Promise<readonly PartHealth[]> }): Health {
  return {
    async check() {
      const [{ parts }, streams] = await Promise.all([
        health.check(),
        relayer
          .health()
          .catch((error: unknown) => [{ part: 'relayer', ok: false, detail: describeError(error) }]),
      ])
      const all = [...parts, ...streams]
      return { ok: all.every(({ ok }) => ok), parts: all }
    },
  }
}
