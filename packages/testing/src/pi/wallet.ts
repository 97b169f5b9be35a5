import { decimal } from './amount.ts'
import { addPayment, end, type Held, isEnded, type PiContext } from './state.ts'
import { stellar, userKey } from './stellar.ts'

/** What the app's code in the browser gives to `Pi.createPayment`. */
export interface BrowserPayment {
  /** Pi's id of the user. */
  readonly uid: string
  /** In units of 0.0000001 Pi. */
  readonly amount: bigint
  readonly memo?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** The user's wallet makes a payment. Answers Pi's id, which the browser gets to know first. */
export function createInBrowser(context: PiContext, given: BrowserPayment): string {
  const { uid, amount, memo = 'Payment', metadata = {} } = given
  return addPayment(context, { uid, amount, memo, metadata, direction: 'user_to_app' }).identifier
}

/** What a user may sign instead of what was asked for. */
export interface Signing {
  readonly amount?: bigint
  readonly memo?: string
}

/**
 * The user signs, and Pi sends the transaction. Answers its id; false when the wallet does not let them: it is not
 * approved, or over, or was signed before.
 */
export function signInBrowser(
  context: PiContext,
  payment: Held,
  { amount, memo }: Signing = {},
): string | false {
  const { settings, chain, scheduler } = context
  if (payment.direction !== 'user_to_app' || !payment.approved || isEnded(payment) || payment.txid !== null)
    return false
  const { Account, Asset, Memo, Operation, TransactionBuilder } = stellar()
  const shown = chain.account(payment.from)
  if (shown === null) return false
  const transaction = new TransactionBuilder(new Account(payment.from, shown.sequence.toString()), {
    fee: settings.baseFee.toString(),
    networkPassphrase: settings.passphrase,
    timebounds: { minTime: '0', maxTime: '0' },
    memo: Memo.text(memo ?? payment.identifier),
  })
    .addOperation(
      Operation.payment({
        destination: payment.to,
        asset: Asset.native(),
        amount: decimal(amount ?? payment.amount),
      }),
    )
    .build()
  transaction.sign(userKey(settings.seed, payment.uid))
  const sent = chain.submit(transaction.toXdr())
  if (sent.kind !== 'applied') return false
  payment.txid = sent.transaction.hash
  const verify = () => {
    payment.verified = true
  }
  if (settings.verifyAfterMs === 0) verify()
  else if (settings.verifyAfterMs !== null) scheduler.later(settings.verifyAfterMs, verify)
  return sent.transaction.hash
}

/** The user gives up. False when it is signed or over. */
export function cancelInBrowser(context: PiContext, payment: Held): boolean {
  if (isEnded(payment) || payment.txid !== null) return false
  end(context, payment, 'userCancelled')
  return true
}
