// The house, kept by programs: every step in turn, ending at the first that fails.
//   npm run check                 all steps
//   npm run check -- types tidy   only these
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './tree.ts'

const script = (name: string) => ['node', '--conditions=@lastro/source', `scripts/${name}.ts`]

/** Name, what it proves, command. */
const STEPS: [name: string, proves: string, command: string[]][] = [
  ['biome', 'format and lint (npm run fix)', ['biome', 'ci', '--colors=off']],
  [
    'types',
    'sources, tests, examples and scripts compile',
    ['node', 'node_modules/typescript-native/bin/tsc', '-p', '.'],
  ],
  ['imports', 'who may import whom', script('check-imports')],
  ['tidy', 'the house style', script('tidy')],
  ['comments', 'every exported name is described', script('docs-comments')],
  ['knip', 'no unused files, exports or dependencies', ['knip', '--no-config-hints']],
  ['generated', 'generated files are up to date', script('check-generated')],
  [
    'postgres',
    'the suites of storage, and of every kind of the engine, pass on PostgreSQL 15, the oldest supported',
    // All of the engine's: LASTRO_POSTGRES=15 npm test -- packages/core/test
    [
      'vitest',
      'run',
      'packages/storage-postgres',
      ...[
        'payouts',
        'payments-money',
        'trades',
        'webhooks-inbox',
        'relayer',
        'reconciliation.test',
        'outgoing.test',
      ].map((suite) => `packages/core/test/${suite}`),
    ],
  ],
  ['build', 'every package builds', ['pnpm', 'run', 'inner:build']],
  ['sizes', 'entry points stay within their budgets', script('check-sizes')],
  ['packages', 'the tarballs install, import and type-check', script('check-packages')],
]

const wanted = process.argv.slice(2)
const strangers = wanted.filter((name) => !STEPS.some(([step]) => step === name))
if (strangers.length > 0)
  throw new Error(`No step ${strangers.join(', ')}: ${STEPS.map(([name]) => name).join(', ')}`)
const chosen = STEPS.filter(([name]) => wanted.length === 0 || wanted.includes(name))

const results = { passed: 0, failed: 0 }
for (const [name, proves, [command = '', ...args]] of chosen) {
  const started = performance.now()
  const options = {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1e8,
    shell: process.platform === 'win32',
    env: { ...process.env, LASTRO_POSTGRES: name === 'postgres' ? '15' : '18' },
  } as const
  const { status, stdout, stderr, error } = spawnSync(command, args, options)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const ok = status === 0
  console.log(`${ok ? '✓' : '✗'} ${name.padEnd(10)} ${seconds.padStart(5)} s  ${proves}`)
  results[ok ? 'passed' : 'failed'] += 1
  if (ok) continue
  console.error(`\n${stdout}${stderr}${error?.message ?? ''}`)
  break
}

mkdirSync(join(root, '.tmp'), { recursive: true })
writeFileSync(join(root, '.tmp/check.json'), `${JSON.stringify(results)}\n`)
console.log(`${results.passed} of ${chosen.length} checks passed`)
process.exitCode = results.failed > 0 ? 1 : 0
