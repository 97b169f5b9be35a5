import { namedError, oauthError, problemError } from './api.ts'

/** What an error answer states, in any of Efí's shapes. */
export interface Refusal {
  /** A: `{nome}`, B: RFC 7807, C: OAuth, or none that we know (a gateway's page). */
  readonly shape: 'A' | 'B' | 'C' | 'none'
  /** The provider's name for it: a plain word, safe to show. Null when there is none. */
  readonly name: string | null
  /** Names of the fields that break a rule (shape B). */
  readonly fields: readonly string[]
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/
const FIELD = /^[A-Za-z0-9_.[\]-]{1,80}$/
const NONE: Refusal = { shape: 'none', name: null, fields: [] }

const plain = (text: string): string | null => (NAME.test(text) ? text : null)

/** Reads an error body by its shape, never by the endpoint it came from. Texts for people are left out. */
export function readRefusal(json: unknown): Refusal {
  const named = namedError.safeParse(json)
  if (named.success) return { shape: 'A', name: plain(named.data.nome), fields: [] }
  const problem = problemError.safeParse(json)
  if (problem.success) {
    const fields = (problem.data.violacoes ?? []).flatMap(({ propriedade }) => propriedade ?? [])
    const name = plain(problem.data.type.split('/').at(-1) ?? '')
    return { shape: 'B', name, fields: fields.filter((field) => FIELD.test(field)).slice(0, 5) }
  }
  const oauth = oauthError.safeParse(json)
  return oauth.success ? { shape: 'C', name: plain(oauth.data.error), fields: [] } : NONE
}
