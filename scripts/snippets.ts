// The code in the documentation compiles: every ```ts block of the READMEs and of docs/, and every @example of a doc
// comment, as a module of its own against the sources. An example, and a block without imports, may use whatever our
// packages export. What any of them may use besides stands in snippets/given.d.mts, and what the text around one says in
// snippets/context.ts.
// A block marked ```ts no-check, and an example with `…` in its code, is left out.
import { join } from 'node:path'
import ts from 'typescript'
import { CONTEXT } from './snippets/context.ts'
import { publishedPackages, readFiles, root, type SourceFile } from './tree.ts'

/** A piece of code in a document. */
export interface Snippet {
  /** Where it stands, from the root: `docs/webhooks.md`. */
  readonly file: string
  /** The line of its first line of code. */
  readonly line: number
  readonly code: string
}

/** The pages that people read: everything that ends in `.md` here, but for release notes. */
export const MARKDOWN = /^(README|CONTRIBUTING)\.md$|^(docs|packages|examples)\/.*\.md$/
const SOURCE = /^packages\/[^/]+\/src\/.*(?<!\.test)\.ts$/
const BLOCK = /^( *)```ts *(?<mark>[^\n]*)\n(?<code>[\s\S]*?)^\1```$/gm
const EXAMPLE = /^ \* @example\n(?<code>(?: \*(?!\/).*\n)+)/gm

const SNIPPET = /\/snippet-\d+\.ts$/
/** Not `.d.ts`: what is given here is not given to the rest of the repository. */
const GIVEN = 'scripts/snippets/given.d.mts'

/** Every snippet of the files with these paths that is to be checked. */
export function allSnippets(paths: readonly string[]): Snippet[] {
  return findSnippets(readFiles(paths.filter((path) => MARKDOWN.test(path) || SOURCE.test(path))))
}

/** Every snippet of these files that is to be checked. */
export function findSnippets(files: readonly SourceFile[]): Snippet[] {
  return files.flatMap((file) => (MARKDOWN.test(file.path) ? blocksOf(file) : examplesOf(file)))
}

function blocksOf({ path, text }: SourceFile): Snippet[] {
  return [...text.matchAll(BLOCK)].flatMap(({ index, groups }) => {
    const { mark = '', code = '' } = groups ?? {}
    return mark === 'no-check' ? [] : [{ file: path, line: lineAt(text, index) + 1, code }]
  })
}

function examplesOf({ path, text }: SourceFile): Snippet[] {
  return [...text.matchAll(EXAMPLE)].flatMap(({ index, groups }) => {
    const code = (groups?.code ?? '').replace(/^ \* ?/gm, '')
    const isAbridged = code.replace(/\/\/.*$/gm, '').includes('…')
    return isAbridged ? [] : [{ file: path, line: lineAt(text, index) + 1, code }]
  })
}

const lineAt = (text: string, index: number) => text.slice(0, index).split('\n').length

/** One line per mistake, with the place in the document. */
export function checkSnippets(snippets: readonly Snippet[]): string[] {
  const isFragment = ({ file, code }: Snippet) => !MARKDOWN.test(file) || !/^import /m.test(code)
  const exported = snippets.some(isFragment) ? exportedNames() : new Map<string, string>()
  const modules = new Map(
    snippets.map((snippet, index) => {
      const context = ['export {}', ...contextOf(snippet)]
      const before = isFragment(snippet)
        ? [...context, ...importsFor({ snippet, context, exported })]
        : context
      const text = [...before, snippet.code].join('\n')
      return [join(root, `snippet-${index}.ts`), { snippet, text, added: before.length }]
    }),
  )
  const program = compile(modules)
  return [...modules].flatMap(([name, { snippet, added }]) => {
    const source = program.getSourceFile(name)
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    return found.map(({ start = 0, messageText }) => {
      const at = (source?.getLineAndCharacterOfPosition(start).line ?? 0) - added
      return `${snippet.file}:${snippet.line + at} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
  })
}

/** What the text around it says, but for what the code declares itself. */
function contextOf({ file, code }: Snippet): string[] {
  return (CONTEXT[file] ?? []).filter((line) => {
    const name = /^declare const (?<name>\w+):/.exec(line)?.groups?.name
    return name === undefined || !new RegExp(`\\bconst (\\{ )?${name}\\b`).test(code)
  })
}

/** What a fragment leaves out. */
function importsFor(of: {
  readonly snippet: Snippet
  readonly context: readonly string[]
  readonly exported: ReadonlyMap<string, string>
}): string[] {
  const { code } = of.snippet
  const known = [...of.context, code].join('\n')
  const isDeclared = (name: string) =>
    new RegExp(`\\b(const|let|function|class) ${name}\\b|import .*\\b${name}\\b`).test(known)
  return [...new Set(code.match(/\b[A-Za-z]\w*\b/g))].flatMap((name) => {
    const entry = of.exported.get(name)
    return entry === undefined || isDeclared(name) ? [] : [`import { ${name} } from '${entry}'`]
  })
}

/** Where each value that our packages export comes from. */
function exportedNames(): Map<string, string> {
  const entries = publishedPackages().flatMap((published) => Object.entries(published.entries))
  const options = compilerOptions()
  const paths = entries.map(([, path]) => join(root, path))
  const program = ts.createProgram(paths, options, cachingHost(options))
  const checker = program.getTypeChecker()
  const names = new Map<string, string>()
  for (const [entry, path] of entries) {
    const file = program.getSourceFile(join(root, path))
    const module = file && checker.getSymbolAtLocation(file)
    for (const exported of module ? checker.getExportsOfModule(module) : []) {
      const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0
      const { flags } = isAlias ? checker.getAliasedSymbol(exported) : exported
      if ((flags & ts.SymbolFlags.Value) !== 0 && !names.has(exported.name)) names.set(exported.name, entry)
    }
  }
  return names
}

function compile(modules: ReadonlyMap<string, { readonly text: string }>): ts.Program {
  const options = compilerOptions()
  const host = cachingHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (name) => modules.has(name) || fileExists(name)
  host.readFile = (name) => modules.get(name)?.text ?? readFile(name)
  // tidy-allow: parameters the compiler's own form
  host.getSourceFile = (name, target, ...rest) => {
    const text = modules.get(name)?.text
    return text === undefined
      ? getSourceFile(name, target, ...rest)
      : ts.createSourceFile(name, text, target, true)
  }
  // tidy-allow: parameters the compiler's own form
  host.resolveModuleNameLiterals = (literals, containing, ...[, given, file]) =>
    literals.map((literal) => {
      const mode = ts.getModeForUsageLocation(file, literal, given)
      return resolveFrom(containing, (from) =>
        ts.resolveModuleName(literal.text, from, given, host, undefined, undefined, mode),
      )
    })
  return ts.createProgram([join(root, GIVEN), ...modules.keys()], options, host)
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const emitsNothing = { declaration: false, declarationMap: false, emitDeclarationOnly: false, noEmit: true }
  return { ...options, ...emitsNothing }
}

const parsed = new Map<string, ts.SourceFile | undefined>()

/** Two programs read the same sources: each file is parsed once. */
function cachingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) => {
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...rest))
    return parsed.get(name)
  }
  return host
}

/** Packages that between them have everything that the documents import. */
const FOLDERS = [
  'packages/storage-postgres',
  'packages/adapter-pix-efi',
  'packages/adapter-stripe',
  'packages/adapter-pi',
  'packages/adapter-pluggy',
  'packages/adapter-open-finance',
  'packages/adapter-heleket',
  'examples/readme',
  'examples/otc-hono',
  'examples/otc-express',
  'examples/scenarios',
  'examples/checkout-hono',
  'packages/testing',
]

/** A document is in no package, so what it imports is looked for as if from each of them in turn. */
function resolveFrom(
  containing: string,
  resolve: (file: string) => ts.ResolvedModuleWithFailedLookupLocations,
): ts.ResolvedModuleWithFailedLookupLocations {
  const isDocument = SNIPPET.test(containing) || containing.endsWith(GIVEN)
  for (const folder of isDocument ? FOLDERS : []) {
    const found = resolve(join(root, folder, 'src/index.ts'))
    if (found.resolvedModule) return found
  }
  return resolve(containing)
}
