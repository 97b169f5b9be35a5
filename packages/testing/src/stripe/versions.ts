/** Shapes by API version: what a version does not have yet, or no longer. From the types of npm `stripe` 17 to 23. */

const FAMILIES = ['acacia', 'basil', 'clover', 'dahlia', 'endive'] as const
type Family = (typeof FAMILIES)[number]

/** Fields and the family that brought them. */
const BROUGHT_BY: Readonly<Record<string, Readonly<Record<string, Family>>>> = {
  payment_intent: {
    excluded_payment_method_types: 'basil',
    presentment_details: 'basil',
    customer_account: 'clover',
    allowed_payment_method_types: 'dahlia',
    managed_payments: 'dahlia',
    payment_record: 'endive',
  },
  charge: { presentment_details: 'basil' },
  'checkout.session': {
    optional_items: 'basil',
    origin_context: 'basil',
    permissions: 'basil',
    wallet_options: 'basil',
    customer_account: 'clover',
    excluded_payment_method_types: 'clover',
    integration_identifier: 'dahlia',
    managed_payments: 'dahlia',
    allowed_payment_method_types: 'endive',
  },
  refund: {
    pending_reason: 'basil',
    customer: 'dahlia',
    customer_account: 'dahlia',
    payment_method: 'dahlia',
  },
  dispute: { intended_submission_method: 'endive' },
}

/** Fields that basil took away. Every one of them is null for what the fake makes. */
const GONE_SINCE_BASIL: Readonly<Record<string, readonly string[]>> = {
  payment_intent: ['invoice'],
  charge: ['invoice'],
  'checkout.session': ['shipping_details'],
}

/** How families before dahlia called the ways in which a page is shown. */
const OLD_UI_MODES: Readonly<Record<string, string>> = {
  hosted_page: 'hosted',
  embedded_page: 'embedded',
  elements: 'custom',
}

/** The place of a version in the order of families: one without a name is as old as acacia. */
function ageOf(version: string): number {
  const family = version.split('.')[1]
  const at = (FAMILIES as readonly string[]).indexOf(family ?? '')
  return at === -1 ? 0 : at
}

/** An object, and all that stands in it, as a version writes it. */
export function inShapeOf(value: unknown, version: string): unknown {
  const age = ageOf(version)
  return age === FAMILIES.length - 1 ? value : reshape(value, age)
}

function reshape(value: unknown, age: number): unknown {
  if (Array.isArray(value)) return value.map((item) => reshape(item, age))
  if (typeof value !== 'object' || value === null) return value
  const kind = String(Reflect.get(value, 'object') ?? '')
  const brought = BROUGHT_BY[kind] ?? {}
  const kept = Object.entries(value).filter(([name]) => {
    const family = Object.hasOwn(brought, name) ? brought[name] : undefined
    return family === undefined || FAMILIES.indexOf(family) <= age
  })
  const shaped: Record<string, unknown> = Object.fromEntries(
    kept.map(([name, item]) => [name, reshape(item, age)]),
  )
  if (age === 0) for (const name of GONE_SINCE_BASIL[kind] ?? []) shaped[name] = null
  if (age < FAMILIES.indexOf('dahlia') && kind === 'checkout.session' && typeof shaped.ui_mode === 'string')
    shaped.ui_mode = OLD_UI_MODES[shaped.ui_mode] ?? shaped.ui_mode
  return shaped
}
