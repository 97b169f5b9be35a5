// The sources of the packages, as the generators read them.
import { join } from 'node:path'
import ts from 'typescript'
import { listFiles, readFiles, root } from '../tree.ts'

const CORE = /^packages\/core\/src\/.*(?<!\.test)\.ts$/

/** Paths of core's sources whose text holds the words. */
export function coreFilesWith(words: string): string[] {
  return readFiles(listFiles().filter((path) => CORE.test(path)))
    .filter(({ text }) => text.includes(words))
    .map(({ path }) => path)
}

/** A value that a source exports, with the first paragraph of its doc comment. */
export interface Exported {
  readonly name: string
  readonly value: unknown
  readonly doc: string
}

/** What a source exports, in the order of its text. */
export async function exportsOf(path: string): Promise<Exported[]> {
  const module: Record<string, unknown> = await import(join(root, path))
  const file = parse(path)
  return file.statements.flatMap((statement) => {
    if (!ts.isVariableStatement(statement)) return []
    return statement.declarationList.declarations.flatMap((declaration) => {
      const name = declaration.name.getText(file)
      return Object.hasOwn(module, name) ? [{ name, value: module[name], doc: docOf(statement) }] : []
    })
  })
}

/** The syntax of one source. */
export function parse(path: string): ts.SourceFile {
  const [file] = readFiles([path])
  return ts.createSourceFile(path, file?.text ?? '', ts.ScriptTarget.Latest, true)
}

/** The doc comment before a node, on one line and without its tags. */
function docOf(node: ts.Node): string {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  return (ts.getTextOfJSDocComment(doc?.comment) ?? '').replace(/\s+/g, ' ').trim()
}

/** Sources with their types, checked as far as somebody asks. */
export function compile(paths: readonly string[]): ts.Program {
  const program = ts.createProgram(
    paths.map((path) => join(root, path)),
    {
      allowImportingTsExtensions: true,
      customConditions: ['@lastro/source'],
      exactOptionalPropertyTypes: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      noEmit: true,
      skipLibCheck: true,
      strict: true,
      target: ts.ScriptTarget.ES2024,
      types: ['node'],
    },
  )
  // Sets the parents of all nodes, without which no node knows its text.
  program.getTypeChecker()
  return program
}
