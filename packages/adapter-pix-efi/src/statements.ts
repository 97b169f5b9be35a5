import type { StatementEntry, StatementSource } from '@lastro/core/spec'
import { Money } from '@lastro/core/spec'
import { z } from 'zod'
import { badArgument, readOne, surprise } from './answers.ts'
import { type ReceivedPix, receivedPix, type SentPix, sentPix } from './api.ts'
import { nextPage, queryOf } from './charges/list.ts'
import { parameters } from './charges/wire.ts'
import type { EfiClient } from './client.ts'
import { isMedReturn, partsOf, refundOf } from './facts.ts'
import { instantOf, timeOfRefund } from './instant.ts'
import { amounts, refundStatus, sendStatus } from './map.ts'
import type { Settings } from './options.ts'
import { keyOfPixId } from './pix-id.ts'

/**
 * The lists of which a statement is made. Efí's lists count by the time of the Pix itself, so what was given back within
 * the window is found under a Pix of up to ninety days before (BCB: the window of refunds).
 */
const LISTS = {
  received: { path: ['v2', 'pix'], daysBefore: 0, filter: {}, read: receiptEntries },
  refunded: {
    path: ['v2', 'pix'],
    daysBefore: 91,
    filter: { devolucaoPresente: 'true' },
    read: refundEntries,
  },
  sent: { path: ['v2', 'gn', 'pix', 'enviados'], daysBefore: 0, filter: {}, read: sentEntries },
  returned: { path: ['v2', 'gn', 'pix', 'enviados'], daysBefore: 91, filter: {}, read: returnedEntries },
} as const satisfies Readonly<Record<string, List>>

interface List {
  readonly path: readonly string[]
  readonly daysBefore: number
  readonly filter: Readonly<Record<string, string>>
  read(element: unknown): readonly StatementEntry[]
}

type ListName = keyof typeof LISTS

const ORDER: readonly ListName[] = ['received', 'refunded', 'sent', 'returned']
const DAY_MS = 86_400_000
/** The most that Efí puts on a page. */
const PAGE_SIZE = 1_000
/** States of an entry, by those of a send or a refund. */
const STATES = { pending: 'pending', paid: 'settled', succeeded: 'settled', failed: 'failed' } as const

const page = z.object({ parametros: parameters, pix: z.array(z.unknown()).nullish() })

function timeOf(value: Date | undefined, what: string): Date {
  if (value === undefined) throw surprise(`${what} has no time in a list.`)
  return value
}

function receivedOf(element: unknown): ReceivedPix {
  const parsed = receivedPix.safeParse(element)
  if (!parsed.success) throw surprise('a received Pix cannot be read in a list.')
  return parsed.data
}

const paymentNames = ({ txid }: ReceivedPix) => {
  if (!txid) return {}
  const idempotencyKey = keyOfPixId(txid)
  return { providerRef: txid, ...(idempotencyKey === null ? {} : { idempotencyKey }) }
}

function receiptEntries(element: unknown): readonly StatementEntry[] {
  const pix = receivedOf(element)
  return partsOf({ ...pix, devolucoes: [] }).receipts.map(({ ref, amount, fee, receivedAt }) => ({
    ref,
    kind: 'receipt' as const,
    ...paymentNames(pix),
    amount,
    ...(fee === undefined ? {} : { fee }),
    state: 'settled' as const,
    occurredAt: timeOf(receivedAt, 'a received Pix'),
  }))
}

/** Refunds that we made, and money that a fraud claim took back. The key of the entry is the refund's own. */
function refundEntries(element: unknown): readonly StatementEntry[] {
  const pix = receivedOf(element)
  return (pix.devolucoes ?? []).map((wire) => {
    const { ref, amount, state, idempotencyKey } = refundOf(wire, pix.endToEndId)
    return {
      ref,
      kind: isMedReturn(wire) ? ('dispute' as const) : ('refund' as const),
      ...(pix.txid ? { providerRef: pix.txid } : {}),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      amount: Money.negate(amount),
      state: STATES[state],
      occurredAt: timeOf(askedAt(wire.horario), 'a refund'),
    }
  })
}

/** When it was asked for: it stays the same while the state moves on, so no two windows tell of one movement. */
function askedAt(horario: unknown): Date | undefined {
  return instantOf(Reflect.get(Object(horario), 'solicitacao')) ?? timeOfRefund(horario)
}

function sentOf(element: unknown): SentPix {
  const parsed = sentPix.safeParse(element)
  if (!parsed.success) throw surprise('a sent Pix cannot be read in a list.')
  return parsed.data
}

function sentEntries(element: unknown): readonly StatementEntry[] {
  const pix = sentOf(element)
  const ref = pix.endToEndId ?? pix.e2eId ?? pix.idEnvio
  if (!ref) throw surprise('a sent Pix has no id in a list.')
  return [
    {
      ref,
      kind: 'payout',
      ...(pix.idEnvio ? { providerRef: pix.idEnvio } : {}),
      amount: Money.negate(amounts.read(pix.valor, 'valor')),
      state: STATES[sendStatus.get(pix.status)],
      occurredAt: timeOf(askedAt(pix.horario), 'a sent Pix'),
    },
  ]
}

function returnedEntries(element: unknown): readonly StatementEntry[] {
  const pix = sentOf(element)
  return (pix.devolucoes ?? []).map(({ rtrId, id, valor, status, horario }) => {
    const ref = rtrId ?? id
    if (!ref) throw surprise('a Pix that came back has no id in a list.')
    return {
      ref,
      kind: 'payout_returned' as const,
      ...(pix.idEnvio ? { providerRef: pix.idEnvio } : {}),
      amount: amounts.read(valor, 'devolucoes.valor'),
      // Look-ups and lists give no status: it has come back.
      state: status ? STATES[refundStatus.get(status)] : ('settled' as const),
      occurredAt: timeOf(timeOfRefund(horario), 'a Pix that came back'),
    }
  })
}

/** `received:0`: a list and the number of its page. Null begins with the first. */
function readCursor(cursor: string | null): { readonly name: ListName; readonly number: number } {
  const [name = '', number = ''] = (cursor ?? `${ORDER[0]}:0`).split(':')
  const found = ORDER.find((known) => known === name)
  if (found === undefined || !/^\d{1,9}$/.test(number))
    throw badArgument('cursor', 'must be one that was told')
  return { name: found, number: Number.parseInt(number, 10) }
}

function cursorAfter({
  name,
  next,
}: {
  readonly name: ListName
  readonly next: number | null
}): string | null {
  if (next !== null) return `${name}:${next}`
  const following = ORDER[ORDER.indexOf(name) + 1]
  return following === undefined ? null : `${following}:0`
}

/** Efí's own account of what moved: received, refunded, sent and returned, list by list. */
export function createStatements(client: EfiClient, settings: Settings): StatementSource {
  return {
    specVersion: 1,
    listedAfterMs: settings.conclusiveAfterMs,
    async entries({ from, to, cursor = null, signal }) {
      const { name, number } = readCursor(cursor)
      const list: List = LISTS[name]
      const since = new Date(from.getTime() - list.daysBefore * DAY_MS)
      const query = { ...queryOf({ from: since, to, page: number, pageSize: PAGE_SIZE }), ...list.filter }
      const call = { method: 'GET', path: list.path, query, signal } as const
      const found = await readOne(client, { call, subject: `the list ${name}`, schema: page })
      const next = nextPage(found.parametros.paginacao, number)
      const items = (found.pix ?? [])
        .flatMap(list.read)
        .filter(({ occurredAt }) => occurredAt >= from && occurredAt < to)
      return { items, nextCursor: cursorAfter({ name, next }) }
    },
  }
}
