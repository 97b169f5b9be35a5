import type { AssetId, Money } from '../../spec/index.ts'

/** One rule of a route: where its condition holds, these providers may take the payment, in this order. */
export interface RouteRule<Method extends string = string> {
  /** All that is named must hold. Default: always. */
  readonly when?: {
    readonly asset?: AssetId | readonly AssetId[]
    readonly method?: Method | readonly Method[]
    /** This much or more, for amounts of its asset; others do not match. */
    readonly least?: Money
    /** This much or less, for amounts of its asset; others do not match. */
    readonly most?: Money
    /** All of these entries. */
    readonly metadata?: Readonly<Record<string, string>>
  }
  /** Names of providers, the preferred one first. */
  readonly providers: readonly string[]
}

/** What a rule looks at. */
export interface Routable {
  readonly amount: Money
  readonly method: string
  readonly metadata: Readonly<Record<string, string>>
}

/** How a rail is, as its breaker tells. */
export type RailHealth = 'closed' | 'half_open' | 'open'

/** The providers of the first rule that matches. Null: none does. Pure. */
export function routeOf(rules: readonly RouteRule[], wanted: Routable): readonly string[] | null {
  return rules.find((rule) => matches(rule, wanted))?.providers ?? null
}

function matches({ when = {} }: RouteRule, { amount, method, metadata }: Routable): boolean {
  const { asset, least, most } = when
  const isAmong = (wanted: string | readonly string[] | undefined, value: string) =>
    wanted === undefined || (typeof wanted === 'string' ? wanted === value : wanted.includes(value))
  return (
    isAmong(asset, amount.asset) &&
    isAmong(when.method, method) &&
    (least === undefined || (least.asset === amount.asset && amount.amount >= least.amount)) &&
    (most === undefined || (most.asset === amount.asset && amount.amount <= most.amount)) &&
    Object.entries(when.metadata ?? {}).every(([key, value]) => metadata[key] === value)
  )
}

/**
 * The provider that tries next: the first of the route after `last` that did not refuse and whose rail does not rest;
 * where all rest, the first that did not refuse. Null: all refused. Pure. Only for an intent that certainly stands at
 * none of them.
 */
export function pickProvider(candidates: {
  readonly route: readonly string[]
  readonly refusedBy: readonly string[]
  /** The one that was tried last, or null. */
  readonly last: string | null
  readonly health: (provider: string) => RailHealth
}): string | null {
  const { route, refusedBy, last, health } = candidates
  const start = last === null ? 0 : route.indexOf(last) + 1
  const inTurn = [...route.slice(start), ...route.slice(0, start)].filter((name) => !refusedBy.includes(name))
  return inTurn.find((name) => health(name) !== 'open') ?? inTurn[0] ?? null
}
