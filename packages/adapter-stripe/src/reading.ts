import type { ProviderEvent, ProviderObject } from '@lastro/core/spec'
import type { z } from 'zod'

/** Where an object was met: in an event, or in an answer. */
export interface Context {
  /** The event's type: `customer.subscription.updated`. */
  readonly topic: string
  /** What happened to the object, as the type ends: `updated`. */
  readonly change: string
  readonly occurredAt: Date | null
  /** Values before the change, on `updated` events. */
  readonly previous: Readonly<Record<string, unknown>>
}

/** Tells what an object means. Pure, and never throws: what it cannot read it gives back as `unrecognised`. */
export type Reader = (object: unknown, context: Context) => readonly ProviderEvent[]

/** A plain word may be shown; anything else may carry what nobody should see. */
export const plainWord = (value: string | null): string | null =>
  value !== null && /^[\w.:-]{1,100}$/.test(value) ? value : null

/** Something that is not as it should be: the provider is asked, and the delivery is kept for a person. */
export function unrecognised(
  { topic }: Pick<Context, 'topic'>,
  found: { readonly detail: string; readonly providerRef?: string | null },
): ProviderEvent {
  const { detail, providerRef } = found
  return { kind: 'unrecognised', topic, detail, ...(providerRef == null ? {} : { providerRef }) }
}

const idOf = (object: unknown): string | null => {
  const id: unknown = typeof object === 'object' && object !== null ? Reflect.get(object, 'id') : null
  return typeof id === 'string' ? plainWord(id) : null
}

/** A reader of objects of one form. One of another form is unrecognised, by the names of the fields that differ. */
export function readerOf<T extends z.ZodType>(
  schema: T,
  read: (object: z.output<T>, context: Context) => readonly ProviderEvent[],
): Reader {
  return (object, context) => {
    const parsed = schema.safeParse(object)
    if (parsed.success) return read(parsed.data, context)
    const fields = parsed.error.issues.map(({ path }) => path.map(String).join('.')).slice(0, 5)
    const detail = `the object is not of the form that this adapter reads: ${fields.join(', ') || 'no object'}`
    return [unrecognised(context, { detail, providerRef: idOf(object) })]
  }
}

/** Facts of an object, before what was not told is left out. */
export type Told = Readonly<Record<string, string | boolean | Date | number | null>>

/** Facts as JSON takes them: times in ISO 8601, counts as text. */
function factsOf(told: Told): Readonly<Record<string, string | boolean>> {
  const facts: Record<string, string | boolean> = {}
  for (const [name, value] of Object.entries(told)) {
    if (value === null) continue
    if (typeof value === 'boolean') facts[name] = value
    else facts[name] = value instanceof Date ? value.toISOString() : String(value)
  }
  return facts
}

/** The event that another object changed. */
export function changed(
  { change, occurredAt }: Context,
  told: {
    readonly object: ProviderObject
    readonly ref: string
    readonly change?: string
    readonly status: string | null
    readonly facts: Told
  },
): ProviderEvent {
  const { object, ref, status } = told
  return {
    kind: 'changed',
    object,
    ref,
    change: told.change ?? change,
    ...(status === null ? {} : { status }),
    facts: factsOf(told.facts),
    ...(occurredAt === null ? {} : { occurredAt }),
  }
}
