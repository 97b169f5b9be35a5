/**
 * The Central Bank's contract (`bacen/pix-api`, OpenAPI 2.9.0) as validators of requests and answers. The file is not
 * part of the project: it is looked for beside it, and tests that need it are skipped where it is absent.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'

const FILE = 'bacen-pix-api-2.9.0.openapi.yaml'

/** Where the file is: in the folder that LASTRO_SPECS names, or in `shared/providers/specs` beside a folder above. */
function findFile(): string | null {
  const named = process.env.LASTRO_SPECS
  if (named !== undefined) return existsSync(join(named, FILE)) ? join(named, FILE) : null
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'shared/providers/specs', FILE)
    if (existsSync(found)) return found
  }
  return null
}

/** The path of the contract, or null. */
export const standardFile = findFile()

type Schema = Record<string, unknown>

interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: {
    readonly requestBodies: Record<string, Body>
    readonly schemas: Record<string, Schema>
  }
}

interface Body {
  readonly $ref?: string
  readonly content?: Record<string, { readonly schema?: Schema }>
}

interface Operation {
  readonly requestBody?: Body
  readonly responses: Record<string, Body>
}

const BRANCHES = ['allOf', 'anyOf', 'oneOf'] as const
/** A location is written without a scheme, and whole numbers are whole numbers. */
const FORMATS_LEFT_OUT: ReadonlySet<unknown> = new Set(['uri', 'int32', 'int64'])

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Makes plain JSON Schema of the contract's schemas, mending what its readme names as defects: patterns are not
 * anchored and some are written between slashes; `required` names fields that no branch has; alternatives overlap,
 * so that `oneOf` would refuse what fits both; and one amount is a text and an object at once, and is read as a text.
 */
function createReader(document: Document, closed: boolean) {
  const resolve = (schema: Schema): Schema => {
    const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined
    return name === undefined ? schema : resolve(document.components.schemas[name] ?? {})
  }

  const namesIn = (given: Schema): string[] => {
    const schema = resolve(given)
    const branches = BRANCHES.flatMap((key) => (Array.isArray(schema[key]) ? (schema[key] as Schema[]) : []))
    return [...Object.keys((schema.properties as Schema | undefined) ?? {}), ...branches.flatMap(namesIn)]
  }

  const read = (given: Schema, known: ReadonlySet<string> | null): Schema => {
    const schema = resolve(given)
    const names = new Set([...(known ?? []), ...namesIn(schema)])
    const made: Schema = {}
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties' && isSchema(value)) {
        const entries = Object.entries(value).map(([name, entry]) => [name, read(entry as Schema, null)])
        made.properties = Object.fromEntries(entries)
      } else if (key === 'items' && isSchema(value)) made.items = read(value, null)
      else if (key === 'required' && Array.isArray(value))
        made.required = value.filter((name) => names.has(name))
      else if ((key === 'oneOf' || key === 'anyOf') && schema.type === 'string') continue
      else if (key === 'oneOf' || key === 'anyOf')
        made.anyOf = (value as Schema[]).map((entry) => read(entry, names))
      else if (key === 'allOf') made.allOf = (value as Schema[]).map((entry) => read(entry, names))
      else if (key === 'pattern') made.pattern = `^(?:${String(value).replace(/^\/|\/$/g, '')})$`
      else if (key === 'format' ? !FORMATS_LEFT_OUT.has(value) : KEPT.has(key)) made[key] = value
    }
    // Only whole objects are closed: a branch does not know what the others allow.
    if (closed && known === null && names.size > 0) made.unevaluatedProperties = false
    return made
  }
  return (schema: Schema) => read(schema, null)
}

const KEPT: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum'],
])

/** One check that was made: which part of which operation, and what did not fit. */
export interface Checked {
  readonly what: string
  readonly errors: readonly string[]
}

const schemaOf = (body: Body | undefined): Schema | undefined => Object.values(body?.content ?? {})[0]?.schema

/** Judges requests and answers by the contract. */
export function createStandard(file: string) {
  const document = parse(readFileSync(file, 'utf8')) as Document
  const ajv = formats.default(new Ajv2019({ strict: false, allErrors: true }))
  const open = createReader(document, false)
  const closed = createReader(document, true)
  const compiled = new Map<string, ValidateFunction>()

  const judge = (what: string, given: { schema: Schema; value: unknown; isRequest: boolean }): Checked => {
    const validate = compiled.get(what) ?? ajv.compile((given.isRequest ? closed : open)(given.schema))
    compiled.set(what, validate)
    const errors = validate(given.value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message, params }) =>
          [instancePath, message, JSON.stringify(params)].join(' '),
        )
    return { what, errors }
  }

  const operationAt = (method: string, path: string) => {
    const parts = path.split('/')
    const name = Object.keys(document.paths).find((pattern) => {
      const wanted = pattern.split('/')
      // Payloads are served to payers, at addresses that look like ours.
      return (
        !pattern.includes('UrlAccessToken') &&
        wanted.length === parts.length &&
        wanted.every((part, at) => part.startsWith('{') || part === parts[at])
      )
    })
    const operation = name === undefined ? undefined : document.paths[name]?.[method.toLowerCase()]
    return operation === undefined ? null : { name: `${method} ${name}`, operation }
  }

  return {
    /** Judges one call. Parts that the contract says nothing of are not judged. */
    call(given: {
      method: string
      path: string
      request: unknown
      status: number
      answer: unknown
    }): Checked[] {
      const found = operationAt(given.method, given.path)
      if (found === null) return []
      const { name, operation } = found
      const bodyName = operation.requestBody?.$ref?.split('/').at(-1) ?? ''
      const request = schemaOf(document.components.requestBodies[bodyName])
      const answer = given.status < 300 ? schemaOf(operation.responses[`${given.status}`]) : undefined
      return [
        ...(request === undefined
          ? []
          : [judge(`${name} request`, { schema: request, value: given.request, isRequest: true })]),
        ...(answer === undefined
          ? []
          : [judge(`${name} answer`, { schema: answer, value: given.answer, isRequest: false })]),
      ]
    },
    /** Judges a webhook's body by the request body of that name. */
    webhook(name: 'WebhookPixBody' | 'WebhookRecBody' | 'WebhookCobRBody', value: unknown): Checked {
      const schema = schemaOf(document.components.requestBodies[name]) ?? {}
      return judge(name, { schema, value, isRequest: false })
    },
    /** Judges an error of the form that the contract has. */
    problem(value: unknown): Checked {
      return judge('Problema', {
        schema: document.components.schemas.Problema ?? {},
        value,
        isRequest: false,
      })
    },
  }
}
