import { pack } from '../../platform/codec.ts'
import type { Json } from '../../platform/events/index.ts'
import { move, next } from '../../platform/machine/index.ts'
import type { PaymentAction } from '../../spec/index.ts'
import { hasOpenEnd, nextAskAt } from './ask-at.ts'
import { bookStory } from './book-story.ts'
import { changesOf } from './changes.ts'
import { type CheckedNews, checkNews, type Told } from './check-news.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { STEP_TO, stateOf, totalsOf } from './derive.ts'
import { fold, type Story } from './fold.ts'
import { isUnderWay, operationMachine, type PaymentOperation } from './operation.ts'
import { isEnded, isOpen, type Payment, paymentMachine, type StoredAction } from './payment.ts'
import { bookFacts } from './postings.ts'
import { matchRefunds, type Rows, readRows, rowsOf, storyOf } from './story.ts'
import { reportContradiction, tell } from './tell.ts'

/** What a provider tells of a payment: by an answer to a call, by a question, or by a webhook. */
export interface News {
  /** As it was locked in this transaction. */
  readonly payment: Payment
  readonly told: Told
  /** When the provider said it, where that is known. */
  readonly at: Date | null
  /** For the timeline: which call, which webhook. */
  readonly source: { readonly [key: string]: Json }
  /** The operation whose own call or question told this refund. */
  readonly answered?: { readonly operation: PaymentOperation; readonly ref: string }
}

/**
 * Applies news: folds it, books what is not in the books, moves the state, and tells what changed, in one commit. News
 * in any order, any number of times, ends in the same payment and the same books. What can never be moves nothing and
 * is reported once.
 */
export async function applyNews<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  tx: T,
  news: News,
): Promise<Payment> {
  const { payment, at } = news
  const checked = await checkNews(tx, news)
  const rows = await readRows(tx, payment.id)
  const story = fold(storyOf(payment, rows), checked.facts, { at })
  const asked = matchRefunds(rows.operations, story, news.answered ?? null)
  const drafts = rowsOf(payment, story, { rows, asked })
  const booked = bookStory(payment, { ...drafts, operations: joined(rows.operations, asked) })
  const after: Rows = booked
  const moved = movedBy(deps, payment, { ...checked, story, after })
  const isNew = pack(moved) !== pack(payment)
  const hasRows = await saveRows(deps, tx, { before: rows, after })
  if (checked.contradiction !== null && checked.contradiction !== payment.contradiction)
    await reportContradiction(deps, tx, {
      payment,
      contradiction: checked.contradiction,
      source: news.source,
    })
  if (!isNew && !hasRows) return payment
  const saved: Payment = { ...moved, updatedAt: deps.clock.now(), version: payment.version + 1 }
  await tx.payments.update(saved)
  const inSuspense = await bookFacts(tx, saved, { transfers: booked.transfers, at: saved.updatedAt })
  const changes = changesOf({ payment, rows }, { payment: saved, rows: after })
  await tell(deps, tx, { before: payment, payment: saved, changes, source: news.source, inSuspense })
  return saved
}

/** Refunds of ours that were told: the provider has them, whoever said so. */
function joined(
  operations: readonly PaymentOperation[],
  asked: ReadonlyMap<string, PaymentOperation>,
): readonly PaymentOperation[] {
  const refs = new Map([...asked].map(([ref, { id }]) => [id, ref]))
  return operations.map((operation) => {
    const providerRef = refs.get(operation.id) ?? operation.providerRef
    if (providerRef === operation.providerRef || !isUnderWay(operation)) return operation
    const state = move(operationMachine, operation, 'accept')
    return { ...operation, providerRef, state }
  })
}

function movedBy(
  deps: Pick<PaymentDeps, 'options' | 'clock'>,
  payment: Payment,
  now: CheckedNews & { readonly story: Story; readonly after: Rows },
): Payment {
  const { story, after, facts, action } = now
  const target = stateOf(payment, story)
  const leads =
    target === null || target === payment.state ? null : next(paymentMachine, payment.state, STEP_TO[target])
  const state = leads ?? payment.state
  const totals = totalsOf(payment, story, after)
  const isRefused = state === 'failed' && payment.state !== 'failed'
  const isOver = state === 'paid' || isEnded({ state })
  const moved: Payment = {
    ...payment,
    ...totals,
    state,
    told: [...story.told].sort(),
    providerRef: payment.providerRef ?? facts.providerRef ?? null,
    action: isOver ? null : action === null ? payment.action : stored(action),
    ...(isRefused ? { reason: facts.reason ?? payment.reason, detail: facts.detail ?? payment.detail } : {}),
    contradiction: now.contradiction ?? payment.contradiction,
  }
  const isWaiting = hasOpenEnd(moved, after.disputes)
  const wasOpen = isOpen(payment) === isOpen(moved) ? payment.askAt : null
  return { ...moved, askAt: isWaiting ? (wasOpen ?? nextAskAt(deps, moved)) : null }
}

/** The secret for the payer's browser is left out: `payments.action` asks for it. */
function stored(action: PaymentAction): StoredAction {
  return action.kind === 'confirm_in_browser' ? { kind: action.kind } : action
}

async function saveRows<T extends PaymentWork>(
  deps: Pick<PaymentDeps<T>, 'clock'>,
  tx: T,
  { before, after }: { readonly before: Rows; readonly after: Rows },
): Promise<boolean> {
  const at = deps.clock.now()
  let count = 0
  const save = async <R>(
    kind: { old: readonly R[]; rows: readonly R[] },
    write: (row: R) => Promise<void>,
  ) => {
    const known = new Set(kind.old.map(pack))
    for (const row of kind.rows) {
      if (known.has(pack(row))) continue
      count += 1
      await write(row)
    }
  }
  await save({ old: before.receipts, rows: after.receipts }, (row) => tx.payments.saveReceipt(row))
  await save({ old: before.refunds, rows: after.refunds }, (row) => tx.payments.saveRefund(row))
  await save({ old: before.disputes, rows: after.disputes }, (row) => tx.payments.saveDispute(row))
  await save({ old: before.operations, rows: after.operations }, (row) =>
    tx.payments.updateOperation({ ...row, updatedAt: at, version: row.version + 1 }),
  )
  return count > 0
}
