/** A ledger in a few lines, to compare the real one with: no sets, no arrays of numbers, a copy of all for each group. */
import type { AccountState, NewAccount, NewTransfer, RefusalRule } from '@lastro/core/storage'

interface ModelAccount extends NewAccount {
  state: AccountState
  debits: bigint
  credits: bigint
  debitsHeld: bigint
  creditsHeld: bigint
  version: bigint
}

interface ModelTransfer {
  readonly body: string
  readonly kind: NewTransfer['kind'] | 'expire'
  readonly debit: string
  readonly credit: string
  readonly amount: bigint
  readonly expiresAt: Date | undefined
  settledBy?: 'post' | 'void' | 'expire'
}

/** What the model says of one transfer. */
export type ModelResult =
  | {
      readonly status: 'accepted'
      readonly amount: bigint
      readonly debit: readonly bigint[]
      readonly credit: readonly bigint[]
    }
  | { readonly status: 'exists'; readonly amount: bigint }
  | { readonly status: 'refused'; readonly rule: RefusalRule; readonly account: string | null }

interface State {
  accounts: Record<string, ModelAccount>
  transfers: Record<string, ModelTransfer>
}

type Refusal = readonly [rule: RefusalRule, account?: string]
type Decision =
  | { readonly refusal: Refusal }
  | { readonly booked: Omit<ModelTransfer, 'body'>; readonly held: ModelTransfer | undefined }

/** Version, posted, held in and held out, on the account's normal side. */
function figures(account: ModelAccount): readonly bigint[] {
  const { debits, credits, debitsHeld, creditsHeld, version, normalSide } = account
  return normalSide === 'debit'
    ? [version, debits - credits, debitsHeld, creditsHeld]
    : [version, credits - debits, creditsHeld, debitsHeld]
}

function bodyOf({ linked, ...body }: NewTransfer): string {
  return JSON.stringify(body, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

function limitsOf(
  account: ModelAccount,
  change: { readonly side: 'debit' | 'credit'; readonly amount: bigint },
): Refusal | null {
  const [, posted = 0n, heldIn = 0n, heldOut = 0n] = figures(account)
  if (change.side === account.normalSide) {
    const isAbove = account.maximum !== undefined && posted + heldIn + change.amount > account.maximum.amount
    return isAbove ? ['maximum_balance', account.id] : null
  }
  const left = posted - heldOut - change.amount
  if (account.constraint === 'no_overdraft' && left < 0n) return ['insufficient_funds', account.id]
  return account.minimum !== undefined && left < account.minimum.amount
    ? ['minimum_balance', account.id]
    : null
}

function balanced(
  account: ModelAccount,
  change: { readonly side: 'debit' | 'credit'; readonly amount: bigint },
): bigint {
  const { debits, credits, debitsHeld, creditsHeld, minimum } = account
  const left = change.side === 'debit' ? credits - debits - debitsHeld : debits - credits - creditsHeld
  const isOut = change.side !== account.normalSide
  const floor = isOut && minimum !== undefined && minimum.amount > 0n ? minimum.amount : 0n
  return left - floor < change.amount ? left - floor : change.amount
}

function decideMoving(state: State, transfer: Extract<NewTransfer, { debit: string }>, at: Date): Decision {
  const { accounts } = state
  const sides = [transfer.debit, transfer.credit]
  const no = (...refusal: Refusal): Decision => ({ refusal })
  for (const id of sides) if (accounts[id] === undefined) return no('account_unknown', id)
  if (transfer.debit === transfer.credit) return no('same_account', transfer.debit)
  for (const id of sides) if (accounts[id]?.asset !== transfer.amount.asset) return no('asset_mismatch', id)
  for (const id of sides)
    if (accounts[id]?.state !== 'open') return no(`account_${accounts[id]?.state}` as RefusalRule, id)
  const expiresAt = transfer.kind === 'pending' ? transfer.expiresAt : undefined
  if (expiresAt !== undefined && expiresAt <= at) return no('hold_expired')
  let { amount } = transfer.amount
  if (transfer.balancing !== undefined) {
    const id = transfer[transfer.balancing]
    amount = balanced(accounts[id] as ModelAccount, { side: transfer.balancing, amount })
    if (amount <= 0n) return no('insufficient_funds', id)
  }
  for (const side of ['debit', 'credit'] as const) {
    const refusal = limitsOf(accounts[transfer[side]] as ModelAccount, { side, amount })
    if (refusal !== null) return { refusal }
  }
  const { kind, debit, credit } = transfer
  return { booked: { kind, debit, credit, amount, expiresAt }, held: undefined }
}

function decideSettling(state: State, transfer: Extract<NewTransfer, { hold: string }>, at: Date): Decision {
  const held = state.transfers[transfer.hold]
  const no = (...refusal: Refusal): Decision => ({ refusal })
  if (held === undefined || held.kind !== 'pending') return no('hold_unknown')
  if (held.settledBy === 'expire') return no('hold_expired')
  if (held.settledBy !== undefined) return no('hold_settled')
  if (held.expiresAt !== undefined && held.expiresAt <= at) return no('hold_expired')
  const asked = transfer.kind === 'post' ? transfer.amount : undefined
  if (asked !== undefined && asked.asset !== state.accounts[held.debit]?.asset)
    return no('asset_mismatch', held.debit)
  if (asked !== undefined && asked.amount > held.amount) return no('hold_exceeded')
  const { debit, credit } = held
  return {
    booked: {
      kind: transfer.kind,
      debit,
      credit,
      amount: asked?.amount ?? held.amount,
      expiresAt: undefined,
    },
    held,
  }
}

function apply(
  state: State,
  id: string,
  entry: { booked: ModelTransfer; held: ModelTransfer | undefined },
): void {
  const { booked, held } = entry
  const debit = state.accounts[booked.debit] as ModelAccount
  const credit = state.accounts[booked.credit] as ModelAccount
  const moved = booked.kind === 'posted' || booked.kind === 'post' ? booked.amount : 0n
  const promised = booked.kind === 'pending' ? booked.amount : -(held?.amount ?? 0n)
  debit.debits += moved
  credit.credits += moved
  debit.debitsHeld += promised
  credit.creditsHeld += promised
  debit.version += 1n
  credit.version += 1n
  if (held !== undefined) held.settledBy = booked.kind as 'post' | 'void' | 'expire'
  state.transfers[id] = booked
}

/** A model with these accounts open and empty. */
export function createModel(definitions: readonly NewAccount[]) {
  const zero = { debits: 0n, credits: 0n, debitsHeld: 0n, creditsHeld: 0n, version: 0n }
  const open = (definition: NewAccount): ModelAccount => ({ ...definition, ...zero, state: 'open' })
  let state: State = {
    accounts: Object.fromEntries(definitions.map((one) => [one.id, open(one)])),
    transfers: {},
  }

  const bookOne = (transfer: NewTransfer, at: Date): ModelResult => {
    const known = state.transfers[transfer.id]
    const body = bodyOf(transfer)
    if (known !== undefined && known.body === body) return { status: 'exists', amount: known.amount }
    if (known !== undefined) return { status: 'refused', rule: 'conflict', account: null }
    const decide =
      'hold' in transfer ? decideSettling(state, transfer, at) : decideMoving(state, transfer, at)
    if ('refusal' in decide) {
      return { status: 'refused', rule: decide.refusal[0], account: decide.refusal[1] ?? null }
    }
    const booked = { ...decide.booked, body }
    apply(state, transfer.id, { booked, held: decide.held })
    const { amount, debit, credit } = booked
    const after = (id: string) => figures(state.accounts[id] as ModelAccount)
    return { status: 'accepted', amount, debit: after(debit), credit: after(credit) }
  }

  const bookGroup = (group: readonly NewTransfer[], at: Date): readonly ModelResult[] => {
    const before = structuredClone(state)
    const results = group.map((transfer) => bookOne(transfer, at))
    const first = results.findIndex(({ status }) => status === 'refused')
    if (first === -1 || group.length === 1) return results
    state = before
    return group.map((transfer, index): ModelResult => {
      const known = state.transfers[transfer.id]
      if (index === first) return results[index] as ModelResult
      if (known?.body === bodyOf(transfer)) return { status: 'exists', amount: known.amount }
      const rule = known === undefined ? 'linked_failed' : 'conflict'
      return { status: 'refused', rule, account: null }
    })
  }

  return {
    post(transfers: readonly NewTransfer[], at: Date): readonly ModelResult[] {
      const results: ModelResult[] = []
      let group: NewTransfer[] = []
      for (const transfer of transfers) {
        group.push(transfer)
        if (transfer.linked === true) continue
        results.push(...bookGroup(group, at))
        group = []
      }
      return results
    },
    setState(id: string, to: AccountState): void {
      const account = state.accounts[id] as ModelAccount
      const isEmpty =
        account.debits === account.credits && account.debitsHeld === 0n && account.creditsHeld === 0n
      if (account.state !== 'closed' && (to !== 'closed' || isEmpty)) account.state = to
    },
    expire(at: Date): void {
      for (const [id, held] of Object.entries(state.transfers)) {
        if (held.kind !== 'pending' || held.settledBy !== undefined) continue
        if (held.expiresAt === undefined || held.expiresAt > at) continue
        const { debit, credit, amount } = held
        const booked: ModelTransfer = {
          kind: 'expire',
          body: '',
          debit,
          credit,
          amount,
          expiresAt: undefined,
        }
        apply(state, `expire:${id}`, { booked, held })
      }
    },
    accounts: () =>
      Object.values(state.accounts).map((account) => [account.id, account.state, ...figures(account)]),
    transferIds: () => Object.keys(state.transfers),
  }
}
