import {
  accepted,
  type Destination,
  declined,
  type Outcome,
  type PayoutProvider,
  ProviderError,
  type ProviderPayout,
  type SubmitPayout,
} from '@lastro/core/spec'
import { checkAmount, readAmount } from './amounts.ts'
import { readPayout } from './facts.ts'
import { type FoundSend, findSend } from './find-send.ts'
import { PROVIDER } from './networks.ts'
import { send } from './send.ts'
import type { Wallet } from './wallet.ts'

/** What the payouts of this adapter can do. */
export type PiPayouts = Omit<PayoutProvider, 'refFor' | 'balance' | 'checkDestination'> &
  Required<Pick<PayoutProvider, 'balance' | 'checkDestination'>>

const MAX_TEXT = 140
const MAX_KEY = 200
const UID = /^[A-Za-z0-9_-]{1,128}$/

/** The rule that a key breaks, or null. It travels in the metadata, for which Pi documents no limit. */
export const checkKey = (key: string): string | null =>
  key.length > 0 && key.length <= MAX_KEY ? null : `must have 1 to ${MAX_KEY} characters`

/** True for a text that may be Pi's id of a user. Its form is not documented; those seen are UUIDs. */
export const isUid = (text: string): boolean => UID.test(text)

function checkDestination(destination: Destination): string | null {
  if (destination.kind !== 'provider_user') return 'destination.kind must be provider_user.'
  return isUid(destination.user) ? null : "destination.user must be Pi's id of the user (uid)."
}

/** A send as a payout: the chain's word goes before the API's. */
function payoutOf(wallet: Wallet, idempotencyKey: string, { payment, hash }: FoundSend): ProviderPayout {
  const told = { idempotencyKey, ...readPayout(payment, wallet.settings.facts) }
  return hash === null ? told : { ...told, state: 'paid', endToEndId: hash }
}

async function submit(wallet: Wallet, request: SubmitPayout): Promise<Outcome<ProviderPayout>> {
  const { idempotencyKey, amount, destination, description, signal } = request
  const keyRule = checkKey(idempotencyKey)
  if (keyRule !== null) return declined('refused', `idempotencyKey ${keyRule}.`)
  const amountRule = checkAmount(amount, wallet.settings.facts.asset)
  if (amountRule !== null) return declined('invalid_amount', `amount ${amountRule}.`)
  const rule = checkDestination(destination)
  if (rule !== null || destination.kind !== 'provider_user')
    return declined('invalid_destination', rule ?? undefined)
  if (description !== undefined && [...description].length > MAX_TEXT)
    return declined('refused', `description must have ${MAX_TEXT} characters at most.`)
  const outcome = await send(wallet, {
    purpose: { for: 'payout', lastro: idempotencyKey },
    amount,
    uid: destination.user,
    memo: description ?? wallet.settings.memo,
    signal,
  })
  if (outcome.kind !== 'accepted') return outcome
  const { payment, hash } = outcome.value
  // A send that was found may be of a key that was used with another amount: what was sent is told, as Pi has it.
  return accepted(payoutOf(wallet, idempotencyKey, { payment, hash }))
}

/** Sends Pi from the app's wallet to users of the app. `providerRef` is Pi's id of the payment. */
export function createPayouts(wallet: Wallet): PiPayouts {
  const { settings } = wallet
  return {
    specVersion: 1,
    assets: [settings.facts.asset],
    destinations: ['provider_user'],
    conclusiveAfterMs: settings.conclusiveAfterMs,
    // One sequence of transactions, and one unfinished payment at Pi.
    concurrency: 1,
    submit: (request) => submit(wallet, request),
    async find({ idempotencyKey, providerRef, signal }) {
      const purpose = { for: 'payout', lastro: idempotencyKey } as const
      const found = await findSend(wallet, { purpose, providerRef, signal })
      return found === null ? null : payoutOf(wallet, idempotencyKey, found)
    },
    async balance(asset) {
      const refuse = (kind: 'invalid_request' | 'unexpected_answer', message: string) =>
        new ProviderError({ provider: PROVIDER, kind, message })
      if (asset !== settings.facts.asset) throw refuse('invalid_request', `there is no balance in ${asset}.`)
      const account = await wallet.horizon.account(wallet.open().address)
      if (account === null) throw refuse('unexpected_answer', "the app's wallet is not on this chain.")
      return readAmount(account.balance, { field: 'balance', asset })
    },
    checkDestination,
  }
}
