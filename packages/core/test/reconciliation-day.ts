/** A day of a provider in bulk: rows and postings as the rails write them, the statement, and what is wrong with it. */
import type { NewTransfer } from '@lastro/core'
import { Money, type StatementEntry } from '@lastro/core/spec'
import type { TestDatabase } from '@lastro/testing/storage'
import { HOUR } from './reconciliation-bench.ts'

const KINDS = ['receipt', 'refund', 'payout'] as const
type Kind = (typeof KINDS)[number]

/** What is wrong with one thing of the day. `flight` is nothing: it is only early. */
export type Fault =
  | 'none'
  | 'flight'
  | 'missing_here'
  | 'missing_there'
  | 'amount'
  | 'state'
  | 'timing'
  | 'ledger'
  | 'duplicate'

/** One thing as it really happened, and what is wrong with how it stands. */
interface Thing {
  readonly index: number
  readonly kind: Kind
  readonly fault: Fault
  readonly at: Date
}

type Row = Record<string, unknown>

/** Everything of the day: rows by table, postings, the statement as it is and as it should be. */
export interface Day {
  readonly rows: Record<
    'payment' | 'payment_ref' | 'payment_receipt' | 'payment_operation' | 'payment_refund' | 'payout',
    Row[]
  >
  readonly transfers: NewTransfer[]
  /** Settles holds: booked after them. */
  readonly settlements: NewTransfer[]
  readonly told: StatementEntry[]
  /** The statement without a fault. */
  readonly right: StatementEntry[]
  /** Postings that mend the ledger. */
  readonly mending: NewTransfer[]
  /** Statements that mend rows of ours. */
  readonly corrections: string[]
  /** What must be found: class and subject. */
  readonly drifts: string[]
}

const ASSET = 'BRL/2'
const brl = (units: bigint) => Money.of(units, ASSET)
const pad = (index: number) => `${index}`.padStart(6, '0')

/** Things in the order of their times: those in flight last, the others in the middle of the day. */
function thingsOf(start: Date, counts: Readonly<Record<Fault, number>>): Thing[] {
  const faults = (Object.keys(counts) as Fault[]).filter((fault) => fault !== 'flight')
  const list: Fault[] = []
  const most = Math.max(...faults.map((fault) => counts[fault]))
  // Mixed, so that every batch holds something of everything.
  for (let round = 0; round < most; round += 1)
    for (const fault of faults) if (round < counts[fault]) list.push(fault)
  const step = (12 * HOUR) / list.length
  const early = list.map((fault, index) => ({
    fault,
    at: new Date(start.getTime() + 6 * HOUR + index * step),
  }))
  const flying = Array.from({ length: counts.flight }, (_, index) => ({
    fault: 'flight' as const,
    at: new Date(start.getTime() + 24 * HOUR - 30 * 60_000 + index),
  }))
  const all = [...early, ...flying]
  const seen: Partial<Record<Fault, number>> = {}
  return all.map(({ fault, at }, index) => {
    seen[fault] = (seen[fault] ?? 0) + 1
    const nth = seen[fault]
    // A second receipt of one payment is money that came twice, and no duplicate.
    const mix = fault === 'duplicate' ? [1, 2, 2] : [0, 0, 1, 2]
    return {
      index,
      fault,
      at: new Date(Math.trunc(at.getTime())),
      kind: KINDS[mix[nth % mix.length] ?? 0] ?? 'receipt',
    }
  })
}

/** Makes the day. */
export function dayOf(start: Date, counts: Readonly<Record<Fault, number>>): Day {
  const day: Day = {
    rows: {
      payment: [],
      payment_ref: [],
      payment_receipt: [],
      payment_operation: [],
      payment_refund: [],
      payout: [],
    },
    transfers: [],
    settlements: [],
    told: [],
    right: [],
    mending: [],
    corrections: [],
    drifts: [],
  }
  for (const thing of thingsOf(start, counts)) {
    if (thing.kind === 'receipt') addReceipt(day, thing)
    else if (thing.kind === 'refund') addRefund(day, thing)
    else addPayout(day, thing)
  }
  return day
}

const minutesBefore = (at: Date, minutes: number) => new Date(at.getTime() - minutes * 60_000)

function addPayment(day: Day, thing: Thing, { isPaid }: { isPaid: boolean }): { id: string; amount: bigint } {
  const id = `pay_${pad(thing.index)}`
  const amount = BigInt(1_000 + thing.index)
  const created = minutesBefore(thing.at, 5).toISOString()
  day.rows.payment.push({
    ...{
      id,
      provider: 'psp',
      route: '["psp"]',
      refused_by: '[]',
      state: isPaid ? 'paid' : 'pending',
      amount: `${amount}`,
    },
    ...{
      asset: ASSET,
      method: 'pix',
      capture: 'automatic',
      metadata: {},
      credit_account: `clearing:payments:${ASSET}`,
    },
    ...{
      correlation: id,
      provider_ref: `psp-${id}`,
      told: isPaid ? '["paid"]' : '["pending"]',
      authorized: '0',
    },
    ...{
      received: isPaid ? `${amount}` : '0',
      fees: '0',
      refunding: '0',
      refunded: '0',
      disputed: '0',
      attempts: 1,
    },
    ...{ created_at: created, updated_at: thing.at.toISOString(), submitted_at: created, version: 2 },
  })
  day.rows.payment_ref.push({ provider: 'psp', ref: `psp-${id}`, payment_id: id })
  return { id, amount }
}

function receive(day: Day, payment: { id: string; amount: bigint }, thing: Pick<Thing, 'index' | 'at'>) {
  const ref = `E${pad(thing.index)}`
  const { id, amount } = payment
  day.rows.payment_receipt.push({
    ...{
      provider: 'psp',
      ref,
      payment_id: id,
      asset: ASSET,
      amount: `${amount}`,
      fee: '1',
      booked: `${amount}`,
    },
    ...{ booked_fee: '1', received_at: thing.at.toISOString() },
  })
  const common = { kind: 'posted', cause: id } as const
  const receipt: NewTransfer = {
    ...common,
    id: `${id}:receipt:${ref}:${amount}`,
    debit: `receivable:psp:${ASSET}`,
    credit: `clearing:payments:${ASSET}`,
    amount: brl(amount),
  }
  const fee: NewTransfer = {
    ...common,
    id: `${id}:fee:${ref}:1`,
    debit: `fees:psp:${ASSET}`,
    credit: `receivable:psp:${ASSET}`,
    amount: brl(1n),
  }
  const line: StatementEntry = {
    ...{
      ref,
      kind: 'receipt',
      providerRef: `psp-${id}`,
      idempotencyKey: id,
      amount: brl(amount),
      fee: brl(1n),
    },
    ...{ state: 'settled', occurredAt: thing.at },
  }
  return { ref, receipt, fee, line }
}

const tell = (day: Day, line: StatementEntry) => {
  day.told.push(line)
  day.right.push(line)
}

function addReceipt(day: Day, thing: Thing): void {
  const { fault, index } = thing
  const isHere = fault !== 'missing_here' && !(fault === 'flight' && index % 3 === 0)
  const payment = addPayment(day, thing, { isPaid: isHere })
  if (!isHere) {
    // Young, or lost on its way to us.
    const line = receive({ ...day, rows: { ...day.rows, payment_receipt: [] } }, payment, thing).line
    day.told.push(line)
    if (fault === 'missing_here') day.drifts.push(`missing_here line:${line.ref}`)
    else day.right.push(line)
    return
  }
  const { ref, receipt, fee, line } = receive(day, payment, thing)
  const subject = `receipt:${ref}`
  day.transfers.push(fee)
  if (fault === 'ledger') {
    day.drifts.push(`ledger ${subject}`)
    if (index % 2 === 0) day.mending.push(receipt)
    else {
      const less = payment.amount - 7n
      day.transfers.push({
        ...receipt,
        id: `${payment.id}:receipt:${ref}:${less}`,
        amount: brl(less),
      } as NewTransfer)
      day.mending.push({ ...receipt, amount: brl(7n) } as NewTransfer)
    }
  } else day.transfers.push(receipt)
  if (fault === 'flight') {
    if (index % 3 === 1) tell(day, { ...line, state: 'pending' })
    return
  }
  tellFaulty(day, thing, { line, subject })
}

/** A line as the fault leaves it. */
function tellFaulty(
  day: Day,
  { fault, index, at }: Thing,
  { line, subject }: { line: StatementEntry; subject: string },
): void {
  day.right.push(line)
  if (fault === 'none' || fault === 'ledger') return void day.told.push(line)
  day.drifts.push(`${fault} ${subject}`)
  if (fault === 'missing_there') return
  const { amount, fee } = line
  if (fault === 'amount' && index % 3 === 0 && fee !== undefined) day.told.push({ ...line, fee: brl(2n) })
  else if (fault === 'amount') day.told.push({ ...line, amount: brl(amount.amount + 1n) })
  else if (fault === 'state') day.told.push({ ...line, state: 'failed' })
  else if (fault === 'timing')
    day.told.push({ ...line, occurredAt: new Date(at.getTime() + (index % 2 === 0 ? 5 : -5) * HOUR) })
  else day.told.push(line, { ...line, ref: `${line.ref}-again` })
}

function addRefund(day: Day, thing: Thing): void {
  const { fault, index, at } = thing
  const payment = addPayment(day, thing, { isPaid: true })
  const paid = receive(day, payment, thing)
  day.transfers.push(paid.receipt, paid.fee)
  // Its receipt is in flight too.
  if (fault !== 'flight') tell(day, paid.line)
  const id = `rfnd_${pad(index)}`
  const ref = `R${pad(index)}`
  const subject = `refund:${id}`
  const amount = payment.amount - 500n
  const line: StatementEntry = {
    ...{
      ref,
      kind: 'refund',
      providerRef: `psp-${payment.id}`,
      amount: brl(-amount),
      state: 'settled',
      occurredAt: at,
    },
    // Every other one is found by the provider's ref.
    ...(index % 2 === 0 || fault === 'duplicate' ? { idempotencyKey: id } : {}),
  }
  if (fault === 'missing_here') {
    day.told.push({ ...line, idempotencyKey: 'of nobody' })
    day.drifts.push(`missing_here line:${ref}`)
    return
  }
  const isFailed = fault === 'state' && index % 2 === 0
  const isFlying = fault === 'flight'
  const state = isFailed ? 'failed' : isFlying ? 'pending' : 'succeeded'
  const created = minutesBefore(at, 2).toISOString()
  day.rows.payment_operation.push({
    ...{
      id,
      payment_id: payment.id,
      kind: 'refund',
      state: 'done',
      asset: ASSET,
      amount: `${amount}`,
      is_final: false,
    },
    ...{
      provider_ref: ref,
      baseline: '0',
      hold: isFlying ? 'open' : 'settled',
      attempts: 1,
      created_at: created,
    },
    ...{ updated_at: at.toISOString(), submitted_at: created, version: 2 },
  })
  day.rows.payment_refund.push({
    ...{
      provider: 'psp',
      ref,
      payment_id: payment.id,
      operation_id: id,
      asset: ASSET,
      amount: `${amount}`,
      state,
    },
    ...{ idempotency_key: id, booked: state === 'succeeded' ? `${amount}` : '0' },
  })
  hold(day, thing, {
    id,
    cause: payment.id,
    amount,
    from: `clearing:payments:${ASSET}`,
    to: `receivable:psp:${ASSET}`,
    state,
  })
  if (fault === 'ledger') day.drifts.push(`ledger ${subject}`)
  if (isFlying) {
    tell(day, line)
    return
  }
  if (isFailed) {
    day.drifts.push(`state ${subject}`)
    day.told.push(line)
    day.right.push({ ...line, state: 'failed' })
    return
  }
  tellFaulty(day, thing, { line, subject })
}

/** A hold and its end, as rails book what goes out. */
function hold(
  day: Day,
  { fault }: Thing,
  held: { id: string; cause: string; amount: bigint; from: string; to: string; state: string },
): void {
  const { id, cause, amount, from, to, state } = held
  day.transfers.push({
    id: `${id}:hold`,
    kind: 'pending',
    debit: from,
    credit: to,
    amount: brl(amount),
    cause,
  })
  const end = (kind: 'post' | 'void'): NewTransfer => ({
    id: `${id}:${kind}`,
    kind,
    hold: `${id}:hold`,
    cause,
  })
  if (state === 'failed') day.settlements.push(end('void'))
  if (state === 'succeeded') (fault === 'ledger' ? day.mending : day.settlements).push(end('post'))
}

function addPayout(day: Day, thing: Thing): void {
  const { fault, index, at } = thing
  const id = `pout_${pad(index)}`
  const amount = BigInt(2_000 + index)
  const line: StatementEntry = {
    ...{ ref: `P${pad(index)}`, kind: 'payout', amount: brl(-amount), state: 'settled', occurredAt: at },
    ...(index % 2 === 0 ? { idempotencyKey: id } : { providerRef: `ref-${id}` }),
  }
  if (fault === 'missing_here') {
    day.told.push({ ...line, idempotencyKey: 'of nobody', providerRef: 'of nobody' })
    day.drifts.push(`missing_here line:${line.ref}`)
    return
  }
  const isFailed = fault === 'state' && index % 2 === 0
  const flying = ['unknown', 'pending', 'submitting', 'failed'][index % 4] ?? 'pending'
  const state = isFailed ? 'failed' : fault === 'flight' ? flying : 'paid'
  const created = minutesBefore(at, 3).toISOString()
  day.rows.payout.push({
    ...{
      id,
      provider: 'psp',
      state,
      amount: `${amount}`,
      asset: ASSET,
      destination: {},
      correlation: id,
      attempts: 1,
    },
    ...{
      source_account: `clearing:payouts:${ASSET}`,
      provider_ref: `ref-${id}`,
      end_to_end_id: line.ref,
      version: 3,
    },
    ...{ created_at: created, updated_at: at.toISOString(), submitted_at: created, returned: '0' },
  })
  const ends = { paid: 'succeeded', failed: 'failed' } as Readonly<Record<string, string>>
  const accounts = { from: `clearing:payouts:${ASSET}`, to: `provider:psp:${ASSET}` }
  hold(day, thing, { id, cause: id, amount, ...accounts, state: ends[state] ?? 'open' })
  const subject = `payout:${id}`
  if (fault === 'ledger') day.drifts.push(`ledger ${subject}`)
  if (fault === 'flight') {
    if (flying !== 'failed') tell(day, line)
    return
  }
  if (isFailed) {
    day.drifts.push(`state ${subject}`)
    day.told.push(line)
    day.right.push({ ...line, state: 'failed' })
    return
  }
  if (fault === 'duplicate' && index % 2 === 1) addTwin(day, thing, { id, line })
  else tellFaulty(day, thing, { line, subject })
}

/** Another payout of ours that claims the same line. */
function addTwin(day: Day, thing: Thing, { id, line }: { id: string; line: StatementEntry }): void {
  const twin = `${id}x`
  const row = day.rows.payout.at(-1)
  day.rows.payout.push({ ...row, id: twin, correlation: twin, provider_ref: `ref-${twin}` })
  const accounts = { from: `clearing:payouts:${ASSET}`, to: `provider:psp:${ASSET}` }
  hold(day, thing, { id: twin, cause: twin, amount: -line.amount.amount, ...accounts, state: 'succeeded' })
  const { idempotencyKey: _key, providerRef: _ref, ...bare } = line
  day.told.push(bare)
  day.right.push(line, { ...bare, ref: `${line.ref}x`, providerRef: `ref-${twin}` })
  day.corrections.push(`update lastro.payout set end_to_end_id = '${line.ref}x' where id = '${twin}'`)
  day.drifts.push(`duplicate payout:${id}`)
}

const COLUMNS_OF = `select string_agg(format('%I %s', column_name, data_type), ', ' order by ordinal_position) as list,
  string_agg(format('%I', column_name), ', ' order by ordinal_position) as names
  from information_schema.columns where table_schema = 'lastro' and table_name = $1 and column_name = any($2::text[])`

/** Writes rows in bulk, and books postings at about their times. */
export async function writeDay(db: TestDatabase, day: Day): Promise<void> {
  for (const [table, rows] of Object.entries(day.rows)) {
    const [first] = rows
    if (first === undefined) continue
    const names = `{${Object.keys(first).join(',')}}`
    const [columns] = await db.sql.query<{ list: string; names: string }>(COLUMNS_OF, [table, names])
    for (let from = 0; from < rows.length; from += 5_000)
      await db.sql.query(
        `insert into lastro.${table} (${columns?.names}) select ${columns?.names}
         from jsonb_to_recordset($1::text::jsonb) as row (${columns?.list})`,
        [JSON.stringify(rows.slice(from, from + 5_000))],
      )
  }
  await db.sql.query('analyze')
}

/** Books transfers in bulk, as the rails' functions would. */
export async function bookAll(db: TestDatabase, transfers: readonly NewTransfer[], at: Date): Promise<void> {
  for (let from = 0; from < transfers.length; from += 1_000) {
    const results = await db.storage.transaction((tx) =>
      tx.ledger.post({ transfers: transfers.slice(from, from + 1_000), at }),
    )
    const refused = results.find(({ status }) => status === 'refused')
    if (refused !== undefined) throw new Error(JSON.stringify(refused))
  }
}
