/** A check of objects against the JSON-Schema-like description of Stripe's objects. */

export interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly nullable?: boolean
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly $ref?: string
  readonly 'x-open'?: boolean
}

export type Definitions = Readonly<Record<string, Schema>>

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value

/** Every way in which a value does not fit, with its path. Fields that the schema does not know count too. */
export function misfits(
  value: unknown,
  schema: Schema,
  { definitions, path = '' }: { definitions: Definitions; path?: string },
): readonly string[] {
  const at = (more: string) => ({ definitions, path: `${path}${more}` })
  if (value === null && schema.nullable === true) return []
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? ''
    return misfits(value, definitions[name] ?? {}, at(''))
  }
  if (schema.anyOf !== undefined) {
    const tries = schema.anyOf.map((option) => misfits(value, option, at('')))
    return tries.some((found) => found.length === 0) ? [] : (tries[0] ?? [])
  }
  if (schema.const !== undefined)
    return value === schema.const ? [] : [`${path}: is not ${String(schema.const)}`]
  if (schema.type !== undefined && typeOf(value) !== schema.type)
    return [`${path}: is ${typeOf(value)}, not ${schema.type}`]
  if (schema.enum !== undefined && schema['x-open'] !== true && !schema.enum.includes(value))
    return [`${path}: is ${String(value)}`]
  if (Array.isArray(value))
    return value.flatMap((item, index) => misfits(item, schema.items ?? {}, at(`[${index}]`)))
  if (typeof value !== 'object' || value === null) return []
  const { properties, required = [] } = schema
  const absent = required.filter((name) => !(name in value)).map((name) => `${path}.${name}: is missing`)
  if (properties === undefined) return absent
  const fields = Object.entries(value).flatMap(([name, item]) => {
    const known = properties[name]
    return known === undefined ? [`${path}.${name}: is not known`] : misfits(item, known, at(`.${name}`))
  })
  return [...absent, ...fields]
}
