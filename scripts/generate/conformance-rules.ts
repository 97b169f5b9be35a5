import ts from 'typescript'
import { listFiles } from '../tree.ts'
import { code, type GeneratedPage, page, table } from './markdown.ts'
import { parse } from './sources.ts'

const PORTS = /^packages\/core\/src\/spec\/ports\/[^/]+\.ts$/
const RULE = /^- `(?<id>[a-z_]+\/[a-z_]+)`: (?<says>.+)$/

interface Port {
  readonly name: string
  readonly does: string
  readonly rules: readonly (readonly [id: string, says: string])[]
}

/** The interfaces whose doc comment lists rules: one item each, which may go on over several lines. */
function portsOf(path: string): Port[] {
  return parse(path).statements.flatMap((statement) => {
    if (!ts.isInterfaceDeclaration(statement)) return []
    const [doc] = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc)
    const text = ts.getTextOfJSDocComment(doc?.comment) ?? ''
    const items = text.replace(/\n {2,}/g, ' ').split('\n')
    const rules = items.flatMap((item) => {
      const { id, says } = RULE.exec(item)?.groups ?? {}
      return id === undefined || says === undefined ? [] : [[id, says] as const]
    })
    const does = text.split('\n\n')[0]?.replace(/\s+/g, ' ') ?? ''
    return rules.length === 0 ? [] : [{ name: statement.name.text, does, rules }]
  })
}

function render(): string {
  const ports = listFiles()
    .filter((path) => PORTS.test(path))
    .flatMap(portsOf)
  if (ports.length === 0) throw new Error('No port states rules.')
  const sections = ports.map(({ name, does, rules }) => {
    const rows = rules.map(([id, says]) => [code(id), says])
    return `## ${name}\n\n${does}\n\n${table(['Rule', 'Says'], rows)}`
  })
  return page(
    'Rules of the ports',
    'What an adapter promises by filling a port. Each rule is a case of the conformance kit, `@lastro/testing/conformance`, under the same name.',
    ...sections,
  )
}

/** The rules that the ports' doc comments state. */
export const conformanceRules: GeneratedPage = { path: 'docs/reference/conformance-rules.md', render }
