import { refuse } from '../platform/input.ts'
import { createRail, type Rail, type RailOptions } from '../platform/policies/index.ts'
import type {
  ChainProvider,
  ContractEventSource,
  PaymentProvider,
  PayoutProvider,
  Ports,
  Providers,
  RateSource,
  Signer,
  StatementSource,
} from '../spec/index.ts'

/** Every provider's guarded way, and the providers that fill each port. */
export interface Wired {
  readonly rails: Readonly<Record<string, Rail>>
  readonly payments: Readonly<Record<string, { readonly port: PaymentProvider; readonly rail: Rail }>>
  readonly payouts: Readonly<Record<string, { readonly port: PayoutProvider; readonly rail: Rail }>>
  readonly chains: Readonly<Record<string, ChainProvider>>
  readonly rateSources: readonly { readonly name: string; readonly port: RateSource; readonly rail: Rail }[]
  readonly contractEvents: Readonly<
    Record<string, { readonly port: ContractEventSource; readonly rail: Rail }>
  >
  readonly statements: Readonly<Record<string, { readonly port: StatementSource; readonly rail: Rail }>>
  readonly signer: Signer | null
}

/** Sorts providers by the ports they fill, one rail each. */
export function wireProviders(
  providers: Providers,
  options: { readonly rails?: RailOptions; readonly rateOrder?: readonly string[] },
): Wired {
  const rails = Object.fromEntries(
    Object.keys(providers).map((name) => [name, createRail(name, options.rails)]),
  )
  const railOf = (name: string) => rails[name] ?? createRail(name, options.rails)
  const payments = filling(providers, 'payments').map(
    ([name, port]) => [name, { port, rail: railOf(name) }] as const,
  )
  const payouts = filling(providers, 'payouts').map(
    ([name, port]) => [name, { port, rail: railOf(name) }] as const,
  )
  const contractEvents = filling(providers, 'contractEvents').map(
    ([name, port]) => [name, { port, rail: railOf(name) }] as const,
  )
  const statements = filling(providers, 'statements').map(
    ([name, port]) => [name, { port, rail: railOf(name) }] as const,
  )
  const order = options.rateOrder ?? Object.keys(providers)
  const sources = filling(providers, 'rates')
    .filter(([name]) => order.includes(name))
    .sort(([left], [right]) => order.indexOf(left) - order.indexOf(right))
  return {
    rails,
    payments: Object.fromEntries(payments),
    payouts: Object.fromEntries(payouts),
    chains: Object.fromEntries(filling(providers, 'chain')),
    contractEvents: Object.fromEntries(contractEvents),
    rateSources: sources.map(([name, port]) => ({ name, port, rail: railOf(name) })),
    statements: Object.fromEntries(statements),
    signer: onlySigner(providers, railOf),
  }
}

/** One signer holds all keys: with two, nobody could say which of them an address belongs to. */
function onlySigner(providers: Providers, railOf: (name: string) => Rail): Signer | null {
  const [first, second] = filling(providers, 'signer')
  if (first === undefined) return null
  if (second !== undefined)
    refuse(`providers.${second[0]}`, `fills the signer port, as providers.${first[0]} does`)
  const [name, { specVersion, publicKey, sign }] = first
  const rail = railOf(name)
  return {
    specVersion,
    publicKey: (key) => rail.read('signer.publicKey', () => publicKey(key)),
    sign: (key, digest) => rail.read('signer.sign', () => sign(key, digest)),
  }
}

function filling<K extends keyof Ports>(
  providers: Providers,
  port: K,
): readonly (readonly [string, NonNullable<Ports[K]>])[] {
  const found: (readonly [string, NonNullable<Ports[K]>])[] = []
  for (const [name, provider] of Object.entries(providers)) {
    const filled = provider[port]
    if (filled !== undefined) found.push([name, filled])
  }
  return found
}
