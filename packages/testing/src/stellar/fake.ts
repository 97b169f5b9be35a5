import { createFaultPlan, type FaultPlan } from '../faults.ts'
import {
  beginAnew,
  closeLedgers,
  closeTime,
  closeWith,
  createLedgers,
  type EmittedEvent,
  type FakeLedgers,
  followClock,
  isHealthy,
  keepNewest,
} from './chain.ts'
import { getEvents, type RpcFailure } from './get-events.ts'
import { withIds } from './ids.ts'
import { type FakeStellarOptions, TESTNET_PASSPHRASE } from './options.ts'

/** What may go wrong with a call. */
export type StellarFault =
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'lost_answer' }
  | { readonly kind: 'server_error'; readonly status?: number }
  | { readonly kind: 'rate_limited' }
  /** -32001: the node gave up on the request. */
  | { readonly kind: 'too_long' }

/** Faults by method. */
export type StellarFaultTable = {
  readonly getEvents: StellarFault
  readonly getHealth: StellarFault
  readonly getNetwork: StellarFault
}

/** One call that arrived. */
export interface StellarCall {
  readonly method: string
  readonly params: unknown
  readonly headers: Readonly<Record<string, string>>
  /** The whole answer, as JSON; null where none was given. */
  readonly answer: unknown
}

/** A node of the Stellar RPC in memory: ledgers, contract events, retention, health. */
export interface FakeStellar {
  /** Where the adapter finds it, through `fetch`. */
  readonly rpcUrl: string
  readonly fetch: typeof globalThis.fetch
  readonly faults: FaultPlan<StellarFaultTable>
  readonly calls: readonly StellarCall[]
  readonly oldest: bigint
  readonly latest: bigint
  /** Closes a ledger with these events. Answers their ids, in the order of the chain. */
  emit(events: readonly EmittedEvent[]): readonly string[]
  /** Closes so many ledgers without an event. */
  idle(ledgers: number): void
  /** Forgets everything but so many of the newest ledgers. Default 1. */
  prune(keep?: number): void
  /** Ledgers stop closing: the node becomes unhealthy after 30 s of its clock, at once without one. */
  stall(): void
  /** They close again. */
  mend(): void
  /** The network begins anew, as test networks do. */
  reset(): void
  /** A node of the same network that holds it all, or from another ledger on, or counts ids in another way. */
  twin(options?: {
    readonly from?: bigint
    readonly numbering?: FakeStellarOptions['numbering']
  }): FakeStellar
}

interface Node {
  readonly options: FakeStellarOptions
  readonly ledgers: FakeLedgers
  readonly faults: FaultPlan<StellarFaultTable>
  readonly calls: StellarCall[]
  /** Of a node that began later or keeps more than the network's first: what it holds from. */
  readonly archive: { readonly events: FakeLedgers['events']; readonly from: bigint } | null
}

type Answer = { readonly result: object } | { readonly error: RpcFailure }

const METHODS: Readonly<Record<string, (node: Node, params: object) => Answer>> = {
  getNetwork: ({ options }) => ({
    result: { passphrase: options.passphrase ?? TESTNET_PASSPHRASE, protocolVersion: 27 },
  }),
  getHealth: (node) => {
    const ledgers = held(node)
    if (!isHealthy(ledgers, node.options))
      return { error: { code: -32603, message: 'latency (31s) since last known ledger closed is too high' } }
    const { oldest, latest } = ledgers
    return {
      result: {
        status: 'healthy',
        latestLedger: Number(latest),
        oldestLedger: Number(oldest),
        latestLedgerCloseTime: closeTime(ledgers, latest),
        oldestLedgerCloseTime: closeTime(ledgers, oldest),
        ledgerRetentionWindow: Number(node.options.retention ?? 120_960n),
      },
    }
  },
  getEvents: (node, params) => getEvents(held(node), { options: node.options, params }),
}

/** What the node holds: its own, or an archive's. */
function held({ ledgers, archive }: Node): FakeLedgers {
  if (archive === null) return ledgers
  const events = archive.events.filter(({ ledger }) => ledger >= archive.from)
  return { ...ledgers, oldest: archive.from, events }
}

function answerFault(fault: StellarFault): Response {
  if (fault.kind === 'unreachable')
    throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
  if (fault.kind === 'lost_answer')
    throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'UND_ERR_SOCKET' } })
  if (fault.kind === 'too_long')
    return Response.json({
      jsonrpc: '2.0',
      id: 1,
      error: { code: -32001, message: 'request exceeded processing limit' },
    })
  const status = fault.kind === 'rate_limited' ? 429 : (fault.status ?? 503)
  return new Response('no', { status })
}

async function serve(node: Node, request: Request): Promise<Response> {
  const headers = Object.fromEntries(request.headers)
  const {
    id,
    method,
    params = {},
  } = (await request.json()) as { id: number; method: string; params?: object }
  const note = (answer: unknown) => node.calls.push({ method, params, headers, answer })
  const { key } = node.options
  if (key !== undefined && request.headers.get(key.header) !== key.value) {
    note(null)
    return new Response('no', { status: 401 })
  }
  const fault = method in METHODS ? node.faults.take(method as keyof StellarFaultTable) : null
  if (fault !== null) {
    note(null)
    return answerFault(fault)
  }
  followClock(node.ledgers, node.options)
  const answer = METHODS[method]?.(node, params) ?? { error: { code: -32601, message: 'method not found' } }
  note(answer)
  return Response.json({ jsonrpc: '2.0', id, ...answer })
}

function asFake(node: Node, all: FakeLedgers['events']): FakeStellar {
  const { options, ledgers, faults, calls } = node
  return {
    rpcUrl: 'https://stellar.example/rpc',
    fetch: async (input, init) => serve(node, new Request(input, init)),
    faults,
    calls,
    get oldest() {
      return held(node).oldest
    },
    get latest() {
      followClock(ledgers, options)
      return ledgers.latest
    },
    emit(events) {
      followClock(ledgers, options)
      const made = closeWith(ledgers, { options, emitted: events })
      all.push(...made)
      return withIds(made, options.numbering).map(({ id }) => id)
    },
    idle: (count) => closeLedgers(ledgers, { options, count: BigInt(count) }),
    prune: (keep = 1) => keepNewest(ledgers, BigInt(keep)),
    stall() {
      ledgers.isStalled = true
    },
    mend() {
      ledgers.isStalled = false
    },
    reset() {
      beginAnew(ledgers)
      all.splice(0)
    },
    twin({ from = ledgers.first, numbering } = {}) {
      const own = numbering === undefined ? options : { ...options, numbering }
      const archive = { events: all, from }
      return asFake({ ...node, options: own, archive, faults: createFaultPlan(), calls: [] }, all)
    },
  }
}

/**
 * A Stellar RPC node in memory, for `contractEvents`: pages, cursors, refusals and retention as stellar-rpc 27.1.1 has
 * them.
 *
 * @example
 * const node = createFakeStellar()
 * node.emit([{ contract: 'C…', name: 'transfer' }])
 * stellar({ network: 'stellar-testnet', rpcUrl: node.rpcUrl, fetch: node.fetch })
 */
export function createFakeStellar(options: FakeStellarOptions = {}): FakeStellar {
  const node: Node = {
    options,
    ledgers: createLedgers(options),
    faults: createFaultPlan(),
    calls: [],
    archive: null,
  }
  return asFake(node, [])
}
