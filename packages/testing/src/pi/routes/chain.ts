/** Horizon: the chain's head, accounts, transactions, fees and submission. */
import { decimal } from '../amount.ts'
import { chainRefusal, json, type PiAnswer, problem } from '../answers.ts'
import type { Applied } from '../chain.ts'
import type { Call, Route } from '../route.ts'
import type { PiContext } from '../state.ts'

const LEDGER_MS = 5_000

function root({ settings, scheduler }: PiContext): PiAnswer {
  const nowMs = scheduler.now().getTime()
  const closedMs = nowMs - (nowMs % LEDGER_MS)
  return json(200, {
    horizon_version: '2.23.1-fake',
    core_supported_protocol_version: 19,
    current_protocol_version: 19,
    network_passphrase: settings.passphrase,
    history_latest_ledger: Math.floor(closedMs / LEDGER_MS),
    history_latest_ledger_closed_at: new Date(closedMs).toISOString(),
  })
}

function account({ chain }: PiContext, { params }: Call): PiAnswer {
  const found = chain.account(params.id ?? '')
  if (found === null) return problem(404, 'not_found')
  const time =
    found.sequenceAt === null ? {} : { sequence_time: String(Math.floor(found.sequenceAt.getTime() / 1_000)) }
  return json(200, {
    id: params.id,
    account_id: params.id,
    sequence: found.sequence.toString(),
    ...time,
    balances: [{ balance: decimal(found.balance), asset_type: 'native' }],
  })
}

function describe(one: Applied): object {
  return {
    id: one.hash,
    paging_token: one.cursor,
    successful: one.successful,
    hash: one.hash,
    created_at: one.at.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    source_account: one.source,
    source_account_sequence: one.sequence.toString(),
    fee_charged: one.fee.toString(),
    operation_count: 1,
    envelope_xdr: one.envelope,
    ...(one.memo === null ? { memo_type: 'none' } : { memo_type: 'text', memo: one.memo }),
  }
}

function transactions({ chain }: PiContext, { params, query }: Call): PiAnswer {
  const { id } = params
  if (chain.account(id ?? '') === null) return problem(404, 'not_found')
  const isDescending = query.get('order') === 'desc'
  const cursor = query.get('cursor')
  const limit = Number(query.get('limit') ?? '10')
  if (!(limit >= 1 && limit <= 200)) return problem(400, 'bad_request', { invalid_field: 'limit' })
  const mine = chain
    .visible()
    .filter(({ source, to, successful }) => source === id || (successful && to === id))
    .filter(({ successful }) => successful || query.get('include_failed') === 'true')
  const ordered = isDescending ? mine.toReversed() : mine
  const isAfter = (one: Applied, from: string): boolean =>
    isDescending ? BigInt(one.cursor) < BigInt(from) : BigInt(one.cursor) > BigInt(from)
  const rest = cursor === null ? ordered : ordered.filter((one) => isAfter(one, cursor))
  return json(200, { _embedded: { records: rest.slice(0, limit).map(describe) } })
}

function transaction({ chain }: PiContext, { params }: Call): PiAnswer {
  const found = chain.visible().find(({ hash }) => hash === params.id)
  return found === undefined ? problem(404, 'not_found') : json(200, describe(found))
}

function submit({ chain }: PiContext, { body }: Call): PiAnswer {
  const result = chain.submit(new URLSearchParams(body).get('tx') ?? '')
  if (result.kind === 'malformed') return problem(400, 'transaction_malformed')
  if (result.kind === 'applied') return json(200, describe(result.transaction))
  return chainRefusal(result.transaction, result.operations)
}

/** The routes of Horizon. */
export const chainRoutes: readonly Route[] = [
  { operation: 'chain.root', side: 'chain', method: 'GET', path: '/', run: root },
  { operation: 'chain.account', side: 'chain', method: 'GET', path: '/accounts/:id', run: account },
  {
    operation: 'chain.transactions',
    side: 'chain',
    method: 'GET',
    path: '/accounts/:id/transactions',
    run: transactions,
  },
  {
    operation: 'chain.transaction',
    side: 'chain',
    method: 'GET',
    path: '/transactions/:id',
    run: transaction,
  },
  {
    operation: 'chain.fees',
    side: 'chain',
    method: 'GET',
    path: '/fee_stats',
    run: ({ settings }) => {
      const fee = settings.baseFee.toString()
      return json(200, {
        last_ledger_base_fee: fee,
        fee_charged: { min: fee, mode: fee, p50: fee, p90: fee },
      })
    },
  },
  { operation: 'chain.submit', side: 'chain', method: 'POST', path: '/transactions', run: submit },
]
