import { createHash } from 'node:crypto'
import type { FakeStellarOptions } from './options.ts'
import { scI128, scSymbol } from './scval.ts'

/** An event as a test asks for it. */
export interface EmittedEvent {
  readonly contract: string
  /** The first topic, as a symbol. Default `transfer`; null: `topics` are all there are. */
  readonly name?: string | null
  /** Base64 ScVals after the name. Default: none. */
  readonly topics?: readonly string[]
  /** A base64 ScVal. Default: an i128 of 1. */
  readonly value?: string
  /** Its transaction's place in the ledger, from 1. Default: one transaction for each event. */
  readonly transaction?: number
  /** Its operation's place in the transaction, from 0. Default 0. */
  readonly operation?: number
}

/** An event as the node holds it. */
export interface HeldEvent {
  readonly ledger: bigint
  readonly closedAt: string
  readonly contract: string
  readonly topics: readonly string[]
  readonly value: string
  readonly transaction: number
  readonly operation: number
  readonly transactionHash: string
}

/** The ledgers of a network. */
export interface FakeLedgers {
  first: bigint
  latest: bigint
  oldest: bigint
  /** When the latest ledger closed, in milliseconds. */
  closedAt: number
  isStalled: boolean
  readonly events: HeldEvent[]
}

const LEDGER_MS = 5_000
const START_MS = Date.UTC(2026, 2, 2, 12)
/** An older last ledger makes a node call itself unhealthy. */
const UNHEALTHY_MS = 30_000

/** Ledgers that begin at the first. */
export function createLedgers({ firstLedger = 3_000_000n, clock }: FakeStellarOptions): FakeLedgers {
  const closedAt = clock?.now().getTime() ?? START_MS
  return {
    first: firstLedger,
    latest: firstLedger,
    oldest: firstLedger,
    closedAt,
    isStalled: false,
    events: [],
  }
}

function forget(ledgers: FakeLedgers, oldest: bigint): void {
  if (oldest <= ledgers.oldest) return
  ledgers.oldest = oldest
  const kept = ledgers.events.filter(({ ledger }) => ledger >= oldest)
  ledgers.events.splice(0, ledgers.events.length, ...kept)
}

/** Closes so many ledgers without an event. */
export function closeLedgers(
  ledgers: FakeLedgers,
  { options, count }: { readonly options: FakeStellarOptions; readonly count: bigint },
): void {
  ledgers.latest += count
  ledgers.closedAt += Number(count) * LEDGER_MS
  forget(ledgers, ledgers.latest - (options.retention ?? 120_960n) + 1n)
}

/** Closes the ledgers that the clock has made due. */
export function followClock(ledgers: FakeLedgers, options: FakeStellarOptions): void {
  if (options.clock === undefined || ledgers.isStalled) return
  const due = Math.floor((options.clock.now().getTime() - ledgers.closedAt) / LEDGER_MS)
  if (due > 0) closeLedgers(ledgers, { options, count: BigInt(due) })
}

/** False where the last ledger is too old. */
export function isHealthy(ledgers: FakeLedgers, { clock }: FakeStellarOptions): boolean {
  if (!ledgers.isStalled) return true
  return clock !== undefined && clock.now().getTime() - ledgers.closedAt <= UNHEALTHY_MS
}

/** Closes one ledger with these events. */
export function closeWith(
  ledgers: FakeLedgers,
  { options, emitted }: { readonly options: FakeStellarOptions; readonly emitted: readonly EmittedEvent[] },
): readonly HeldEvent[] {
  closeLedgers(ledgers, { options, count: 1n })
  const { latest: ledger, closedAt } = ledgers
  const held = emitted.map((event, index): HeldEvent => {
    const { contract, name = 'transfer', topics = [], value = scI128(1n), operation = 0 } = event
    const transaction = event.transaction ?? index + 1
    return {
      ledger,
      closedAt: new Date(closedAt).toISOString().replace('.000Z', 'Z'),
      contract,
      topics: name === null ? topics : [scSymbol(name), ...topics],
      value,
      transaction,
      operation,
      transactionHash: createHash('sha256').update(`${ledgers.first}:${ledger}:${transaction}`).digest('hex'),
    }
  })
  held.sort((left, right) => left.transaction - right.transaction || left.operation - right.operation)
  ledgers.events.push(...held)
  return held
}

/** Forgets everything but the newest ledgers. */
export function keepNewest(ledgers: FakeLedgers, count: bigint): void {
  forget(ledgers, ledgers.latest - count + 1n)
}

/** Begins the network anew at its second ledger, as test networks do. */
export function beginAnew(ledgers: FakeLedgers): void {
  const first = 2n
  Object.assign(ledgers, { first, latest: first, oldest: first })
  ledgers.events.splice(0)
}

/** Unix seconds of a ledger's close, as text. */
export function closeTime({ latest, closedAt }: FakeLedgers, ledger: bigint): string {
  return `${Math.floor((closedAt - Number(latest - ledger) * LEDGER_MS) / 1_000)}`
}
