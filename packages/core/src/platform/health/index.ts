import type { ProbeResult, Providers } from '../../spec/index.ts'
import type { Rail } from '../policies/index.ts'
import { describeError } from '../telemetry/index.ts'

/** How one part stands. */
export interface PartHealth extends ProbeResult {
  /** `storage`, or the name of a provider. */
  readonly part: string
  /** The provider's breaker: `open` rests after repeated failures. */
  readonly rail?: 'closed' | 'half_open' | 'open'
}

/** How everything stands: fine when every part is. */
export interface HealthReport {
  readonly ok: boolean
  readonly parts: readonly PartHealth[]
}

/** Asks the storage and every provider that can be probed. */
export interface Health {
  check(): Promise<HealthReport>
}

const PROBE_MS = 10_000

/** Makes the health check. Probes go past the breaker: they are how one finds out whether a provider is back. */
export function createHealth(deps: {
  readonly storage: { check(): Promise<void> }
  readonly providers: Providers
  readonly rails: Readonly<Record<string, Rail>>
}): Health {
  return {
    async check() {
      const probes = Object.entries(deps.providers).map(([name, provider]) =>
        probe(name, { provider, rail: deps.rails[name] }),
      )
      const parts = await Promise.all([checkStorage(deps.storage), ...probes])
      return { ok: parts.every((part) => part.ok), parts }
    },
  }
}

async function checkStorage(storage: { check(): Promise<void> }): Promise<PartHealth> {
  try {
    await storage.check()
    return { part: 'storage', ok: true, detail: 'reachable and up to date' }
  } catch (error) {
    return { part: 'storage', ok: false, detail: describeError(error) }
  }
}

async function probe(
  part: string,
  facts: { provider: Providers[string]; rail: Rail | undefined },
): Promise<PartHealth> {
  const rail = facts.rail === undefined ? {} : { rail: facts.rail.state() }
  if (facts.provider.probe === undefined) return { part, ok: true, detail: 'has no probe', ...rail }
  try {
    return { part, ...(await facts.provider.probe.probe(AbortSignal.timeout(PROBE_MS))), ...rail }
  } catch (error) {
    return { part, ok: false, detail: describeError(error), ...rail }
  }
}
