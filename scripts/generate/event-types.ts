// The event types and audit actions that the engine writes, read from the calls that write them.
import { relative } from 'node:path'
import ts from 'typescript'
import { root } from '../tree.ts'

/** A text that is written, and the files that write it. */
export type Written = ReadonlyMap<string, ReadonlySet<string>>

interface Reading {
  readonly program: ts.Program
  readonly files: readonly ts.SourceFile[]
}

/**
 * Every value that `property` takes in calls of `<something>.<store>.append({ … })`.
 * @throws Error when a value cannot be told from the sources: then this list would not be whole.
 */
export function readAppends(program: ts.Program, call: { store: string; property: string }): Written {
  const files = program.getSourceFiles().filter(({ fileName }) => /\/packages\/core\/src\//.test(fileName))
  const written = new Map<string, Set<string>>()
  for (const file of files) {
    for (const found of callsIn(file, (text) => text.endsWith(`.${call.store}.append`))) {
      const value = propertyOf(found, call.property)
      if (value === null) continue
      for (const { text, by } of valuesOf({ program, files }, value)) {
        const path = relative(`${root}/packages/core/src`, by.fileName)
        written.set(text, (written.get(text) ?? new Set()).add(path))
      }
    }
  }
  return new Map([...written].sort(([left], [right]) => left.localeCompare(right)))
}

interface Value {
  readonly text: string
  readonly by: ts.SourceFile
}

function callsIn(file: ts.SourceFile, isWanted: (callee: string) => boolean): ts.CallExpression[] {
  const calls: ts.CallExpression[] = []
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && isWanted(node.expression.getText(file))) calls.push(node)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return calls
}

/** The expression of a property in an object literal among the arguments. Null where an object is passed on. */
function propertyOf(call: ts.CallExpression, name: string): ts.Expression | null {
  for (const literal of call.arguments.filter(ts.isObjectLiteralExpression)) {
    for (const property of literal.properties) {
      if (property.name?.getText(call.getSourceFile()) !== name) continue
      if (ts.isPropertyAssignment(property)) return property.initializer
      if (ts.isShorthandPropertyAssignment(property)) return property.name
    }
  }
  return null
}

function valuesOf(reading: Reading, expression: ts.Expression): Value[] {
  const by = expression.getSourceFile()
  if (ts.isStringLiteralLike(expression)) return [{ text: expression.text, by }]
  if (ts.isTemplateExpression(expression)) return templateValues(reading, expression)
  const known = literalsOf(reading.program.getTypeChecker().getTypeAtLocation(expression))
  if (known !== null) return known.map((text) => ({ text, by }))
  if (ts.isElementAccessExpression(expression)) return entriesOf(reading, expression)
  if (ts.isIdentifier(expression)) return passedIn(reading, expression)
  throw unreadable(expression)
}

function templateValues(reading: Reading, template: ts.TemplateExpression): Value[] {
  let values: Value[] = [{ text: template.head.text, by: template.getSourceFile() }]
  for (const { expression, literal } of template.templateSpans) {
    const parts = valuesOf(reading, expression)
    values = values.flatMap((left) =>
      parts.map((part) => ({ text: left.text + part.text + literal.text, by: part.by })),
    )
  }
  return values
}

/** The members of a union of texts, or null for any other type. */
function literalsOf(type: ts.Type): string[] | null {
  const members = type.isUnion() ? type.types : [type]
  return members.every((member) => member.isStringLiteral())
    ? members.map((member) => (member as ts.StringLiteralType).value)
    : null
}

/** `TABLE[key]`: all texts of the table. */
function entriesOf({ program }: Reading, access: ts.ElementAccessExpression): Value[] {
  const declaration = program.getTypeChecker().getSymbolAtLocation(access.expression)?.valueDeclaration
  const table = declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined
  if (!table || !ts.isObjectLiteralExpression(table)) throw unreadable(access)
  return table.properties.map((property) => {
    if (!ts.isPropertyAssignment(property) || !ts.isStringLiteralLike(property.initializer))
      throw unreadable(access)
    return { text: property.initializer.text, by: access.getSourceFile() }
  })
}

/** A name taken out of a parameter: whatever the callers of that function pass under it. */
function passedIn(reading: Reading, name: ts.Identifier): Value[] {
  const owner = ts.findAncestor(name, ts.isFunctionDeclaration)?.name?.text
  if (owner === undefined) throw unreadable(name)
  const calls = reading.files.flatMap((file) => callsIn(file, (callee) => callee === owner))
  const passed = calls.flatMap((call) => {
    // Another function of the same name takes something else.
    const takes = reading.program.getTypeChecker().getResolvedSignature(call)?.getDeclaration()
    if (takes !== ts.findAncestor(name, ts.isFunctionDeclaration)) return []
    const value = propertyOf(call, name.text)
    if (value === null) throw unreadable(call)
    return valuesOf(reading, value)
  })
  if (passed.length === 0) throw unreadable(name)
  return passed
}

function unreadable(node: ts.Node): Error {
  const file = node.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
  const at = `${relative(root, file.fileName)}:${line + 1}`
  return new Error(`${at}: which texts ${node.getText(file)} may be cannot be told from the sources.`)
}
