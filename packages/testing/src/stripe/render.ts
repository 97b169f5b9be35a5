/** How objects leave the fake: as they are now, with what was asked to stand in them whole. */

import { invalid, json, type Outcome } from './answers.ts'
import type { Params } from './form.ts'
import { listOf, textOf, wholeOf } from './form.ts'
import { STRIPE_VERSION } from './options.ts'
import type { StripeObject } from './records.ts'
import { findObject, isShown, type StripeContext, type StripeState } from './state.ts'
import { inShapeOf } from './versions.ts'

type Loose = Record<string, unknown>

/** A list as Stripe writes it. */
const listObject = (
  url: string,
  found: { readonly data: readonly unknown[]; readonly has_more: boolean },
) => ({
  object: 'list',
  data: found.data,
  has_more: found.has_more,
  url,
})

/** The newest ten refunds of a charge, which only come when they are asked for (since 2022-11-15). */
function refundsOf(state: StripeState, charge: string) {
  const all = newestFirst([...state.refunds.values()].filter((refund) => refund.charge === charge))
  return listObject(`/v1/charges/${charge}/refunds`, {
    data: structuredClone(all.slice(0, 10)),
    has_more: all.length > 10,
  })
}

/** Puts the object of a path in the place of its id. False where there is nothing of the kind. */
function expandPath(
  state: StripeState,
  { target, path }: { target: Loose; path: readonly string[] },
): boolean {
  const [head = '', ...rest] = path
  if (head === 'refunds' && target.object === 'charge') target.refunds ??= refundsOf(state, String(target.id))
  const value = target[head]
  if (value === undefined && head !== 'refunds') return false
  if (typeof value === 'string') {
    const found = findObject(state, value)
    if (found === null) return true
    target[head] = structuredClone(found)
  }
  const next = target[head]
  if (rest.length === 0 || next === null) return true
  const list = typeof next === 'object' && 'data' in next && rest[0] === 'data' ? next.data : null
  if (Array.isArray(list))
    return list.every((item) => expandPath(state, { target: item as Loose, path: rest.slice(1) }))
  return expandPath(state, { target: next as Loose, path: rest })
}

/** An object as the API answers it. */
export function render(
  context: StripeContext,
  { object, expand, version }: { object: StripeObject; expand: readonly string[]; version: string },
): Outcome {
  const copy = structuredClone(object) as Loose
  for (const path of expand)
    if (!expandPath(context.state, { target: copy, path: path.split('.') }))
      return invalid({ param: 'expand', message: `This property cannot be expanded (${path}).` })
  return { answer: json(200, inShapeOf(copy, version) as object), hasBegun: true }
}

/** A call's version. */
export const versionOf = (headers: Readonly<Record<string, string | undefined>>): string =>
  headers['stripe-version'] ?? STRIPE_VERSION

/** Newest first; of one second the later one first. */
export const newestFirst = <T extends { readonly created: number }>(all: readonly T[]): readonly T[] =>
  all.toReversed().sort((a, b) => b.created - a.created)

interface Listing {
  readonly url: string
  readonly all: readonly StripeObject[]
  readonly query: Params
  readonly version: string
  /** Parameters of the query that must equal a field. */
  readonly filters: readonly string[]
}

function isWithin(created: number, query: Params): boolean {
  const bound = (name: string) => wholeOf(query, 'created', name)
  const [gte, gt, lte, lt] = [bound('gte'), bound('gt'), bound('lte'), bound('lt')]
  return (
    (gte === null || created >= gte) &&
    (gt === null || created > gt) &&
    (lte === null || created <= lte) &&
    (lt === null || created < lt)
  )
}

const KNOWN: ReadonlySet<string> = new Set(['limit', 'starting_after', 'ending_before', 'expand', 'created'])

/** A page of a list. */
export function renderList(context: StripeContext, { url, all, query, version, filters }: Listing): Outcome {
  const strange = Object.keys(query).find((name) => !KNOWN.has(name) && !filters.includes(name))
  if (strange !== undefined) return invalid({ code: 'parameter_unknown', param: strange })
  const found = newestFirst(all).filter(
    (object) =>
      isShown(context, object.id) &&
      isWithin(object.created, query) &&
      filters.every((name) => textOf(query, name) === null || object[name] === textOf(query, name)),
  )
  const limit = wholeOf(query, 'limit') ?? 10
  if (limit < 1 || limit > 100) return invalid({ code: 'parameter_invalid_integer', param: 'limit' })
  const after = textOf(query, 'starting_after')
  const start = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1
  if (after !== null && start === 0) return invalid({ code: 'resource_missing', param: 'starting_after' })
  const page = listObject(url, {
    data: structuredClone(found.slice(start, start + limit)),
    has_more: found.length > start + limit,
  })
  for (const path of listOf(query, 'expand'))
    if (!expandPath(context.state, { target: { page } as Loose, path: ['page', ...path.split('.')] }))
      return invalid({ param: 'expand', message: `This property cannot be expanded (${path}).` })
  return { answer: json(200, inShapeOf(page, version) as object), hasBegun: true }
}
