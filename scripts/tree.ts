// What the checks need to know about this repository: where it is, its files, its published packages.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of the repository. */
export const root = resolve(import.meta.dirname, '..')

/** True in the file that Node was started with. Node 22 has no `import.meta.main`. */
export function startedDirectly(filename: string): boolean {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === filename
}

/** A file as a check reads it. */
export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** Every file that is or could be committed. */
export function listFiles(): string[] {
  const found = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  })
  return found
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .sort()
}

/** Reads files of `listFiles`. */
export function readFiles(paths: readonly string[]): SourceFile[] {
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** A package that is published. */
export interface PublishedPackage {
  readonly name: string
  /** Its folder from the root, such as `packages/core`. */
  readonly folder: string
  /** Import name to its source file from the root: `@lastro/core/spec` to `packages/core/src/spec/index.ts`. */
  readonly entries: Readonly<Record<string, string>>
  readonly peers: readonly string[]
}

/** The published packages, as their package.json files describe them. */
export function publishedPackages(): PublishedPackage[] {
  const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json'))).map(describePackage)
}

function describePackage(folder: string): PublishedPackage {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const exported = Object.entries<string | Record<string, string>>(manifest.exports)
  const entries = exported.flatMap(([subpath, target]) =>
    typeof target === 'string'
      ? []
      : [[join(manifest.name, subpath), join(folder, target['@lastro/source'] ?? '')]],
  )
  return {
    name: manifest.name,
    folder,
    entries: Object.fromEntries(entries),
    peers: Object.keys(manifest.peerDependencies ?? {}),
  }
}
