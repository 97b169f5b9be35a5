// Builds the package in the current folder. Its `exports` say what to build: JavaScript by tsup, one shared copy of
// the code for all subpaths; declarations by TypeScript 7, against the built declarations of the other packages.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'

const compiler = fileURLToPath(new URL('../node_modules/typescript-native/bin/tsc', import.meta.url))
const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, string | { '@lastro/source': string }>
}

const entry = Object.fromEntries(
  Object.values(exports)
    .flatMap((target) => (typeof target === 'string' ? [] : [target['@lastro/source']]))
    .map((source) => [source.replace('./src/', '').replace(/\.ts$/, ''), source]),
)

await build({
  clean: true,
  config: false,
  entry,
  format: 'esm',
  silent: true,
  skipNodeModulesBundle: true,
  sourcemap: true,
  splitting: true,
  target: 'node22',
})
execFileSync(process.execPath, [compiler, '-p', '.', '--customConditions', 'null'], { stdio: 'inherit' })
