import type { Answered } from '@lastro/adapter-kit'
import { ProviderError } from '@lastro/core/spec'
import type { z } from 'zod'
import type { EfiCall, EfiClient } from './client.ts'
import { PROVIDER } from './map.ts'
import { readRefusal } from './refusal.ts'

/** The error for an answer that says something new, odd or contradictory. */
export function surprise(message: string): ProviderError {
  return new ProviderError({ provider: PROVIDER, kind: 'unexpected_answer', message })
}

/** The error for an argument that breaks a rule, found before anything is sent. */
export function badArgument(field: string, rule: string): ProviderError {
  return new ProviderError({ provider: PROVIDER, kind: 'invalid_request', message: `${field} ${rule}.` })
}

/** A read of one thing, and how Efí says that it has no such thing. */
export interface Ask<T extends z.ZodType> {
  readonly call: EfiCall
  readonly subject: string
  readonly schema: T
  /** Names by which Efí says that there is none. Anything else, a gateway's 404 above all, is trouble. */
  readonly absent?: RegExp
}

const isAbsent = (answer: Answered, absent: RegExp): boolean => {
  if (answer.status !== 404 && answer.status !== 400) return false
  const { name } = readRefusal(answer.json)
  return name !== null && absent.test(name)
}

/**
 * Reads one thing. Null only where Efí says, by a name of its own, that there is none.
 * @throws ProviderError when it could not be asked, or the answer is not understood.
 */
export async function findOne<T extends z.ZodType>(
  client: EfiClient,
  ask: Ask<T>,
): Promise<z.output<T> | null> {
  const { call, subject, schema, absent } = ask
  const answer = await client.ask({ ...call, subject })
  if (absent !== undefined && isAbsent(answer, absent)) return null
  if (answer.status < 200 || answer.status >= 300) throw client.refuse(answer, subject)
  const parsed = schema.safeParse(answer.json)
  if (!parsed.success) throw surprise(`the answer for ${subject} cannot be read.`)
  return parsed.data
}

/**
 * Reads one thing that must be there.
 * @throws ProviderError when it could not be asked, is not there, or the answer is not understood.
 */
export async function readOne<T extends z.ZodType>(
  client: EfiClient,
  ask: Omit<Ask<T>, 'absent'>,
): Promise<z.output<T>> {
  const found = await findOne(client, ask)
  if (found === null) throw surprise(`the answer for ${ask.subject} is empty.`)
  return found
}
