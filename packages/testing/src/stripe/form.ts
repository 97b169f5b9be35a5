/** Bodies and queries as Stripe takes them: `metadata[order]=7&expand[0]=data.source`. */

/** A parameter: a text, a list or named parts. */
export type Param = string | readonly Param[] | { readonly [name: string]: Param }
/** Parameters by name. */
export type Params = { readonly [name: string]: Param }

type Tree = { [name: string]: string | Tree }

/** Reads a form. Lists are those whose names are numbers, or empty. */
export function parseForm(text: string): Params {
  const tree: Tree = {}
  for (const [name, value] of new URLSearchParams(text)) put(tree, { path: pathOf(name), value })
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, settle(value)]))
}

function pathOf(name: string): readonly string[] {
  const [head = '', ...rest] = name.split('[')
  return [head, ...rest.map((part) => part.replace(/\]$/, ''))]
}

function put(
  tree: Tree,
  { path, value }: { readonly path: readonly string[]; readonly value: string },
): void {
  const [head = '', ...rest] = path
  const name = head === '' ? String(Object.keys(tree).length) : head
  if (rest.length === 0) {
    tree[name] = value
    return
  }
  const next = tree[name]
  const branch: Tree = typeof next === 'object' ? next : {}
  tree[name] = branch
  put(branch, { path: rest, value })
}

function settle(value: string | Tree): Param {
  if (typeof value === 'string') return value
  const entries = Object.entries(value)
  const isList = entries.every(([name]) => /^\d+$/.test(name))
  if (isList) return entries.map(([, item]) => settle(item))
  return Object.fromEntries(entries.map(([name, item]) => [name, settle(item)]))
}

/** A parameter by its path: `['payment_intent_data', 'metadata']`. */
export function paramOf(params: Params, path: readonly string[]): Param | undefined {
  let found: Param | undefined = params
  for (const name of path) {
    if (typeof found !== 'object') return undefined
    found = (found as Readonly<Record<string, Param>>)[name]
  }
  return found
}

/** A text, or null. */
export function textOf(params: Params, ...path: readonly string[]): string | null {
  const found = paramOf(params, path)
  return typeof found === 'string' ? found : null
}

/** A whole number, or null. */
export function wholeOf(params: Params, ...path: readonly string[]): number | null {
  const found = textOf(params, ...path)
  return found !== null && /^-?\d{1,15}$/.test(found) ? Number.parseInt(found, 10) : null
}

/** Texts by name, or none. */
export function textsOf(params: Params, ...path: readonly string[]): Record<string, string> {
  const found = paramOf(params, path)
  if (typeof found !== 'object' || Array.isArray(found)) return {}
  return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value === 'string')) as Record<
    string,
    string
  >
}

/** A list of texts, or none. */
export function listOf(params: Params, ...path: readonly string[]): readonly string[] {
  const found = paramOf(params, path)
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : []
}
