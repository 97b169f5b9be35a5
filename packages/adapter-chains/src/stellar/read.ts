import {
  type ContractEvent,
  type ContractEventPage,
  type ContractEventRange,
  type ContractEventSource,
  ProviderError,
} from '@lastro/core/spec'
import { isPassing } from '../json-rpc.ts'
import { filtersOf, type WireFilter } from './filters.ts'
import type { ResolvedStellarOptions } from './options.ts'
import { isPlace, ledgerOf, nextLedgerAfter } from './place.ts'
import { RPC_CODES, type RpcNode, type RpcNodes, refusal } from './rpc.ts'
import { readPage, readRange, type WirePage } from './wire.ts'

/** What reading needs. */
export interface StellarContext {
  readonly options: ResolvedStellarOptions
  readonly nodes: RpcNodes
}

type ReadRequest = Parameters<ContractEventSource['read']>[0]
type After = ReadRequest['after']

const DEFAULT_LIMIT = 1_000
/** Of stellar-rpc 27.1.1. */
const MAX_LIMIT = 10_000
const MAX_LEDGER = 2n ** 32n - 1n

/** One question to one node. */
interface Question {
  readonly requests: readonly (readonly WireFilter[])[]
  readonly after: After
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

/** The ledgers that a node holds. @throws ProviderError. */
export async function rangeOf(
  { options: { id } }: StellarContext,
  { node, signal }: { readonly node: RpcNode; readonly signal: AbortSignal | undefined },
): Promise<ContractEventRange> {
  return readRange(await node.call({ method: 'getHealth', signal }), { id, node: node.name })
}

/** Reads the page after a place, from the first node that has it. A gap is told only when no node that answers has it. */
export async function readEvents(context: StellarContext, request: ReadRequest): Promise<ContractEventPage> {
  const question = checkRequest(context.options, request)
  let told: Exclude<ContractEventPage, { kind: 'page' }> | null = null
  let trouble: unknown = null
  for (const node of context.nodes.all) {
    try {
      await context.nodes.prove(node, question.signal)
      const page = await ask(context, node, question)
      // A node that stands still answers like one where nothing happens; only its health tells them apart.
      if (page.kind === 'page' && page.isAtTip && page.events.length === 0)
        await rangeOf(context, { node, signal: question.signal })
      if (page.kind === 'page') return page
      told = better(told, page)
    } catch (error) {
      if (!isPassing(error)) throw error
      trouble = error
    }
  }
  if (told !== null) return told
  throw trouble
}

type Told = Exclude<ContractEventPage, { kind: 'page' }>

/** Of two nodes that do not have the place: a gap says more than one that lags, and the smaller gap is the true one. */
function better(left: Told | null, right: Told): Told {
  if (left === null || left.kind === 'behind') return right
  return right.kind === 'gap' && right.to < left.to ? right : left
}

function checkRequest(options: ResolvedStellarOptions, request: ReadRequest): Question {
  const { after, limit = DEFAULT_LIMIT, signal } = request
  const refuse = (message: string) =>
    new ProviderError({ provider: options.id, kind: 'invalid_request', message })
  if ('cursor' in after && !isPlace(after.cursor)) throw refuse('after.cursor is not one of ours.')
  if ('ledger' in after && (after.ledger < 0n || after.ledger > MAX_LEDGER))
    throw refuse('after.ledger must be from 0 to 4294967295.')
  if (!Number.isSafeInteger(limit) || limit < 1) throw refuse('limit must be a whole number above zero.')
  return { requests: filtersOf(options, request.filter), after, limit: Math.min(limit, MAX_LIMIT), signal }
}

/** Asks one node for everything; several requests become one page, which ends where the first of them ends. */
async function ask(context: StellarContext, node: RpcNode, question: Question): Promise<ContractEventPage> {
  const pages: WirePage[] = []
  for (const filters of question.requests) {
    const page = await askOne(context, node, { ...question, filters })
    if ('kind' in page) return page
    pages.push(page)
  }
  return joined(pages, question)
}

const isBefore = (left: ContractEvent, right: ContractEvent) => (left.id < right.id ? -1 : 1)

function joined(pages: readonly WirePage[], { after, limit }: Question): ContractEventPage {
  const start = 'cursor' in after ? after.cursor : ''
  const first = pages.reduce((least, { cursor }) => (cursor < least ? cursor : least), pages[0]?.cursor ?? '')
  // A node that answers out of another's past must not move us back.
  const end = first > start ? first : start
  const found = pages
    .flatMap(({ events }) => events)
    .filter(({ id }) => id > start && id <= end)
    .sort(isBefore)
  const events = found.slice(0, limit)
  const last = events.at(-1)
  const cursor = found.length > limit && last !== undefined ? last.id : end
  const range = narrowest(pages.map((page) => page.range))
  const scannedTo = nextLedgerAfter(cursor) - 1n
  return { kind: 'page', events, cursor, scannedTo, isAtTip: scannedTo >= range.latest, range }
}

function narrowest(ranges: readonly ContractEventRange[]): ContractEventRange {
  return ranges.reduce((left, right) => ({
    oldest: left.oldest > right.oldest ? left.oldest : right.oldest,
    latest: left.latest < right.latest ? left.latest : right.latest,
  }))
}

/** One request. A node that takes too long is asked for half as much, a few times. */
async function askOne(
  context: StellarContext,
  node: RpcNode,
  question: Question & { readonly filters: readonly WireFilter[] },
): Promise<WirePage | Told> {
  const { id } = context.options
  const method = 'getEvents'
  const { after, filters, signal } = question
  for (let limit = question.limit; ; limit = Math.ceil(limit / 4)) {
    const answer = await node.ask({ method, signal, params: { ...startOf(after, limit), filters } })
    if (answer.kind === 'result') return readPage(answer.value, { id, node: node.name })
    if (answer.code === RPC_CODES.tooLong && limit > 10) continue
    if (answer.code !== RPC_CODES.invalidRequest) throw refusal(id, { node: node.name, method, ...answer })
    const range = await rangeOf(context, { node, signal })
    const outside = placeIn(range, after)
    if (outside === 'just_before')
      return askOne(context, node, { ...question, after: { ledger: range.oldest } })
    if (outside !== null) return outside
    // The place is in the range that it names now: it moved, or two nodes stand behind one address.
    throw refusal(id, { node: node.name, method, code: RPC_CODES.internal, message: answer.message })
  }
}

function startOf(after: After, limit: number): object {
  return 'cursor' in after
    ? { pagination: { cursor: after.cursor, limit } }
    : { startLedger: Number(after.ledger), pagination: { limit } } // tidy-allow: number a ledger below 2^32
}

/** What a place outside of a node's range means: the refusal is the same for both ends. */
function placeIn(range: ContractEventRange, after: After): Told | 'just_before' | null {
  const ledger = 'cursor' in after ? ledgerOf(after.cursor) : after.ledger
  if (ledger > range.latest) return { kind: 'behind', range }
  if (ledger >= range.oldest) return null
  // At the end of the ledger before the oldest: refused all the same, and nothing is lost.
  const from = 'cursor' in after ? nextLedgerAfter(after.cursor) : after.ledger
  return from >= range.oldest ? 'just_before' : { kind: 'gap', from, to: range.oldest - 1n, range }
}
