import { AsyncLocalStorage } from 'node:async_hooks'
import { type HostTx, LastroError } from '@lastro/core/storage'

/** What joining a transaction needs beyond running statements in it. */
interface HostFacts {
  /** The host's own object: two wrappers of one transaction have the same. */
  readonly key: object
  /** Where the driver counts a failed statement against the whole transaction unless its own savepoint caught it. */
  readonly savepoint?: <R>(work: (inner: HostTx) => Promise<R>) => Promise<R>
}

/** A registered symbol, so that two installed copies of this package know each other's handles. */
const FACTS = Symbol.for('lastro.hostTx')

/** Makes the handle of a host's transaction. */
export function hostTx(facts: HostFacts & Pick<HostTx, 'query'>): HostTx {
  const { query, ...rest } = facts
  return Object.defineProperty({ kind: 'lastro.host_tx', query }, FACTS, { value: rest }) as HostTx
}

function factsOf(host: HostTx): HostFacts {
  return (host as { readonly [FACTS]?: HostFacts })[FACTS] ?? { key: host }
}

/** Runs one thing after another. */
type Line = <R>(work: () => Promise<R>) => Promise<R>

function createLine(): Line {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
}

const outerLines = new WeakMap<object, Line>()

/** Inside a unit of work, further units on the same transaction line up behind each other, not behind that unit. */
const innerLines = new AsyncLocalStorage<ReadonlyMap<object, Line>>()

/** Runs the work alone on its transaction: savepoints of one connection must not interleave. */
function alone<R>(key: object, work: () => Promise<R>): Promise<R> {
  const held = innerLines.getStore()
  let line = held?.get(key) ?? outerLines.get(key)
  if (line === undefined) {
    line = createLine()
    outerLines.set(key, line)
  }
  return line(() => innerLines.run(new Map([...(held ?? []), [key, createLine()]]), work))
}

/** Runs the work in the host's transaction, after what is under way there, and without a savepoint. */
export function readInHost<R>(host: HostTx, work: (inner: HostTx) => Promise<R>): Promise<R> {
  return alone(factsOf(host).key, () => work(host))
}

/**
 * Runs the work in the host's transaction behind a savepoint: when it throws, all that it wrote is undone and the host
 * may go on.
 * @throws LastroError `invalid_input` when the handle is not of an open transaction.
 */
export function joinHost<R>(host: HostTx, work: (inner: HostTx) => Promise<R>): Promise<R> {
  const { key, savepoint } = factsOf(host)
  return alone(key, async () => {
    if (savepoint === undefined) return plainSavepoint(host, work)
    return savepoint((inner) => work(hostTx({ ...factsOf(inner), key, query: inner.query })))
  })
}

async function plainSavepoint<R>(host: HostTx, work: (inner: HostTx) => Promise<R>): Promise<R> {
  await host.query('savepoint lastro', []).catch((error: unknown) => {
    throw isOutside(error) ? notInTransaction(error) : error
  })
  try {
    const result = await work(host)
    await host.query('release savepoint lastro', [])
    return result
  } catch (error) {
    // A connection that is gone cannot roll back, and has: the first error tells more than the second would.
    await host.query('rollback to savepoint lastro', []).catch(() => {})
    await host.query('release savepoint lastro', []).catch(() => {})
    throw error
  }
}

function isOutside(error: unknown): boolean {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined
  return [error, cause].some(
    (it) => typeof it === 'object' && it !== null && 'code' in it && it.code === '25P01',
  )
}

/** What a handle that is not of an open transaction is refused with. */
export function notInTransaction(cause?: unknown): LastroError {
  const rule = 'must be of an open transaction, not of a pool or of a database'
  return new LastroError('invalid_input', { field: 'tx', rule }, { cause })
}
