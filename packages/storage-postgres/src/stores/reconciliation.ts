import {
  LastroError,
  pack,
  type ReconciliationRun,
  type ReconciliationStore,
  type SeenDrifts,
} from '@lastro/core/storage'
import { toArray, toBigint, toDateOrNull } from '../codecs.ts'
import type { Sql, SqlParameter } from '../sql.ts'
import { pageOf, pageRequest } from './page.ts'
import { type FactKind, RECONCILIATION_FACTS_SQL } from './reconciliation-facts.ts'
import {
  type DriftRow,
  driftUpdate,
  type FactsRow,
  type LineRow,
  type MoveRow,
  type RunRow,
  toDrift,
  toFacts,
  toLine,
  toMove,
  toRun,
} from './reconciliation-rows.ts'
import { RECONCILIATION_DRIFT_SQL as D, RECONCILIATION_SQL as S } from './reconciliation-sql.ts'

/** Reconciliation in PostgreSQL. */
export function reconciliationStore(sql: Sql): ReconciliationStore {
  return { ...runStore(sql), ...lineStore(sql), ...compareStore(sql), ...driftStore(sql) }
}

type Runs = 'insertRun' | 'getRun' | 'lockRun' | 'updateRun' | 'listRuns' | 'underWaySince' | 'comparedTo'

const time = (at: Date | null) => at?.toISOString() ?? null

function runStore(sql: Sql): Pick<ReconciliationStore, Runs> {
  const one = async (text: string, id: string) => {
    const [row] = await sql.query<RunRow>(text, [id])
    return row === undefined ? null : toRun(row)
  }
  const moment = async (text: string, parameters: SqlParameter[]) => {
    const [row] = await sql.query<{ at: Date | string | null }>(text, parameters)
    return toDateOrNull(row?.at ?? null)
  }
  const packed = (report: ReconciliationRun['report']) => (report === null ? null : pack(report))
  return {
    async insertRun(run) {
      const { id, provider, state, phase, place, from, to, readFrom, readTo, beganAt } = run
      const times = [from, to, readFrom, readTo, beganAt].map((at) => at.toISOString())
      const rest = [pack(run.progress), packed(run.report), run.error, time(run.createdAt)]
      await sql.query(S.insertRun, [
        ...[id, provider, state, phase, place, ...times, run.listedAfterMs, ...rest],
        ...[time(run.updatedAt), time(run.completedAt), run.version],
      ])
    },
    getRun: (id) => one(S.getRun, id),
    lockRun: (id) => one(S.lockRun, id),
    async updateRun(run) {
      const rows = await sql.query(S.updateRun, [
        ...[
          run.id,
          run.state,
          run.phase,
          run.place,
          time(run.beganAt),
          pack(run.progress),
          packed(run.report),
        ],
        ...[run.error, time(run.updatedAt), time(run.completedAt), run.version],
      ])
      if (rows.length === 0)
        throw new LastroError('version_conflict', { kind: 'reconciliation run', id: run.id })
    },
    underWaySince: (provider) => moment(S.underWaySince, [provider]),
    comparedTo: ({ provider, spanMs }) => moment(S.comparedTo, [provider, spanMs]),
    async listRuns(query) {
      const { limit, after } = pageRequest(query)
      const rows = await sql.query<RunRow>(S.listRuns, [query.provider ?? null, after, limit + 1])
      return pageOf(rows.map(toRun), { limit, keyOf: ({ id }) => id })
    },
  }
}

type Lines = 'saveLines' | 'markGone' | 'lineRefs' | 'matchLines' | 'lines' | 'markOpen'

/** Before every time that a line may have. */
const BEGINNING = '-infinity|'

function lineStore(sql: Sql): Pick<ReconciliationStore, Lines> {
  return {
    async saveLines({ provider, run, entries, at }) {
      if (entries.length === 0) return
      const rows = entries.map(
        ({ ref, kind, providerRef, idempotencyKey, amount, fee, state, occurredAt }) => ({
          ...{
            ref,
            kind,
            provider_ref: providerRef,
            idempotency_key: idempotencyKey,
            asset: amount.asset,
            state,
          },
          amount: amount.amount.toString(),
          fee: fee?.amount.toString(),
          occurred_at: occurredAt.toISOString(),
        }),
      )
      await sql.query(S.saveLines, [provider, JSON.stringify(rows), at.toISOString(), run])
    },
    async markGone({ provider, run, from, to, before, at }) {
      await sql.query(S.markGone, [
        provider,
        ...[from, to, before, at].map((value) => value.toISOString()),
        run,
      ])
    },
    async lineRefs({ provider, from, to, after, limit, which }) {
      const [start = '', ...rest] = (after ?? BEGINNING).split('|')
      const place = which === 'read' ? [start, rest.join('|')] : [after ?? '']
      const text = which === 'read' ? S.readRefs : S.waitingRefs
      const parameters = [provider, from.toISOString(), to.toISOString(), ...place, limit]
      const rows = await sql.query<{ ref: string; place: string }>(text, parameters)
      const next = rows.length < limit ? null : (rows.at(-1)?.place ?? null)
      return { refs: rows.map(({ ref }) => ref), next }
    },
    async matchLines({ provider, refs }) {
      if (refs.length > 0) await sql.query(S.matchLines, [provider, toArray(refs)])
    },
    async lines({ provider, refs }) {
      if (refs.length === 0) return []
      return (await sql.query<LineRow>(S.lines, [provider, toArray(refs)])).map(toLine)
    },
    async markOpen({ provider, refs, open }) {
      if (refs.length > 0) await sql.query(S.markOpen, [provider, toArray(refs), toArray(open)])
    },
  }
}

type Compares = 'coverage' | 'facts' | 'accounts' | 'moves' | 'itemsOf'

function compareStore(sql: Sql): Pick<ReconciliationStore, Compares> {
  return {
    async coverage(provider) {
      const [row] = await sql.query<{ covered: string }>(S.coverage, [provider])
      return row?.covered ?? '{}'
    },
    async facts({ provider, items, coverage, toleranceMs }) {
      const keys: Record<FactKind, string[]> = {
        receipt: [],
        refund: [],
        dispute: [],
        payout: [],
        returned: [],
      }
      for (const item of items) {
        const end = item.indexOf(':')
        const kind = item.slice(0, end)
        if (Object.hasOwn(keys, kind)) keys[kind as FactKind].push(item.slice(end + 1))
      }
      const found: FactsRow[] = []
      for (const [kind, list] of Object.entries(keys)) {
        if (list.length === 0) continue
        const text = RECONCILIATION_FACTS_SQL[kind as FactKind]
        found.push(...(await sql.query<FactsRow>(text, [provider, toArray(list), coverage, toleranceMs])))
      }
      return found.map(toFacts)
    },
    itemsOf: async (transfers) => (transfers.length === 0 ? [] : sql.query(S.itemsOf, [toArray(transfers)])),
    accounts: (provider) => sql.query(S.accounts, [provider]),
    async moves({ account, after, to, limit }) {
      const rows = await sql.query<MoveRow>(S.moves, [account, after.toString(), to.toString(), limit])
      const last = rows.at(-1)
      const next = rows.length < limit || last === undefined ? null : toBigint(last.version)
      return { moves: rows.map(toMove).filter(({ amount }) => amount !== 0n), next }
    },
  }
}

type Drifts =
  | 'seeDrifts'
  | 'unseenDrifts'
  | 'endDrifts'
  | 'getDrift'
  | 'lockDrift'
  | 'updateDrift'
  | 'listDrifts'
  | 'driftSums'
  | 'suggest'

function seenRows({ drifts }: SeenDrifts): string {
  const rows = drifts.map((drift) => ({
    ...{ id: drift.id, class: drift.class, subject: drift.subject, kind: drift.kind, asset: drift.asset },
    ...{ detail: drift.detail, repair: drift.repair, state: drift.state },
    payment_id: drift.paymentId,
    payout_id: drift.payoutId,
    refs: JSON.stringify(drift.refs),
    ours: drift.ours?.toString(),
    theirs: drift.theirs?.toString(),
    ledger: drift.ledger?.toString(),
    occurred_at: drift.occurredAt.toISOString(),
  }))
  return JSON.stringify(rows)
}

function driftStore(sql: Sql): Pick<ReconciliationStore, Drifts> {
  const one = async (text: string, id: string) => {
    const [row] = await sql.query<DriftRow>(text, [id])
    return row === undefined ? null : toDrift(row)
  }
  return {
    async seeDrifts(seen) {
      if (seen.drifts.length === 0) return []
      const { provider, run, at } = seen
      const rows = seenRows(seen)
      const reopened = await sql.query<{ id: string }>(D.reopen, [rows, provider])
      const all = await sql.query<DriftRow>(D.see, [rows, provider, at.toISOString(), run])
      const fresh = new Set([...seen.drifts.map(({ id }) => id as string), ...reopened.map(({ id }) => id)])
      return all.filter(({ id }) => fresh.has(id)).map(toDrift)
    },
    async unseenDrifts({ provider, run, after, limit }) {
      const rows = await sql.query<DriftRow>(D.unseen, [provider, run, after ?? '', limit])
      return rows.map(toDrift)
    },
    async endDrifts({ ids, at }) {
      if (ids.length === 0) return []
      return (await sql.query<DriftRow>(D.end, [toArray(ids), at.toISOString()])).map(toDrift)
    },
    getDrift: (id) => one(D.get, id),
    lockDrift: (id) => one(D.lock, id),
    async updateDrift(drift) {
      const rows = await sql.query(D.update, driftUpdate(drift))
      if (rows.length === 0) throw new LastroError('version_conflict', { kind: 'drift', id: drift.id })
    },
    async listDrifts(query) {
      const { limit, after } = pageRequest(query)
      const { provider = null, state = null, paymentId = null, payoutId = null } = query
      const filters = [provider, state, query.class ?? null, paymentId, payoutId, after]
      const rows = await sql.query<DriftRow>(D.list, [...filters, limit + 1])
      return pageOf(rows.map(toDrift), { limit, keyOf: ({ id }) => id })
    },
    async driftSums(provider) {
      type Row = { class: DriftRow['class']; asset: DriftRow['asset']; count: number; sum: string }
      const rows = await sql.query<Row>(D.sums, [provider])
      return rows.map(({ sum, ...row }) => ({ ...row, sum: toBigint(sum) }))
    },
    async suggest({ provider, run, withinMs }) {
      await sql.query(D.suggest, [provider, run, withinMs])
    },
  }
}
