// Every name that a package exports has a doc comment.
import { join } from 'node:path'
import ts from 'typescript'
import { publishedPackages, root, startedDirectly } from './tree.ts'

/** The names that `entries` export without a doc comment, as `file:line name`. Foreign names are not ours to describe. */
export function undocumented(
  entries: readonly string[],
  baseDir: string,
): { names: number; missing: string[] } {
  const program = ts.createProgram(
    entries.map((entry) => join(baseDir, entry)),
    {
      allowImportingTsExtensions: true,
      customConditions: ['@lastro/source'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      noEmit: true,
      target: ts.ScriptTarget.ES2024,
      types: ['node'],
    },
  )
  const checker = program.getTypeChecker()
  const exported = entries.flatMap((entry) => {
    const file = program.getSourceFile(join(baseDir, entry))
    const module = file && checker.getSymbolAtLocation(file)
    return module ? checker.getExportsOfModule(module) : []
  })
  const symbols = new Set(exported.map((symbol) => original(symbol, checker)))
  const missing = [...symbols].flatMap((symbol) => {
    const [declaration] = symbol.declarations ?? []
    if (!declaration || isForeign(declaration) || isDocumented(symbol, checker)) return []
    const file = declaration.getSourceFile()
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart())
    return [`${file.fileName.slice(baseDir.length + 1)}:${line + 1} ${symbol.name}`]
  })
  return { names: symbols.size, missing: missing.sort() }
}

const original = (symbol: ts.Symbol, checker: ts.TypeChecker) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

const isForeign = (declaration: ts.Declaration) =>
  declaration.getSourceFile().fileName.includes('/node_modules/')

const isDocumented = (symbol: ts.Symbol, checker: ts.TypeChecker) =>
  symbol.getDocumentationComment(checker).length > 0 || (symbol.declarations ?? []).some(opensFile)

/** `export * as x from './x.ts'`: the first comment of that file describes it. */
const opensFile = (declaration: ts.Declaration) =>
  ts.isSourceFile(declaration) && declaration.getFullText().trimStart().startsWith('/**')

if (startedDirectly(import.meta.filename)) {
  const entries = publishedPackages().flatMap((published) => Object.values(published.entries))
  const { names, missing } = undocumented(entries, root)
  console.log(missing.map((line) => `${line}: no doc comment`).join('\n') || `${names} exported names`)
  process.exitCode = missing.length > 0 ? 1 : 0
}
