// Runs the benchmarks: every bench/<name>.ts, packages/*/bench/<name>.ts and examples/*/bench/<name>.ts, or only the one
// named.
//   npm run bench -- ledger
import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { listFiles, root } from './tree.ts'

const [wanted, ...rest] = process.argv.slice(2)
const all = listFiles().filter((path) => /^((packages|examples)\/[^/]+\/)?bench\/[^/]+\.ts$/.test(path))
const chosen = all.filter((path) => wanted === undefined || basename(path, '.ts') === wanted)
if (chosen.length === 0) {
  console.error(
    `No benchmark ${wanted ?? ''}. There are: ${all.map((path) => basename(path, '.ts')).join(', ') || 'none'}`,
  )
  process.exit(1)
}
for (const path of chosen) {
  const { status } = spawnSync(process.execPath, ['--conditions=@lastro/source', join(root, path), ...rest], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
