import type { Scheduler } from '../efi/scheduler.ts'
import type { Chain } from './chain.ts'
import type { Settings } from './options.ts'
import type { Mutable, PiCall, PiPayment } from './records.ts'
import { stellar, userKey } from './stellar.ts'
import type { Outbox } from './webhooks.ts'

/** A payment as it is kept. */
export type Held = Mutable<PiPayment>

/** What routes and wallets work with. */
export interface PiContext {
  readonly settings: Settings
  readonly scheduler: Scheduler
  readonly chain: Chain
  readonly payments: Map<string, Held>
  readonly users: Set<string>
  readonly calls: Mutable<PiCall>[]
  readonly outbox: Outbox
  /** The address of the app's wallet. */
  readonly appAddress: string
}

/** Pi cancels what is not approved in this time (pi-apps/demo, `FLOWS.md`). */
const APPROVAL_MS = 60_000
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** The address of the app's wallet. */
export function addressOf(seed: Uint8Array): string {
  return stellar().Keypair.fromRawEd25519Seed(Buffer.from(seed)).publicKey()
}

/** 28 letters and digits, as those that were seen. */
function nextIdentifier({ payments, settings }: PiContext): string {
  let value = BigInt(settings.seed) * 1_000_003n + BigInt(payments.size) + 1n
  let text = ''
  while (text.length < 22) {
    text = (LETTERS[Number(value % 62n)] ?? 'A') + text
    value = value / 62n + 7n
  }
  return `PiFake${text}`.slice(0, 28)
}

/** The address of a user's wallet, which is on the chain from then on. */
export function userAddress({ settings, chain, users }: PiContext, uid: string): string {
  const address = userKey(settings.seed, uid).publicKey()
  if (chain.balance(address) === null) chain.open(address, settings.userBalance)
  users.add(uid)
  return address
}

/** Adds a payment. One from a user is cancelled when nobody approves it in time. */
export function addPayment(
  context: PiContext,
  given: Pick<PiPayment, 'uid' | 'amount' | 'memo' | 'metadata' | 'direction'>,
): Held {
  const user = userAddress(context, given.uid)
  const isIncoming = given.direction === 'user_to_app'
  const payment: Held = {
    ...given,
    identifier: nextIdentifier(context),
    from: isIncoming ? user : context.appAddress,
    to: isIncoming ? context.appAddress : user,
    createdAt: context.scheduler.now(),
    approved: false,
    verified: false,
    completed: false,
    cancelled: false,
    userCancelled: false,
    txid: null,
  }
  context.payments.set(payment.identifier, payment)
  if (isIncoming)
    context.scheduler.later(APPROVAL_MS, () => {
      if (!payment.approved && !isEnded(payment)) end(context, payment, 'cancelled')
    })
  return payment
}

/** Nothing happens to it any more. */
export const isEnded = ({ completed, cancelled, userCancelled }: PiPayment): boolean =>
  completed || cancelled || userCancelled

/** Ends a payment, and tells the host. */
export function end(
  context: PiContext,
  payment: Held,
  how: 'completed' | 'cancelled' | 'userCancelled',
): void {
  payment[how] = true
  context.outbox.tell(how === 'completed' ? 'payment_completed' : 'payment_cancelled', payment)
}
