// Runs scripts/generate.ts, when there is one, and fails when it changes any file: what is generated is committed.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, root } from './tree.ts'

const generator = join(root, 'scripts/generate.ts')
if (!existsSync(generator)) {
  console.log('nothing is generated')
  process.exit()
}
const before = fingerprints()
execFileSync(process.execPath, ['--conditions=@lastro/source', generator], { cwd: root, stdio: 'inherit' })
const after = fingerprints()
const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
const changed = paths.filter((path) => before.get(path) !== after.get(path))
console.log(
  changed.map((path) => `${path}: out of date; it is now as it should be, commit it`).join('\n') ||
    'unchanged',
)
process.exitCode = changed.length > 0 ? 1 : 0

function fingerprints(): Map<string, string> {
  const hash = (path: string) =>
    createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex')
  return new Map(listFiles().map((path) => [path, hash(path)]))
}
