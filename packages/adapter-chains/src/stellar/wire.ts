import { type ContractEvent, type ContractEventRange, ProviderError } from '@lastro/core/spec'
import { isPlace, operationOf } from './place.ts'
import { symbolOfScVal } from './scval.ts'

/** One page as a node answers it. */
export interface WirePage {
  readonly events: readonly ContractEvent[]
  readonly cursor: string
  readonly range: ContractEventRange
}

/** Who is asked, for errors about what was answered. */
interface Asked {
  readonly id: string
  readonly node: string
}

const HASH = /^[0-9a-f]{64}$/
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

function odd({ id, node }: Asked, field: string): ProviderError {
  const message = `${node} answered ${field} in a form that is not documented.`
  return new ProviderError({ provider: id, kind: 'unexpected_answer', message })
}

function fieldsOf(
  value: unknown,
  { what, ...asked }: Asked & { readonly what: string },
): (name: string) => unknown {
  if (typeof value !== 'object' || value === null) throw odd(asked, what)
  return (name) => Reflect.get(value, name)
}

function whole(value: unknown, { field, ...asked }: Asked & { readonly field: string }): bigint {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw odd(asked, field)
  return BigInt(value)
}

function matching(
  value: unknown,
  { form, field, ...asked }: Asked & { readonly form: RegExp; readonly field: string },
): string {
  if (typeof value !== 'string' || !form.test(value)) throw odd(asked, field)
  return value
}

/** The ledgers that a node holds, as `getHealth` and `getEvents` tell them. */
export function readRange(value: unknown, asked: Asked): ContractEventRange {
  const field = fieldsOf(value, { ...asked, what: 'the range' })
  return {
    oldest: whole(field('oldestLedger'), { ...asked, field: 'oldestLedger' }),
    latest: whole(field('latestLedger'), { ...asked, field: 'latestLedger' }),
  }
}

function readEvent(value: unknown, asked: Asked): ContractEvent {
  const field = fieldsOf(value, { ...asked, what: 'an event' })
  const id = field('id')
  if (typeof id !== 'string' || !isPlace(id)) throw odd(asked, 'id')
  const closedAt = field('ledgerClosedAt')
  const occurredAt = new Date(typeof closedAt === 'string' ? closedAt : Number.NaN) // tidy-allow: number an invalid date
  if (Number.isNaN(occurredAt.getTime())) throw odd(asked, 'ledgerClosedAt')
  const topics = field('topic')
  if (!Array.isArray(topics)) throw odd(asked, 'topic')
  const text = topics.map((topic) => matching(topic, { ...asked, form: BASE64, field: 'topic' }))
  return {
    id,
    contract: matching(field('contractId'), { ...asked, form: /^C[A-Z2-7]{55}$/, field: 'contractId' }),
    transactionHash: matching(field('txHash'), { ...asked, form: HASH, field: 'txHash' }),
    // Out of the id: older servers do not tell it, and the same event must look the same from each of them.
    operation: operationOf(id),
    ledger: whole(field('ledger'), { ...asked, field: 'ledger' }),
    occurredAt,
    name: text[0] === undefined ? null : symbolOfScVal(text[0]),
    topics: text,
    value: matching(field('value'), { ...asked, form: BASE64, field: 'value' }),
  }
}

/** @throws ProviderError `unexpected_answer` where a field that decides something has another form than documented. */
export function readPage(value: unknown, asked: Asked): WirePage {
  const field = fieldsOf(value, { ...asked, what: 'a page' })
  const events = field('events')
  const cursor = field('cursor')
  if (!Array.isArray(events)) throw odd(asked, 'events')
  if (typeof cursor !== 'string' || !isPlace(cursor)) throw odd(asked, 'cursor')
  return { events: events.map((event) => readEvent(event, asked)), cursor, range: readRange(value, asked) }
}
