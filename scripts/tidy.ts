// Reads the tree once and reports every breach of the house style with file, line and the preferred form.
// `scripts/tidy.test.ts` plants one violation of every rule. `// tidy-allow: <rule> <why>` on the
// same line, or alone on the line above, lets one through.
import ts from 'typescript'
import { listFiles, readFiles, type SourceFile, startedDirectly } from './tree.ts'

/** A breach of one rule. */
export interface Finding {
  readonly file: string
  readonly line: number
  readonly rule: string
  readonly say: string
}

/** The parts of the tree that the rules speak of. The first match decides. */
const PARTS = {
  tests: /\.test\.ts$|\/(test|fixtures)\//,
  soft: /^(packages\/testing|packages\/cli|scripts|examples)\/|^[^/]+$|\/bench\//,
  money: /^packages\/(core|br-code|adapter-[^/]+)\/src\//,
  storage: /^packages\/storage-[^/]+\/src\//,
} as const
type Part = keyof typeof PARTS

const MAX_LINES: Record<Part, number> = { tests: 600, soft: 300, money: 300, storage: 300 }
const MAX_FUNCTION_LINES = 70
const MAX_POSITIONAL = 2

const STRICT: readonly Part[] = ['money', 'storage']

/** The one file that reads the machine's clock, timers and randomness, and passes them in. */
const RUNTIME = /^packages\/core\/src\/platform\/node\.ts$/

/** Files that may break one rule, each for a reason. */
const ALLOWED: Record<string, readonly RegExp[]> = {
  class: [
    /^packages\/core\/src\/spec\/errors\.ts$/,
    /^packages\/core\/src\/platform\/errors\/lastro-error\.ts$/,
  ],
  fetch: [/^packages\/adapter-kit\/src\/http\.ts$/],
  'machine-path': [/^scripts\/tidy(\.test)?\.ts$/],
  'default-export': [/^vitest\.config\.ts$/, /^scripts\/test-postgres\.ts$/],
  clock: [RUNTIME],
  random: [RUNTIME],
  timer: [RUNTIME],
  words: [/^scripts\/tidy(\.test)?\.ts$/],
  session: [
    /^scripts\/tidy(\.test)?\.ts$/,
    // Stripe's own word: `checkout.session.completed`.
    /^packages\/(adapter-stripe|testing\/(src|test)\/stripe)\/|^docs\/reference\/webhook-events\.md$/,
    // Providers' own names of their events.
    /^docs\/reference\/webhook-events\.md$/,
    /^packages\/storage-postgres\//,
    /^packages\/testing\/src\/postgres\.ts$/,
  ],
}

interface NodeRule {
  readonly rule: string
  readonly parts: readonly Part[]
  /** Does this node break the rule? */
  breaks(node: ts.Node, file: ts.SourceFile): boolean
  readonly say: string
}

const textOf = (node: ts.Node, file: ts.SourceFile) => node.getText(file)
const isRead = (path: string) => (node: ts.Node, file: ts.SourceFile) =>
  ts.isPropertyAccessExpression(node) && new RegExp(`^(globalThis\\.)?${path}$`).test(textOf(node, file))
const isCall = (names: string) => (node: ts.Node, file: ts.SourceFile) =>
  ts.isCallExpression(node) && new RegExp(`^(globalThis\\.)?(${names})$`).test(textOf(node.expression, file))
const hasModifier = (node: ts.Node, kind: ts.SyntaxKind) =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false)

const NODE_RULES: readonly NodeRule[] = [
  {
    rule: 'class',
    parts: ['soft', ...STRICT],
    breaks: ts.isClassLike,
    say: 'a function that answers plain data',
  },
  {
    rule: 'enum',
    parts: ['tests', 'soft', ...STRICT],
    breaks: ts.isEnumDeclaration,
    say: 'a union of strings',
  },
  {
    rule: 'decorator',
    parts: ['tests', 'soft', ...STRICT],
    breaks: ts.isDecorator,
    say: 'a plain function call',
  },
  {
    rule: 'default-export',
    parts: ['tests', 'soft', ...STRICT],
    breaks: (node) => ts.isExportAssignment(node) || hasModifier(node, ts.SyntaxKind.DefaultKeyword),
    say: 'a named export',
  },
  { rule: 'clock', parts: STRICT, breaks: isRead('Date\\.now'), say: 'clock.now(), passed in' },
  {
    rule: 'clock',
    parts: STRICT,
    breaks: (node, file) => ts.isNewExpression(node) && /^new Date(\(\))?$/.test(textOf(node, file)),
    say: 'clock.now(), passed in',
  },
  { rule: 'random', parts: STRICT, breaks: isRead('Math\\.random'), say: 'randomness passed in' },
  {
    rule: 'random',
    parts: STRICT,
    breaks: (node, file) => isRead('crypto\\.randomUUID')(node, file) || isCall('randomUUID')(node, file),
    say: 'ids passed in',
  },
  { rule: 'timer', parts: STRICT, breaks: isCall('setTimeout|setInterval'), say: 'sleep passed in' },
  { rule: 'environment', parts: STRICT, breaks: isRead('process\\.env'), say: 'an option' },
  { rule: 'fetch', parts: STRICT, breaks: isGlobalFetch, say: 'fetch as an option' },
  {
    rule: 'number',
    parts: ['money'],
    breaks: (node, file) =>
      isCall('(Number\\.)?parseFloat|Number')(node, file) ||
      (ts.isPropertyAccessExpression(node) && node.name.text === 'toFixed'),
    say: 'exact decimals; or the same line ends in `// tidy-allow: number <why it is not money>`',
  },
  {
    rule: 'parameters',
    parts: ['soft', ...STRICT],
    breaks: hasTooManyParameters,
    say: `${MAX_POSITIONAL} positional parameters (after \`tx\`), then an object`,
  },
  {
    rule: 'function-lines',
    parts: ['soft', ...STRICT],
    breaks: (node, file) => ts.isFunctionLike(node) && linesOf(node, file) > MAX_FUNCTION_LINES,
    say: `at most ${MAX_FUNCTION_LINES} lines; move pure work into functions of its own`,
  },
]

function linesOf(node: ts.Node, file: ts.SourceFile): number {
  const line = (position: number) => file.getLineAndCharacterOfPosition(position).line
  return line(node.end) - line(node.getStart(file)) + 1
}

/** The form of an inline callback is its receiver's choice; everything else that has parameters is ours. */
function hasTooManyParameters(node: ts.Node): boolean {
  if (
    !ts.isFunctionLike(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isConstructSignatureDeclaration(node)
  )
    return false
  if (ts.isCallExpression(node.parent) || ts.isNewExpression(node.parent)) return false
  const parameters = node.parameters.filter(({ name }) => name.getText() !== 'this')
  const limit = MAX_POSITIONAL + (parameters[0]?.name.getText() === 'tx' ? 1 : 0)
  const last = parameters[limit]
  return parameters.length > limit + 1 || (last !== undefined && !isObject(last))
}

const PRIMITIVES = new Set([
  ts.SyntaxKind.StringKeyword,
  ts.SyntaxKind.NumberKeyword,
  ts.SyntaxKind.BooleanKeyword,
  ts.SyntaxKind.BigIntKeyword,
])

/** A parameter that is not a bare value: destructured, or of a type with a name or with fields. */
function isObject({ name, type }: ts.ParameterDeclaration): boolean {
  if (ts.isObjectBindingPattern(name)) return true
  return type !== undefined && !PRIMITIVES.has(type.kind)
}

/** `fetch` as a value where no parameter or variable of the file has that name. */
function isGlobalFetch(node: ts.Node, file: ts.SourceFile): boolean {
  if (isRead('globalThis\\.fetch')(node, file)) return true
  if (!ts.isIdentifier(node) || node.text !== 'fetch') return false
  const { parent } = node
  const isValue =
    (ts.isCallExpression(parent) && parent.expression === node) ||
    (ts.isBinaryExpression(parent) && parent.right === node) ||
    ((ts.isPropertyAssignment(parent) || ts.isVariableDeclaration(parent)) && parent.initializer === node)
  return isValue && !declares(file, 'fetch')
}

function declares(node: ts.Node, name: string): boolean {
  const declared = ts.isParameter(node) || ts.isBindingElement(node) || ts.isVariableDeclaration(node)
  if (declared && ts.isIdentifier(node.name) && node.name.text === name) return true
  return ts.forEachChild(node, (child) => declares(child, name) || undefined) ?? false
}

interface LineRule {
  readonly rule: string
  readonly files: RegExp
  readonly breaks: RegExp
  readonly say: string
}

const TEXT_FILES = /\.(ts|cjs|md|sql|json|ya?ml)$|^\.ci\//

const LINE_RULES: readonly LineRule[] = [
  { rule: 'words', files: TEXT_FILES, breaks: /\b(TODO|FIXME)\b/, say: 'do it now, or write an issue' },
  {
    rule: 'words',
    files: TEXT_FILES,
    breaks: /\b(stubs?|stubbed|assistants?)\b/i,
    say: 'a fake, or another word',
  },
  { rule: 'session', files: TEXT_FILES, breaks: /\bsessions?\b/i, say: 'visit, connection or another word' },
  {
    rule: 'machine-path',
    files: TEXT_FILES,
    breaks: /(?<![\w.*}/])\/(root|home|Users|work)\//,
    say: 'a relative path',
  },
  {
    rule: 'lockfile-host',
    files: /^pnpm-lock\.yaml$/,
    breaks: /https?:\/\//,
    say: 'no address of a registry',
  },
]

const FILE_NAME = /^(\.?[a-z0-9]+(-[a-z0-9]+)*)(\.[a-z0-9]+(-[a-z0-9]+)*)*\.(ts|cjs|mjs|js)$/

/** Every breach in these files. */
export function tidy(files: readonly SourceFile[]): Finding[] {
  return files
    .flatMap(inspect)
    .filter(({ file, rule }) => !ALLOWED[rule]?.some((allowed) => allowed.test(file)))
}

function inspect({ path, text }: SourceFile): Finding[] {
  const lines = text.split('\n')
  const findings = [...inspectLines(path, lines), ...inspectCode({ path, text })]
  const allows = (text: string | undefined, rule: string) =>
    text?.includes(`// tidy-allow: ${rule} `) ?? false
  const alone = (text: string | undefined) => (text?.trimStart().startsWith('//') ? text : undefined)
  return findings.filter(
    ({ line, rule }) => !allows(lines[line - 1], rule) && !allows(alone(lines[line - 2]), rule),
  )
}

function inspectLines(path: string, lines: readonly string[]): Finding[] {
  const rules = LINE_RULES.filter(({ files }) => files.test(path))
  return lines.flatMap((text, index) =>
    rules
      .filter(({ breaks }) => breaks.test(text))
      .map(({ rule, say }) => ({ file: path, line: index + 1, rule, say })),
  )
}

function inspectCode({ path, text }: SourceFile): Finding[] {
  if (!/\.(ts|cjs|mjs|js)$/.test(path)) return []
  const findings: Finding[] = []
  const report = (finding: Omit<Finding, 'file'>) => findings.push({ file: path, ...finding })
  const part = (Object.keys(PARTS) as Part[]).find((name) => PARTS[name].test(path)) ?? 'soft'
  const name = path.split('/').at(-1) ?? ''
  const max = MAX_LINES[part]
  const count = text.replace(/\n$/, '').split('\n').length
  if (!FILE_NAME.test(name)) report({ line: 1, rule: 'file-name', say: 'kebab-case.ts' })
  if (count > max) report({ line: max + 1, rule: 'file-lines', say: `at most ${max} lines, not ${count}` })
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const rules = NODE_RULES.filter(({ parts }) => parts.includes(part))
  const visit = (node: ts.Node) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
    for (const { rule, breaks, say } of rules) if (breaks(node, file)) report({ line: line + 1, rule, say })
    ts.forEachChild(node, visit)
  }
  visit(file)
  return findings
}

if (startedDirectly(import.meta.filename)) {
  const files = readFiles(listFiles().filter((path) => TEXT_FILES.test(path) || FILE_NAME.test(path)))
  const findings = tidy(files)
  const report = findings.map(({ file, line, rule, say }) => `${file}:${line}  ${rule}: prefer ${say}`)
  console.log(report.join('\n') || `${files.length} files`)
  process.exitCode = findings.length > 0 ? 1 : 0
}
