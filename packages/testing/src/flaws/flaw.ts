import type { CreateWorld, World } from '../conformance/index.ts'

/** An adapter that is broken in one way, to prove that the kit notices. */
export interface Flaw<W extends World> {
  /** The one case that it must fail. */
  readonly id: string
  /** What is broken, as a reviewer would say it. */
  readonly what: string
  readonly createWorld: CreateWorld<W>
}

/** An error with a code, as Node's transport raises it. */
export function transportError(code: 'ECONNREFUSED' | 'UND_ERR_SOCKET'): Error {
  return Object.assign(new Error('the call failed'), { code })
}

/** True when no byte left: nobody listened. */
export function isRefused(error: unknown): boolean {
  return typeof error === 'object' && error !== null && Reflect.get(error, 'code') === 'ECONNREFUSED'
}
