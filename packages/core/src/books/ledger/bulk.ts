import { z } from 'zod'
import { moneySchema, parseInput, refuse } from '../../platform/input.ts'
import { sha256Hex } from '../../platform/node.ts'
import type { AssetId, Money } from '../../spec/index.ts'
import { AMOUNT_LIMIT, ledgerIdSchema } from './account.ts'
import { tryBook } from './book.ts'
import type { LedgerTx } from './store.ts'
import { type PostedTransfer, TRANSFERS_LIMIT, type TransferResult, timeSchema } from './transfer.ts'

/** One side of a bulk: an account is debited or credited. */
export interface BulkLeg {
  readonly account: string
  readonly direction: 'debit' | 'credit'
  /** More than zero. */
  readonly amount: Money
}

/** Many debits and credits that belong together, equal in sum for each asset. */
export interface Bulk {
  /** The idempotency key, at most 110 characters: its transfers are `<id>:1`, `<id>:2`, …. */
  readonly id: string
  /** The id of the intent that wants it. */
  readonly cause: string
  /** 2 to 1,000. Their order means nothing. */
  readonly legs: readonly BulkLeg[]
  /** `atomic`: all or nothing. `independent`: each of its transfers stands by itself. */
  readonly mode: 'atomic' | 'independent'
  readonly effectiveAt?: Date
}

/** What became of a bulk. */
export interface BulkResult {
  /** `booked`: all of it, now or by an earlier call. `partial`: only in `independent` mode. */
  readonly status: 'booked' | 'partial' | 'refused'
  readonly results: readonly TransferResult[]
}

const bulkSchema = z.strictObject({
  id: ledgerIdSchema.max(110, 'must be at most 110 characters'),
  cause: ledgerIdSchema,
  mode: z.enum(['atomic', 'independent'], { error: 'must be atomic or independent' }),
  effectiveAt: timeSchema.optional(),
  legs: z
    .array(
      z.strictObject({
        account: ledgerIdSchema,
        direction: z.enum(['debit', 'credit'], { error: 'must be debit or credit' }),
        amount: moneySchema.refine(({ amount }) => amount > 0n && amount < AMOUNT_LIMIT, {
          error: 'must be more than zero and less than 10^60',
          path: ['amount'],
        }),
      }),
    )
    .min(2, 'must hold at least two legs')
    .max(TRANSFERS_LIMIT, `must hold at most ${TRANSFERS_LIMIT} legs`),
})

/**
 * Books a bulk as transfers between its accounts, without an account in between.
 *
 * What each account is debited and credited is first set off against each other, so an account in the bulk is either
 * only debited or only credited. The debits are then matched with the credits, both in the order of account ids. So the
 * transfers do not depend on the order of the legs; and since no account moves both ways, an atomic bulk is refused
 * exactly when an account would break a rule at the end of it, never because of the way there.
 * @throws LastroError `invalid_input`, also where legs are not equal in sum or cancel each other wholly. A refusal is a
 * result; the same id with other legs is refused as `conflict`.
 */
export async function bookBulk(
  tx: LedgerTx,
  { bulk, at }: { readonly bulk: Bulk; readonly at: Date },
): Promise<BulkResult> {
  const results = await tryBook(tx, { transfers: bulkTransfers(bulk), at })
  const refused = results.filter(({ status }) => status === 'refused').length
  return { status: refused === 0 ? 'booked' : refused < results.length ? 'partial' : 'refused', results }
}

interface Share {
  readonly account: string
  left: bigint
}

/** The transfers that a bulk is booked as. @throws LastroError `invalid_input`. */
export function bulkTransfers(input: Bulk): readonly PostedTransfer[] {
  const bulk = parseInput(bulkSchema, input) as Bulk
  const assets = [...new Set(bulk.legs.map(({ amount }) => amount.asset))].sort()
  const moves = assets.flatMap((asset) => matched(bulk.legs, asset))
  if (moves.length === 0) refuse('legs', 'must not cancel each other wholly')
  // Part of the body of each transfer, so that the same id with other legs is found out.
  const memo = `bulk ${fingerprint(bulk)}`
  return moves.map(({ debit, credit, amount }, index) => ({
    kind: 'posted',
    id: `${bulk.id}:${index + 1}`,
    debit,
    credit,
    amount,
    cause: bulk.cause,
    memo,
    ...(bulk.effectiveAt === undefined ? {} : { effectiveAt: bulk.effectiveAt }),
    linked: bulk.mode === 'atomic' && index < moves.length - 1,
  }))
}

function matched(legs: readonly BulkLeg[], asset: AssetId) {
  const nets = new Map<string, bigint>()
  for (const { account, direction, amount } of legs) {
    if (amount.asset !== asset) continue
    const change = direction === 'debit' ? amount.amount : -amount.amount
    nets.set(account, (nets.get(account) ?? 0n) + change)
  }
  const sum = [...nets.values()].reduce((total, net) => total + net, 0n)
  if (sum !== 0n) refuse('legs', `debits and credits of ${asset} must be equal: they differ by ${sum}`)
  const sorted = [...nets].sort(([left], [right]) => (left < right ? -1 : 1))
  const debits = sorted.filter(([, net]) => net > 0n).map(([account, net]): Share => ({ account, left: net }))
  const credits = sorted
    .filter(([, net]) => net < 0n)
    .map(([account, net]): Share => ({ account, left: -net }))
  const moves: { readonly debit: string; readonly credit: string; readonly amount: Money }[] = []
  for (let d = 0, c = 0; d < debits.length && c < credits.length; ) {
    const debit = debits[d] as Share
    const credit = credits[c] as Share
    const amount = debit.left < credit.left ? debit.left : credit.left
    moves.push({ debit: debit.account, credit: credit.account, amount: { amount, asset } })
    debit.left -= amount
    credit.left -= amount
    if (debit.left === 0n) d += 1
    if (credit.left === 0n) c += 1
  }
  return moves
}

function fingerprint({ legs, mode }: Bulk): string {
  const lines = legs.map(({ account, direction, amount }) =>
    [account, direction, amount.amount, amount.asset].join(' '),
  )
  return sha256Hex([mode, ...lines.sort()].join('\n'))
}
