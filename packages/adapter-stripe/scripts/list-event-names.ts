// Writes src/event-names.ts from the type declarations of the installed `stripe` package. Run it after an update:
//   node --conditions=@lastro/source packages/adapter-stripe/scripts/list-event-names.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = join(dirname(createRequire(import.meta.url).resolve('stripe')), '..')

/** The event types that a declaration file of the package names, once each. */
function namesIn(path: string): string[] {
  const text = readFileSync(join(folder, path), 'utf8')
  const names = [...text.matchAll(/^ {4}type: '([^']+)';$/gm)].map(([, name]) => name ?? '')
  return [...new Set(names)].sort()
}

const list = (names: readonly string[]): string => `\`\n${names.map((name) => `  ${name}\n`).join('')}\``
const wrapped = (names: readonly string[]): string => {
  const byPrefix = new Map<string, string[]>()
  for (const name of names) {
    const at = name.lastIndexOf('.')
    const prefix = name.slice(0, at)
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), name.slice(at + 1)])
  }
  return list([...byPrefix].map(([prefix, ends]) => `${prefix}: ${ends.join(' ')}`))
}

const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }

/** The text of src/event-names.ts. */
export const eventNames =
  (): string => `// Written by scripts/list-event-names.ts from npm stripe ${version}: what is before the colon, a dot, and each word after it.

const read = (lines: string): readonly string[] =>
  lines
    .trim()
    .split('\\n')
    .flatMap((line) => {
      const [prefix = '', ends = ''] = line.trim().split(': ')
      return ends.split(' ').map((end) => \`\${prefix}.\${end}\`)
    })

/** Every type of a snapshot event. */
export const SNAPSHOT_TYPES: readonly string[] = read(${wrapped(namesIn('esm/resources/Events.d.ts'))})

/** Every type of a thin event. */
export const THIN_TYPES: readonly string[] = read(${wrapped(namesIn('esm/resources/V2/Core/Events.d.ts'))})
`

if (process.argv[1] === import.meta.filename)
  writeFileSync(join(import.meta.dirname, '../src/event-names.ts'), eventNames())
