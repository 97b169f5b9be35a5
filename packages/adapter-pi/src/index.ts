import { defineProvider, type Probe, type Provider } from '@lastro/core/spec'
import { createClient } from './client.ts'
import { createHorizon } from './horizon.ts'
import { type PiOptions, settingsOf } from './options.ts'
import { createPayments, type PiPayments, type PiPaymentsWithRefunds, withRefunds } from './payments.ts'
import { createPayouts, type PiPayouts } from './payouts.ts'
import { createProbe } from './probe.ts'
import { createTeller } from './tell.ts'
import { VERSION } from './version.ts'
import { createWallet } from './wallet.ts'
import { createWebhooks, type PiWebhooks } from './webhooks.ts'

export type { PiNetwork } from './networks.ts'
export type { PiOptions, PiWebhookOptions } from './options.ts'
export { STATES as PI_STATES, type StateRow as PiStateRow } from './states.ts'

/** What `pi` gives without the app's wallet: payments from users, and news of them. */
export type PiProvider = Provider<{
  readonly payments: PiPayments
  readonly webhooks: PiWebhooks
  readonly probe: Probe
}> & { readonly id: 'pi' }

/** What `pi` gives with the seed of the app's wallet: refunds and payouts too. */
export type PiWalletProvider = Provider<{
  readonly payments: PiPaymentsWithRefunds
  readonly payouts: PiPayouts
  readonly webhooks: PiWebhooks
  readonly probe: Probe
}> & { readonly id: 'pi' }

/**
 * Pi Network: payments from users through the Pi wallet, and with the app's wallet refunds and payouts to users. Makes no
 * call by itself.
 * @throws ProviderError `misconfigured`, naming the option and the rule it breaks.
 */
export function pi(
  options: PiOptions & { readonly walletSeed: NonNullable<PiOptions['walletSeed']> },
): PiWalletProvider
export function pi(options: PiOptions): PiProvider
export function pi(options: PiOptions): PiProvider | PiWalletProvider {
  const settings = settingsOf(options)
  const client = createClient(settings)
  const horizon = createHorizon(settings)
  const teller = createTeller({ client, horizon, settings })
  const payments = createPayments({ settings, teller })
  const webhooks = createWebhooks(settings, teller)
  const seed = settings.walletSeed
  if (seed === undefined)
    return defineProvider({
      id: 'pi',
      version: VERSION,
      payments,
      webhooks,
      probe: createProbe({ client, horizon, wallet: null }),
    })
  const wallet = createWallet({ client, horizon, settings, seed })
  return defineProvider({
    id: 'pi',
    version: VERSION,
    payments: withRefunds(payments, { wallet, teller }),
    payouts: createPayouts(wallet),
    webhooks,
    probe: createProbe({ client, horizon, wallet }),
  })
}
