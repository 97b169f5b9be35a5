/** What a health check found. `detail` is for operators: no secrets. */
export interface ProbeResult {
  readonly ok: boolean
  readonly detail: string
}

/** Asks a provider whether it is reachable and our credentials work. Never throws: trouble is an answer. */
export interface Probe {
  readonly specVersion: 1
  probe(signal?: AbortSignal): Promise<ProbeResult>
}
