import type { Scheduler } from '../efi/scheduler.ts'
import { unitsOf } from './amount.ts'
import type { Settings } from './options.ts'
import type { PiTransaction } from './records.ts'
import { stellar } from './stellar.ts'

/** A transaction as it is kept: what Horizon shows of it, and from when on. */
export interface Applied extends PiTransaction {
  readonly cursor: string
  visibleAt: Date
}

/** What a submission came to. */
export type Submission =
  | { readonly kind: 'applied'; readonly transaction: Applied }
  | { readonly kind: 'refused'; readonly transaction: string; readonly operations: readonly string[] }
  | { readonly kind: 'malformed' }

/** An account as Horizon shows it. */
export interface Shown {
  readonly sequence: bigint
  readonly balance: bigint
  readonly sequenceAt: Date | null
}

/** A chain of Stellar's software, as far as payments of native Pi go. */
export interface Chain {
  /** Everything that was applied, in order. */
  readonly applied: readonly Applied[]
  open(address: string, balance: bigint): void
  /** The balance now, whatever Horizon shows. Null: no such account. */
  balance(address: string): bigint | null
  /** As Horizon shows it. */
  account(address: string): Shown | null
  /** What Horizon shows, in order. */
  visible(): readonly Applied[]
  /** Puts Horizon behind: it does not show this transaction for a while, nor later ones. */
  hide(hash: string, ms: number): void
  catchUp(): void
  submit(envelope: string): Submission
}

interface Account {
  balance: bigint
  sequence: bigint
}

/** Stellar begins an account's sequence at its ledger's number times 2^32. */
const FIRST_SEQUENCE = 4_294_967_296_000n

interface Read {
  readonly hash: string
  readonly source: string
  readonly sequence: bigint
  readonly fee: bigint
  readonly from: bigint
  readonly until: bigint
  readonly memo: string | null
  readonly to: string
  readonly amount: bigint
  readonly isSigned: boolean
}

function read(envelope: string, passphrase: string): Read | null {
  const { Keypair, TransactionBuilder } = stellar()
  try {
    const transaction = TransactionBuilder.fromXdr(envelope, passphrase)
    if (!('source' in transaction) || transaction.operations.length !== 1) return null
    const [operation] = transaction.operations
    if (operation?.type !== 'payment' || !operation.asset.isNative()) return null
    const key = Keypair.fromPublicKey(transaction.source)
    const hash = transaction.hash()
    const { memo } = transaction
    return {
      hash: Buffer.from(hash).toString('hex'),
      source: transaction.source,
      sequence: BigInt(transaction.sequence),
      fee: BigInt(transaction.fee),
      from: BigInt(transaction.timeBounds?.minTime ?? '0'),
      until: BigInt(transaction.timeBounds?.maxTime ?? '0'),
      memo: memo.type === 'text' ? new TextDecoder().decode(memo.value as Uint8Array) : null,
      to: operation.destination,
      amount: unitsOf(operation.amount) ?? 0n,
      isSigned: transaction.signatures.some((one) => key.verify(hash, one.signature.value)),
    }
  } catch {
    return null
  }
}

interface Ledger {
  readonly settings: Settings
  readonly scheduler: Scheduler
  readonly accounts: Map<string, Account>
  readonly applied: Applied[]
}

/** Why the network would not let a transaction into a ledger. */
function refusalOf({ settings, scheduler, accounts }: Ledger, order: Read): string | null {
  const account = accounts.get(order.source)
  const nowSeconds = BigInt(Math.floor(scheduler.now().getTime() / 1_000))
  if (account === undefined) return 'tx_no_source_account'
  if (order.from > nowSeconds) return 'tx_too_early'
  if (order.until !== 0n && order.until < nowSeconds) return 'tx_too_late'
  if (order.fee < settings.baseFee) return 'tx_insufficient_fee'
  if (order.sequence !== account.sequence + 1n) return 'tx_bad_seq'
  if (!order.isSigned) return 'tx_bad_auth'
  return account.balance < settings.baseFee ? 'tx_insufficient_balance' : null
}

/** Applies a transaction: the fee and the sequence number go in any case. `failed`: why nothing else moved. */
function apply(
  { settings, scheduler, accounts, applied }: Ledger,
  given: { readonly order: Read; readonly envelope: string },
): { readonly entry: Applied; readonly failed: string | null } {
  const { order, envelope } = given
  const source = accounts.get(order.source)
  const target = accounts.get(order.to)
  if (source === undefined) throw new Error('A transaction without an account was let in.')
  source.sequence += 1n
  source.balance -= settings.baseFee
  const failed =
    target === undefined ? 'op_no_destination' : source.balance < order.amount ? 'op_underfunded' : null
  if (target !== undefined && failed === null) {
    source.balance -= order.amount
    target.balance += order.amount
  }
  const { hash, sequence, to, amount, memo } = order
  const at = scheduler.now()
  const entry: Applied = {
    ...{ hash, successful: failed === null, source: order.source, sequence, to, amount, memo },
    ...{ fee: settings.baseFee, at, envelope, visibleAt: at },
    cursor: String((BigInt(applied.length) + 1_000n) * 4_096n),
  }
  applied.push(entry)
  return { entry, failed }
}

/** A chain with no accounts. */
export function createChain(settings: Settings, scheduler: Scheduler): Chain {
  const accounts = new Map<string, Account>()
  const applied: Applied[] = []
  const ledger: Ledger = { settings, scheduler, accounts, applied }
  const visible = () => applied.filter(({ visibleAt }) => visibleAt <= scheduler.now())
  return {
    applied,
    open: (address, balance) => {
      accounts.set(address, { balance, sequence: FIRST_SEQUENCE })
    },
    balance: (address) => accounts.get(address)?.balance ?? null,
    account(address) {
      const account = accounts.get(address)
      if (account === undefined) return null
      // What Horizon has not read yet has not happened for it.
      const hidden = applied.filter(({ visibleAt }) => visibleAt > scheduler.now())
      const mine = hidden.filter(({ source }) => source === address)
      const spent = mine.reduce((sum, one) => sum + one.fee + (one.successful ? one.amount : 0n), 0n)
      const last = visible().findLast(({ source }) => source === address)
      return {
        sequence: account.sequence - BigInt(mine.length),
        balance: account.balance + spent,
        sequenceAt: last?.at ?? null,
      }
    },
    visible,
    hide(hash, ms) {
      // A Horizon that is behind shows nothing later either.
      const from = applied.findIndex((one) => one.hash === hash)
      for (const one of from < 0 ? [] : applied.slice(from))
        one.visibleAt = new Date(Math.max(one.visibleAt.getTime(), scheduler.now().getTime() + ms))
    },
    catchUp() {
      for (const one of applied) one.visibleAt = one.at
    },
    submit(envelope) {
      const order = read(envelope, settings.passphrase)
      if (order === null) return { kind: 'malformed' }
      const known = visible().find(({ hash }) => hash === order.hash)
      if (known?.successful === true) return { kind: 'applied', transaction: known }
      const why = refusalOf(ledger, order)
      if (why !== null) return { kind: 'refused', transaction: why, operations: [] }
      const { entry, failed } = apply(ledger, { order, envelope })
      if (failed === null) return { kind: 'applied', transaction: entry }
      return { kind: 'refused', transaction: 'tx_failed', operations: [failed] }
    },
  }
}
