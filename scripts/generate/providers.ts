import ts from 'typescript'
import { publishedPackages } from '../tree.ts'
import { code, codes, type GeneratedPage, page, table } from './markdown.ts'
import { compile } from './sources.ts'

const SPEC = 'packages/core/src/spec/provider.ts'
const NO_ADAPTER = 'packages/adapter-kit'

interface Row {
  readonly factory: string
  readonly from: string
  /** Port to the optional members of it that this provider has. */
  readonly fills: ReadonlyMap<string, readonly string[]>
}

/** The ports by name, with the members that a port may lack. */
function readPorts(program: ts.Program): Map<string, string[]> {
  const checker = program.getTypeChecker()
  const file = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(SPEC))
  const symbol = file && checker.getSymbolAtLocation(file)
  const ports = symbol && checker.getExportsOfModule(symbol).find(({ name }) => name === 'Ports')
  if (!ports) throw new Error(`${SPEC} exports no Ports.`)
  return new Map(
    checker
      .getDeclaredTypeOfSymbol(ports)
      .getProperties()
      .map((port) => {
        const type = checker.getNonNullableType(checker.getTypeOfSymbol(port))
        return [
          port.name,
          type
            .getProperties()
            .filter(isOptional)
            .map(({ name }) => name),
        ]
      }),
  )
}

const isOptional = (symbol: ts.Symbol) => (symbol.flags & ts.SymbolFlags.Optional) !== 0

/** A function that answers something with an id and a port is an adapter's factory: its type says which it fills. */
function readFactory(
  program: ts.Program,
  { symbol, from, ports }: { symbol: ts.Symbol; from: string; ports: Map<string, string[]> },
): Row[] {
  const checker = program.getTypeChecker()
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const [signature] = checker.getTypeOfSymbol(target).getCallSignatures()
  const members = signature?.getReturnType().getProperties() ?? []
  if (!members.some(({ name }) => name === 'id')) return []
  const filled = members.filter((member) => ports.has(member.name) && !isOptional(member))
  if (filled.length === 0) return []
  const fills = new Map(
    filled.map((member) => {
      const has = checker
        .getTypeOfSymbol(member)
        .getProperties()
        .filter((part) => !isOptional(part))
      const extras = (ports.get(member.name) ?? []).filter((name) => has.some((part) => part.name === name))
      return [member.name, extras]
    }),
  )
  return [{ factory: symbol.name, from, fills }]
}

/** Every adapter's factory, with the ports it fills. */
export function readAdapters(): { readonly ports: Map<string, string[]>; readonly rows: readonly Row[] } {
  const adapters = publishedPackages().filter(
    ({ folder }) => folder.startsWith('packages/adapter-') && folder !== NO_ADAPTER,
  )
  const entries = adapters.flatMap((published) => Object.entries(published.entries))
  const program = compile([SPEC, ...entries.map(([, path]) => path)])
  const checker = program.getTypeChecker()
  const ports = readPorts(program)
  const rows = entries.flatMap(([from, path]) => {
    const file = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(path))
    const module = file && checker.getSymbolAtLocation(file)
    const exported = module ? checker.getExportsOfModule(module) : []
    return exported.flatMap((symbol) => readFactory(program, { symbol, from, ports }))
  })
  if (rows.length === 0) throw new Error('No adapter was found.')
  return { ports, rows }
}

function render(): string {
  const { ports, rows } = readAdapters()
  const names = [...ports.keys()]
  const matrix = rows.map(({ factory, from, fills }) => [
    code(factory),
    code(from),
    ...names.map((port) => (fills.has(port) ? '●' : '')),
  ])
  const optional = rows.flatMap(({ factory, fills }) =>
    [...fills].flatMap(([port, extras]) =>
      extras.length === 0 ? [] : [[code(factory), code(port), codes(extras)]],
    ),
  )
  return page(
    'Providers',
    'Which adapter fills which port. A port that is present works; there is no second list of abilities.',
    table(['Factory', 'Import', ...names], matrix),
    '## Optional parts',
    'What a port may leave out, and these adapters have.',
    table(['Factory', 'Port', 'Has'], optional),
  )
}

/** Ports against adapters, read from the adapters' types. */
export const providers: GeneratedPage = { path: 'docs/reference/providers.md', render }
