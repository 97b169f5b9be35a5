import type { ContractEvent, ContractEventPage, ContractEventSource } from '@lastro/core/spec'
import { type Case, check, checkThrows, shown, type World } from './case.ts'

/** Drives a node, so that a case can emit events, close ledgers and let the node forget. */
export interface ContractEventWorld extends World {
  readonly source: ContractEventSource
  /** The contract whose events are asked for. */
  readonly contract: string
  /** Closes a ledger with so many events of the contract. Answers their ids, in the order of the chain. */
  emit(count: number): Promise<readonly string[]> | readonly string[]
  /** Closes so many ledgers in which the contract emits nothing. */
  idle(ledgers: number): Promise<void> | void
  /** How many ledgers without a match make the node answer an empty page before its tip. */
  readonly emptyPageAfter: number
  /** The node forgets everything but its newest ledger. */
  prune(): Promise<void> | void
  fault(kind: 'unreachable' | 'server_error'): void
  mend(): void
}

const CALLS = 1_000

type After = Parameters<ContractEventSource['read']>[0]['after']

const read = ({ source, contract }: ContractEventWorld, after: After): Promise<ContractEventPage> =>
  source.read({ filter: { contracts: [contract], names: [] }, after, limit: 3 })

/** Reads to the tip, following cursors. */
async function readAll(world: ContractEventWorld, start: After) {
  const events: ContractEvent[] = []
  const pages: Extract<ContractEventPage, { kind: 'page' }>[] = []
  let emptyPages = 0
  let after = start
  for (let call = 0; call < CALLS; call++) {
    const page = await read(world, after)
    check(page.kind === 'page', `Expected a page, got ${shown(page)}.`)
    events.push(...page.events)
    pages.push(page)
    if (page.events.length === 0 && !page.isAtTip) emptyPages += 1
    after = { cursor: page.cursor }
    if (page.isAtTip) return { events, pages, emptyPages, after }
  }
  throw new Error(`The tip was not reached within ${CALLS} pages.`)
}

const inOrder: Case<ContractEventWorld> = {
  id: 'contract_events/in_order',
  rule: 'events come in the order of the chain, and a cursor never skips one.',
  async run(world) {
    const { latest } = await world.source.range()
    const ids = [...(await world.emit(2)), ...(await world.emit(5)), ...(await world.emit(1))]
    const first = await readAll(world, { ledger: latest })
    check(
      shown(first.events.map(({ id }) => id)) === shown(ids),
      `Emitted ${shown(ids)}, told ${shown(first.events.map(({ id }) => id))}.`,
    )
    const later = await world.emit(4)
    const second = await readAll(world, first.after)
    check(
      shown(second.events.map(({ id }) => id)) === shown(later),
      `Then emitted ${shown(later)}, told ${shown(second.events.map(({ id }) => id))}.`,
    )
    const sorted = [...ids, ...later].sort()
    check(shown(sorted) === shown([...ids, ...later]), 'The ids do not compare as the order of the chain.')
  },
}

const scanned: Case<ContractEventWorld> = {
  id: 'contract_events/scanned_told',
  rule: '`scannedTo` never names a ledger of which events are still to come.',
  async run(world) {
    const { latest } = await world.source.range()
    await world.emit(7)
    await world.idle(2)
    const { pages } = await readAll(world, { ledger: latest })
    for (const [index, page] of pages.entries()) {
      const early = pages.slice(index + 1).flatMap(({ events }) => events.filter(isWithin(page.scannedTo)))
      check(early.length === 0, `Looked through to ${page.scannedTo}, and then told ${shown(early)}.`)
    }
    const end = pages.at(-1)
    check(
      end !== undefined && end.scannedTo === end.range.latest,
      `At the tip the last page was looked through to ${end?.scannedTo}, of ${end?.range.latest}.`,
    )
  },
}

const isWithin =
  (ledger: bigint) =>
  (event: ContractEvent): boolean =>
    event.ledger <= ledger

const emptyPage: Case<ContractEventWorld> = {
  id: 'contract_events/empty_page_goes_on',
  rule: 'an empty page is not the end; its cursor moves on.',
  async run(world) {
    const { latest } = await world.source.range()
    await world.idle(world.emptyPageAfter * 2 + 1)
    const ids = await world.emit(1)
    const { events, emptyPages } = await readAll(world, { ledger: latest })
    check(emptyPages > 0, 'The world made no empty page, so that nothing was tried.')
    check(shown(events.map(({ id }) => id)) === shown(ids), `Emitted ${shown(ids)}, told ${shown(events)}.`)
  },
}

const gap: Case<ContractEventWorld> = {
  id: 'contract_events/gap_told',
  rule: 'what the node no longer holds is a `gap`, never silence.',
  async run(world) {
    await world.emit(1)
    const { latest } = await world.source.range()
    const { after } = await readAll(world, { ledger: latest })
    await world.emit(2)
    await world.idle(3)
    await world.prune()
    const { oldest } = await world.source.range()
    for (const place of [after, { ledger: latest }]) {
      const page = await read(world, place)
      check(page.kind === 'gap', `The node forgot events after ${shown(place)}, and answers ${shown(page)}.`)
      check(
        page.to === oldest - 1n && page.from <= page.to,
        `The node's oldest is ${oldest}: ${shown(page)}.`,
      )
    }
  },
}

const down: Case<ContractEventWorld> = {
  id: 'contract_events/down_throws',
  rule: 'trouble throws `ProviderError`; it is never an empty page.',
  async run(world) {
    await world.emit(1)
    const { latest } = await world.source.range()
    for (const kind of ['unreachable', 'server_error'] as const) {
      world.fault(kind)
      await checkThrows(`read, ${kind}`, () => read(world, { ledger: latest }))
      await checkThrows(`range, ${kind}`, () => world.source.range())
      world.mend()
    }
  },
}

/** The rules of `ContractEventSource`. */
export const contractEventCases: readonly Case<ContractEventWorld>[] = [
  inOrder,
  scanned,
  emptyPage,
  gap,
  down,
]
