import type { ChainProvider } from './ports/chain.ts'
import type { ContractEventSource } from './ports/contract-events.ts'
import type { PaymentProvider } from './ports/payments.ts'
import type { PayoutProvider } from './ports/payouts.ts'
import type { Probe } from './ports/probe.ts'
import type { RateSource } from './ports/rates.ts'
import type { Signer } from './ports/signer.ts'
import type { StatementSource } from './ports/statements.ts'
import type { WebhookSource } from './ports/webhooks.ts'

/** The ports an adapter may fill. A port that is present works; there is no separate list to keep true. */
export interface Ports {
  readonly payments?: PaymentProvider
  readonly payouts?: PayoutProvider
  readonly statements?: StatementSource
  readonly webhooks?: WebhookSource
  readonly rates?: RateSource
  readonly chain?: ChainProvider
  readonly contractEvents?: ContractEventSource
  readonly signer?: Signer
  readonly probe?: Probe
}

/** An adapter's product: an id and the ports it fills. */
export type Provider<P extends Ports = Ports> = P & {
  /** The adapter's name, such as `efi`. Shown in errors and stored beside what it did. */
  readonly id: string
  /** The adapter's version, from a constant. Stored with what it made of a delivery. */
  readonly version?: string
}

/** Providers by the name the host gave them. */
export type Providers = Readonly<Record<string, Provider>>

/** The names of the providers that fill a port: `'efi' | 'heleket'`. Any text where the names are not known by type. */
export type Filling<Ps extends Providers, K extends keyof Ports> = string extends keyof Ps
  ? string
  : { [N in keyof Ps & string]: Ps[N] extends { readonly [P in K]: object } ? N : never }[keyof Ps & string]

/** Gives a provider its exact type, so that absent ports do not compile. */
export function defineProvider<const P extends Provider>(provider: P): P {
  return provider
}
