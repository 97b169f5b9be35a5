import { type ContractEvent, type ContractEventPage, ProviderError } from '@lastro/core/spec'
import type { ContractEventWorld, CreateWorld } from '../../conformance/index.ts'
import type { Flaw } from '../flaw.ts'
import { type Chain, CONTRACT, cursorAfter, SCAN } from './chain.ts'

/** The decisions of a contract event adapter, one by one. */
interface EventParts {
  /** The cursor of a page whose limit was reached, and of one that was scanned to a ledger. */
  cursor(place: { readonly last: ContractEvent | null; readonly scannedTo: bigint }): string
  /** What a page says it was looked through to: `last` is the event at which its limit cut. */
  scanned(place: { readonly last: ContractEvent | null; readonly scannedTo: bigint }): bigint
  isAtTip(place: {
    readonly isFull: boolean
    readonly count: number
    readonly scannedTo: bigint
    readonly latest: bigint
  }): boolean
  /** What a start that the node forgot comes to. */
  onForgotten(place: { readonly from: bigint; readonly chain: Chain }): ContractEventPage | null
  order(events: readonly ContractEvent[]): readonly ContractEvent[]
  /** @throws ProviderError, unless broken. */
  onTrouble(chain: Chain): ContractEventPage
}

/** Where a page starts. */
interface Place {
  readonly after: string
  readonly first: bigint
  readonly limit: number
}

type Replace = (correct: EventParts) => Partial<EventParts>

const rangeOf = ({ oldest, latest }: Chain) => ({ oldest, latest })

function couldNotAsk(): never {
  throw new ProviderError({ provider: 'reference', kind: 'unavailable', message: 'the node is silent.' })
}

const correctParts: EventParts = {
  cursor: ({ last, scannedTo }) => last?.id ?? cursorAfter(scannedTo),
  scanned: ({ last, scannedTo }) => (last === null ? scannedTo : last.ledger - 1n),
  isAtTip: ({ isFull, scannedTo, latest }) => !isFull && scannedTo >= latest,
  onForgotten: ({ from, chain }) => ({ kind: 'gap', from, to: chain.oldest - 1n, range: rangeOf(chain) }),
  order: (events) => events,
  onTrouble: couldNotAsk,
}

function createWorld(replace: Replace = () => ({})): ContractEventWorld {
  const parts = { ...correctParts, ...replace(correctParts) }
  const events: ContractEvent[] = []
  const chain = { oldest: 1n, latest: 1n }
  let isDown = false

  const page = ({ after, first, limit }: Place): ContractEventPage => {
    const forgotten = first < chain.oldest ? parts.onForgotten({ from: first, chain }) : null
    if (forgotten !== null) return forgotten
    const start = first < chain.oldest ? chain.oldest : first
    const scannedTo = start + SCAN - 1n > chain.latest ? chain.latest : start + SCAN - 1n
    const held = events.filter(({ id, ledger }) => id > after && ledger >= start && ledger <= scannedTo)
    const found = held.slice(0, limit)
    const isFull = held.length >= limit
    const place = { last: isFull ? (found.at(-1) ?? null) : null, scannedTo }
    const cursor = parts.cursor(place)
    const isAtTip = parts.isAtTip({ isFull, count: found.length, scannedTo, latest: chain.latest })
    const told = { events: parts.order(found), cursor, scannedTo: parts.scanned(place) }
    return { kind: 'page', ...told, isAtTip, range: rangeOf(chain) }
  }

  return {
    source: {
      specVersion: 1,
      network: 'reference',
      range: async () => (isDown ? couldNotAsk() : rangeOf(chain)),
      async read({ after, limit = 100 }) {
        if (isDown) return parts.onTrouble(chain)
        if ('ledger' in after) return page({ after: '', first: after.ledger, limit })
        const [ledger = '0', rest = ''] = after.cursor.split('-')
        // A cursor at the end of a ledger goes on with the next one.
        return page({ after: after.cursor, first: BigInt(ledger) + (rest === '9999' ? 1n : 0n), limit })
      },
    },
    contract: CONTRACT,
    emit(count) {
      chain.latest += 1n
      const made = Array.from({ length: count }, (_, index) => eventAt(chain.latest, index))
      events.push(...made)
      return made.map(({ id }) => id)
    },
    idle(ledgers) {
      chain.latest += BigInt(ledgers)
    },
    emptyPageAfter: 10,
    prune() {
      chain.oldest = chain.latest
      const kept = events.filter(({ ledger }) => ledger >= chain.oldest)
      events.splice(0, events.length, ...kept)
    },
    fault() {
      isDown = true
    },
    mend() {
      isDown = false
    },
  }
}

function eventAt(ledger: bigint, index: number): ContractEvent {
  const id = `${`${ledger}`.padStart(10, '0')}-${`${index}`.padStart(4, '0')}`
  const chain = {
    contract: CONTRACT,
    transactionHash: id,
    ledger,
    occurredAt: new Date(Date.UTC(2026, 2, 2)),
  }
  return { id, ...chain, name: 'transfer', topics: [], value: '' }
}

/** A correct contract event adapter. */
export const contractEventReference: CreateWorld<ContractEventWorld> = () => createWorld()

const flaw = (id: string, what: string, { replace }: { replace: Replace }): Flaw<ContractEventWorld> => ({
  id: `contract_events/${id}`,
  what,
  createWorld: () => createWorld(replace),
})

/** Ways to break a contract event adapter, at least one for each rule. */
export const contractEventFlaws: readonly Flaw<ContractEventWorld>[] = [
  flaw('in_order', 'goes on after the ledger and not after the event', {
    replace: () => ({ cursor: ({ last, scannedTo }) => cursorAfter(last?.ledger ?? scannedTo) }),
  }),
  flaw('in_order', 'tells the newest first', {
    replace: () => ({ order: (events) => [...events].reverse() }),
  }),
  flaw('scanned_told', 'takes a ledger that the limit cut for looked through', {
    replace: () => ({ scanned: ({ last, scannedTo }) => last?.ledger ?? scannedTo }),
  }),
  flaw('empty_page_goes_on', 'takes an empty page for the end', {
    replace: (correct) => ({ isAtTip: (place) => place.count === 0 || correct.isAtTip(place) }),
  }),
  flaw('gap_told', 'goes on with what is left', { replace: () => ({ onForgotten: () => null }) }),
  flaw('down_throws', 'takes trouble for an empty page', {
    replace: () => ({
      onTrouble: (chain) => ({
        ...{ kind: 'page', events: [], cursor: '', isAtTip: true },
        ...{ scannedTo: chain.latest, range: rangeOf(chain) },
      }),
    }),
  }),
]
