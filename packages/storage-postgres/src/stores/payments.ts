import { LastroError, type PaymentStore, type RefOwner } from '@lastro/core/storage'
import { toArray, toDate, toDateOrNull } from '../codecs.ts'
import type { Sql, SqlParameter } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'
import {
  type DisputeRow,
  type ReceiptRow,
  type RefundRow,
  toDispute,
  toReceipt,
  toRefund,
} from './payments-fact-rows.ts'
import {
  type OperationRow,
  operationInsert,
  operationUpdate,
  PAYMENT_COLUMNS,
  type PaymentRow,
  paymentInsert,
  paymentUpdate,
  toOperation,
  toPayment,
} from './payments-rows.ts'

/** The statements of payments. */
export const PAYMENT_SQL = {
  insert: `insert into lastro.payment
    (id, route, amount, asset, method, capture, description, due, return_url, cancel_url, expires_at, reference, metadata,
     credit_account, correlation, created_at, provider, refused_by, state, payer, provider_ref, action, told, ended_here,
     authorized, received, fees, refunding, refunded, disputed, attempts, reason, detail, contradiction, updated_at,
     submitted_at, ask_at, version, conversion)
    values ($1, $2, $3::text::numeric, $4, $5, $6, $7, $8, $9, $10, $11::text::timestamptz, $12, $13::text::jsonb,
     $14, $15, $16::text::timestamptz, $17, $18, $19, $20::text::jsonb, $21, $22::text::jsonb, $23, $24,
     $25::text::numeric, $26::text::numeric, $27::text::numeric, $28::text::numeric, $29::text::numeric,
     $30::text::numeric, $31::int, $32, $33, $34, $35::text::timestamptz, $36::text::timestamptz,
     $37::text::timestamptz, $38::int, $39)`,
  get: `select ${PAYMENT_COLUMNS} from lastro.payment where id = $1`,
  lock: `select ${PAYMENT_COLUMNS} from lastro.payment where id = $1 for update`,
  update: `update lastro.payment set provider = $2, refused_by = $3, state = $4, payer = $5::text::jsonb,
    provider_ref = $6, action = $7::text::jsonb, told = $8, ended_here = $9, authorized = $10::text::numeric,
    received = $11::text::numeric, fees = $12::text::numeric, refunding = $13::text::numeric,
    refunded = $14::text::numeric, disputed = $15::text::numeric, attempts = $16::int, reason = $17, detail = $18,
    contradiction = $19, updated_at = $20::text::timestamptz, submitted_at = $21::text::timestamptz,
    ask_at = $22::text::timestamptz, version = $23::int where id = $1 and version = $23::int - 1 returning id`,
  list: `select ${PAYMENT_COLUMNS} from lastro.payment
    where ($1::text is null or state = $1) and ($2::text is null or provider = $2) and ($3::text is null or method = $3)
      and ($4::text is null or reference = $4) and ($5::text is null or correlation = $5)
      and ($6::text is null or metadata @> $6::text::jsonb)
      and ($7::text is null or created_at >= $7::text::timestamptz)
      and ($8::text is null or created_at < $8::text::timestamptz) and ($9::text is null or id < $9)
    order by id desc limit $10::int`,
  due: `select id, state, created_at, expires_at from lastro.payment
    where ask_at <= $1::text::timestamptz order by ask_at, id limit $2::int for update skip locked`,
  postpone: `update lastro.payment set ask_at = $2::text::timestamptz where id = $1`,
  owners: `select 'payment' as kind, ref, payment_id from lastro.payment_ref
      where provider = $1 and ref = any($2::text::text[])
    union all select 'receipt', ref, payment_id from lastro.payment_receipt
      where provider = $1 and ref = any($3::text::text[])
    union all select 'refund', ref, payment_id from lastro.payment_refund
      where provider = $1 and ref = any($4::text::text[])
    union all select 'dispute', ref, payment_id from lastro.payment_dispute
      where provider = $1 and ref = any($5::text::text[])
    order by 1, 2`,
  addRef: `insert into lastro.payment_ref (provider, ref, payment_id) values ($1, $2, $3)
    on conflict (provider, ref) do update set payment_id = payment_ref.payment_id returning payment_id`,
  operations: `select id, payment_id, kind, state, asset, amount::text as amount, is_final, receipt_ref, provider_ref,
      proof, baseline::text as baseline, hold, purpose, attempts, reason, detail, created_at, updated_at, submitted_at,
      version
    from lastro.payment_operation where payment_id = $1 order by created_at, id`,
  operation: `select id, payment_id, kind, state, asset, amount::text as amount, is_final, receipt_ref, provider_ref,
      proof, baseline::text as baseline, hold, purpose, attempts, reason, detail, created_at, updated_at, submitted_at,
      version
    from lastro.payment_operation where id = $1`,
  insertOperation: `insert into lastro.payment_operation
    (id, state, provider_ref, baseline, hold, attempts, reason, detail, updated_at, submitted_at, version, payment_id,
     kind, asset, amount, is_final, receipt_ref, proof, purpose, created_at)
    values ($1, $2, $3, $4::text::numeric, $5, $6::int, $7, $8, $9::text::timestamptz, $10::text::timestamptz, $11::int,
     $12, $13, $14, $15::text::numeric, $16::boolean, $17, $18, $19, $20::text::timestamptz)`,
  updateOperation: `update lastro.payment_operation set state = $2, provider_ref = $3, baseline = $4::text::numeric,
    hold = $5, attempts = $6::int, reason = $7, detail = $8, updated_at = $9::text::timestamptz,
    submitted_at = $10::text::timestamptz, version = $11::int where id = $1 and version = $11::int - 1 returning id`,
} as const

/** The statements of what providers told. A ref that belongs to another payment is refused by answering no row. */
export const PAYMENT_FACT_SQL = {
  receipts: `select provider, ref, payment_id, asset, amount::text as amount, fee::text as fee, received_at,
      booked::text as booked, booked_fee::text as booked_fee
    from lastro.payment_receipt where payment_id = $1 order by received_at nulls last, ref`,
  refunds: `select provider, ref, payment_id, operation_id, asset, amount::text as amount, state, receipt_ref,
      idempotency_key, detail, booked::text as booked
    from lastro.payment_refund where payment_id = $1 order by ref`,
  disputes: `select provider, ref, payment_id, asset, amount::text as amount, state, state_at, receipt_ref,
      withdrawn::text as withdrawn, withdrawn_state, withdrawn_at, fee::text as fee, reason, respond_by, bucket,
      booked::text as booked, booked_fee::text as booked_fee, postings
    from lastro.payment_dispute where payment_id = $1 order by ref`,
  saveReceipt: `insert into lastro.payment_receipt as known
    (provider, ref, payment_id, asset, amount, fee, received_at, booked, booked_fee)
    values ($1, $2, $3, $4, $5::text::numeric, $6::text::numeric, $7::text::timestamptz, $8::text::numeric,
     $9::text::numeric)
    on conflict (provider, ref) do update set amount = excluded.amount, fee = excluded.fee,
      received_at = excluded.received_at, booked = excluded.booked, booked_fee = excluded.booked_fee
    where known.payment_id = excluded.payment_id returning ref`,
  saveRefund: `insert into lastro.payment_refund as known
    (provider, ref, payment_id, asset, amount, operation_id, state, receipt_ref, idempotency_key, detail, booked)
    values ($1, $2, $3, $4, $5::text::numeric, $6, $7, $8, $9, $10, $11::text::numeric)
    on conflict (provider, ref) do update set amount = excluded.amount, operation_id = excluded.operation_id,
      state = excluded.state, receipt_ref = excluded.receipt_ref, idempotency_key = excluded.idempotency_key,
      detail = excluded.detail, booked = excluded.booked
    where known.payment_id = excluded.payment_id returning ref`,
  saveDispute: `insert into lastro.payment_dispute as known
    (provider, ref, payment_id, asset, amount, state, state_at, receipt_ref, withdrawn, withdrawn_state, withdrawn_at,
     fee, reason, respond_by, bucket, booked, booked_fee, postings)
    values ($1, $2, $3, $4, $5::text::numeric, $6, $7::text::timestamptz, $8, $9::text::numeric, $10,
     $11::text::timestamptz, $12::text::numeric, $13, $14::text::timestamptz, $15, $16::text::numeric,
     $17::text::numeric, $18::int)
    on conflict (provider, ref) do update set amount = excluded.amount, state = excluded.state,
      state_at = excluded.state_at, receipt_ref = excluded.receipt_ref, withdrawn = excluded.withdrawn,
      withdrawn_state = excluded.withdrawn_state, withdrawn_at = excluded.withdrawn_at, fee = excluded.fee,
      reason = excluded.reason, respond_by = excluded.respond_by, bucket = excluded.bucket, booked = excluded.booked,
      booked_fee = excluded.booked_fee, postings = excluded.postings
    where known.payment_id = excluded.payment_id returning ref`,
} as const

/** Payments in PostgreSQL. */
export function paymentStore(sql: Sql): PaymentStore {
  const one = async (text: string, id: string) => {
    const [row] = await sql.query<PaymentRow>(text, [id])
    return row === undefined ? null : toPayment(row)
  }
  return {
    async insert(payment) {
      await sql.query(PAYMENT_SQL.insert, paymentInsert(payment))
    },
    get: (id) => one(PAYMENT_SQL.get, id),
    lock: (id) => one(PAYMENT_SQL.lock, id),
    async update(payment) {
      const rows = await sql.query(PAYMENT_SQL.update, paymentUpdate(payment))
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'payment', id: payment.id })
    },
    list: (query) => listPayments(sql, query),
    async due({ at, limit }) {
      type Due = Pick<PaymentRow, 'id' | 'state' | 'created_at' | 'expires_at'>
      const rows = await sql.query<Due>(PAYMENT_SQL.due, [at.toISOString(), limit])
      return rows.map(({ id, state, created_at, expires_at }) => ({
        id,
        state,
        createdAt: toDate(created_at),
        expiresAt: toDateOrNull(expires_at),
      }))
    },
    async postpone({ id, askAt }) {
      await sql.query(PAYMENT_SQL.postpone, [id, askAt.toISOString()])
    },
    async owners({ provider, refs, receipts, refunds, disputes }) {
      if (refs.length + receipts.length + refunds.length + disputes.length === 0) return []
      type Owner = { kind: RefOwner['kind']; ref: string; payment_id: RefOwner['paymentId'] }
      const lists = [refs, receipts, refunds, disputes].map((list) => toArray(list))
      const rows = await sql.query<Owner>(PAYMENT_SQL.owners, [provider, ...lists])
      return rows.map(({ kind, ref, payment_id: paymentId }) => ({ kind, ref, paymentId }))
    },
    async addRef({ provider, ref, paymentId }) {
      const parameters = [provider, ref, paymentId]
      const [row] = await sql.query<{ payment_id: typeof paymentId }>(PAYMENT_SQL.addRef, parameters)
      return row?.payment_id ?? paymentId
    },
    ...factStore(sql),
    ...operationStore(sql),
  }
}

async function listPayments(
  sql: Sql,
  query: Parameters<PaymentStore['list']>[0],
): ReturnType<PaymentStore['list']> {
  const { limit, after } = pageRequest(query)
  const { state = null, provider = null, method = null, reference = null, correlation = null } = query
  const { metadata, from, to } = query
  const rows = await sql.query<PaymentRow>(PAYMENT_SQL.list, [
    state,
    provider,
    method,
    reference,
    correlation,
    metadata === undefined ? null : JSON.stringify(metadata),
    from?.toISOString() ?? null,
    to?.toISOString() ?? null,
    after,
    limit + 1,
  ])
  return pageOf(rows.map(toPayment), { limit, keyOf: (payment) => payment.id })
}

const text = (time: Date | null) => time?.toISOString() ?? null
const amountOf = (money: { readonly amount: bigint } | null) => money?.amount.toString() ?? null

function factStore(
  sql: Sql,
): Pick<PaymentStore, 'receipts' | 'refunds' | 'disputes' | 'saveReceipt' | 'saveRefund' | 'saveDispute'> {
  const save = async (statement: string, fact: { ref: string }, parameters: readonly SqlParameter[]) => {
    const rows = await sql.query(statement, parameters)
    if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'payment fact', id: fact.ref })
  }
  const F = PAYMENT_FACT_SQL
  return {
    receipts: async (id) => (await sql.query<ReceiptRow>(F.receipts, [id])).map(toReceipt),
    refunds: async (id) => (await sql.query<RefundRow>(F.refunds, [id])).map(toRefund),
    disputes: async (id) => (await sql.query<DisputeRow>(F.disputes, [id])).map(toDispute),
    saveReceipt: (fact) => {
      const { provider, ref, paymentId, amount, fee, receivedAt, booked, bookedFee } = fact
      const money = [amountOf(amount), amountOf(fee), text(receivedAt), amountOf(booked), amountOf(bookedFee)]
      return save(F.saveReceipt, fact, [provider, ref, paymentId, amount.asset, ...money])
    },
    saveRefund: (fact) => {
      const { provider, ref, paymentId, amount, operationId, state } = fact
      const rest = [fact.receiptRef, fact.idempotencyKey, fact.detail, amountOf(fact.booked)]
      const key = [provider, ref, paymentId, amount.asset, amountOf(amount)]
      return save(F.saveRefund, fact, [...key, operationId, state, ...rest])
    },
    saveDispute: (fact) => {
      const { provider, ref, paymentId, amount } = fact
      return save(F.saveDispute, fact, [
        provider,
        ref,
        paymentId,
        amount.asset,
        amountOf(amount),
        fact.state,
        text(fact.stateAt),
        fact.receiptRef,
        amountOf(fact.withdrawn),
        fact.withdrawnState,
        text(fact.withdrawnAt),
        amountOf(fact.fee),
        fact.reason,
        text(fact.respondBy),
        fact.bucket,
        amountOf(fact.booked),
        amountOf(fact.bookedFee),
        fact.postings,
      ])
    },
  }
}

function operationStore(
  sql: Sql,
): Pick<PaymentStore, 'operations' | 'operation' | 'insertOperation' | 'updateOperation'> {
  return {
    operations: async (id) => (await sql.query<OperationRow>(PAYMENT_SQL.operations, [id])).map(toOperation),
    async operation(id) {
      const [row] = await sql.query<OperationRow>(PAYMENT_SQL.operation, [id])
      return row === undefined ? null : toOperation(row)
    },
    async insertOperation(operation) {
      await sql.query(PAYMENT_SQL.insertOperation, operationInsert(operation))
    },
    async updateOperation(operation) {
      const rows = await sql.query(PAYMENT_SQL.updateOperation, operationUpdate(operation))
      if (rows.length === 0)
        throw new LastroError('version_conflict', { kind: 'payment operation', id: operation.id })
    },
  }
}
