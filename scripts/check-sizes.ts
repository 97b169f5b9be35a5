// What each entry point weighs, minified and gzipped, without the packages it depends on, against the budget in
// sizes.json.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { publishedPackages, root } from './tree.ts'

const budgets: Record<string, number> = JSON.parse(readFileSync(join(root, 'scripts/sizes.json'), 'utf8'))
const built = publishedPackages().flatMap(({ entries }) => Object.entries(entries))
const sources = new Map(built.filter(([name]) => name in budgets))

let failed = false
for (const [name, budget] of Object.entries(budgets)) {
  const source = sources.get(name)
  if (!source) throw new Error(`sizes.json has a budget for ${name}, which no package exports.`)
  const bytes = await weigh(source.replace('/src/', '/dist/').replace(/\.ts$/, '.js'))
  failed ||= bytes > budget
  console.log(`${bytes > budget ? 'TOO BIG' : 'ok'}  ${name}  ${bytes} of ${budget} bytes`)
}
process.exitCode = failed ? 1 : 0

async function weigh(entry: string): Promise<number> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    bundle: true,
    entryPoints: [entry],
    format: 'esm',
    logLevel: 'error',
    minify: true,
    packages: 'external',
    platform: 'node',
    write: false,
  })
  return outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0)
}
