// Plants one violation of every import rule in a small model of this repository, so that the rules cannot rot.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { checkImports } from './check-imports.ts'

type Files = Record<string, string>

const use = (...modules: string[]) => modules.map((name) => `import '${name}'`).join('\n')

const exported = (paths: Record<string, string>) =>
  Object.fromEntries(Object.entries(paths).map(([subpath, path]) => [subpath, { '@lastro/source': path }]))

const manifest = (name: string, exports: Record<string, string>) =>
  JSON.stringify({ name: `@lastro/${name}`, type: 'module', exports: exported(exports) })

const MODEL: Files = {
  'tsconfig.json': '{}',
  'node_modules/zod/package.json': '{ "name": "zod", "main": "index.js" }',
  'node_modules/zod/index.js': '',
  'node_modules/ky/package.json': '{ "name": "ky", "main": "index.js" }',
  'node_modules/ky/index.js': '',
  'packages/core/package.json': manifest('core', {
    '.': './src/index.ts',
    './spec': './src/spec/index.ts',
    './storage': './src/storage.ts',
    './engine': './src/engine/index.ts',
  }),
  'packages/core/src/index.ts': use('./engine/index.ts', './spec/index.ts'),
  'packages/core/src/storage.ts': use('./books/ledger/store.ts'),
  'packages/core/src/spec/index.ts': use('./money.ts'),
  'packages/core/src/spec/money.ts': '',
  'packages/core/src/platform/node.ts': use('node:crypto'),
  'packages/core/src/platform/jobs/index.ts': use('zod', '../../spec/index.ts'),
  'packages/core/src/books/ledger/index.ts': use('./store.ts', '../../platform/jobs/index.ts'),
  'packages/core/src/books/ledger/store.ts': '',
  'packages/core/src/books/ledger/create.ts': '',
  'packages/core/src/books/rates/index.ts': '',
  'packages/core/src/rails/payouts/index.ts': use('../../books/ledger/index.ts'),
  'packages/core/src/products/trades/index.ts': use('../../rails/payouts/index.ts'),
  'packages/core/src/operations/admin/index.ts': use('../../products/trades/index.ts'),
  'packages/core/src/surfaces/http/index.ts': use('../../operations/admin/index.ts'),
  'packages/core/src/engine/index.ts': use(
    '../surfaces/http/index.ts',
    '../platform/node.ts',
    '../storage.ts',
  ),
  'packages/core/src/engine/engine.test.ts': use('../books/ledger/store.ts', 'ky', 'node:fs'),
  'packages/adapter-kit/package.json': manifest('adapter-kit', { '.': './src/index.ts' }),
  'packages/adapter-kit/src/index.ts': use('@lastro/core/spec', 'ky'),
  'packages/adapter-a/package.json': manifest('adapter-a', { '.': './src/index.ts' }),
  'packages/adapter-a/src/index.ts': use('@lastro/core/spec', '@lastro/adapter-kit', '@lastro/br-code'),
  'packages/adapter-b/package.json': manifest('adapter-b', { '.': './src/index.ts' }),
  'packages/adapter-b/src/index.ts': use('@lastro/core/spec'),
  'packages/br-code/package.json': manifest('br-code', { '.': './src/index.ts' }),
  'packages/br-code/src/index.ts': use('@lastro/core/spec'),
  'packages/storage-x/package.json': manifest('storage-x', { '.': './src/index.ts' }),
  'packages/storage-x/src/index.ts': use('@lastro/core/spec', '@lastro/core/storage'),
  'examples/demo/src/main.ts': use('@lastro/core', '@lastro/adapter-a'),
}

/** Rule name, the file that breaks it, and what it imports. */
const VIOLATIONS: [rule: string, file: string, imports: string][] = [
  ['core-spec-looks-up', 'packages/core/src/spec/money.ts', '../platform/jobs/index.ts'],
  ['core-platform-looks-up', 'packages/core/src/platform/jobs/index.ts', '../../books/ledger/index.ts'],
  ['core-books-looks-up', 'packages/core/src/books/ledger/index.ts', '../../rails/payouts/index.ts'],
  ['core-rails-looks-up', 'packages/core/src/rails/payouts/index.ts', '../../products/trades/index.ts'],
  ['core-products-looks-up', 'packages/core/src/products/trades/index.ts', '../../operations/admin/index.ts'],
  ['core-operations-looks-up', 'packages/core/src/operations/admin/index.ts', '../../surfaces/http/index.ts'],
  ['core-surfaces-looks-up', 'packages/core/src/surfaces/http/index.ts', '../../engine/index.ts'],
  ['core-siblings-do-not-meet', 'packages/core/src/books/ledger/index.ts', '../rates/index.ts'],
  ['core-domain-by-its-index', 'packages/core/src/rails/payouts/index.ts', '../../books/ledger/store.ts'],
  ['core-shelf-file-by-index', 'packages/core/src/engine/index.ts', '../books/ledger/store.ts'],
  ['core-front-by-index-or-store', 'packages/core/src/index.ts', './books/ledger/create.ts'],
  ['core-shelf-looks-at-front', 'packages/core/src/books/rates/index.ts', '../../storage.ts'],
  ['core-engine-looks-at-front', 'packages/core/src/engine/index.ts', '../index.ts'],
  ['core-spec-imports-nothing', 'packages/core/src/spec/money.ts', 'zod'],
  ['core-spec-imports-nothing', 'packages/core/src/spec/money.ts', 'node:crypto'],
  ['core-vendors', 'packages/core/src/books/rates/index.ts', 'ky'],
  ['core-node-only-in-one-file', 'packages/core/src/platform/jobs/index.ts', 'node:crypto'],
  ['core-node-only-in-one-file', 'packages/core/src/books/rates/index.ts', 'fs'],
  ['core-node-file-only-crypto-and-async-hooks', 'packages/core/src/platform/node.ts', 'node:fs'],
  ['adapter-only-spec-and-kit', 'packages/adapter-a/src/index.ts', '@lastro/core'],
  ['adapter-only-spec-and-kit', 'packages/adapter-a/src/index.ts', '@lastro/adapter-b'],
  ['adapter-only-spec-and-kit', 'packages/adapter-a/src/index.ts', '../../core/src/engine/index.ts'],
  ['kit-only-spec', 'packages/adapter-kit/src/index.ts', '@lastro/adapter-b'],
  ['kit-only-spec', 'packages/adapter-kit/src/index.ts', '@lastro/core'],
  ['library-only-spec', 'packages/br-code/src/index.ts', '@lastro/adapter-kit'],
  ['library-only-spec', 'packages/br-code/src/index.ts', '@lastro/core'],
  ['storage-only-spec-and-storage', 'packages/storage-x/src/index.ts', '@lastro/core/engine'],
  [
    'storage-only-spec-and-storage',
    'packages/storage-x/src/index.ts',
    '../../core/src/books/ledger/store.ts',
  ],
  ['packages-do-not-import-examples', 'packages/core/src/index.ts', '../../../examples/demo/src/main.ts'],
  ['no-unresolvable', 'packages/adapter-a/src/index.ts', './missing.ts'],
  ['no-cycles', 'packages/core/src/books/ledger/store.ts', './index.ts'],
]

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function model(changes: Files = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'lastro-rules-'))
  folders.push(folder)
  const files = { ...MODEL, ...changes }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  mkdirSync(join(folder, 'node_modules/@lastro'))
  for (const name of ['core', 'adapter-kit', 'adapter-a', 'adapter-b', 'br-code', 'storage-x']) {
    symlinkSync(join(folder, 'packages', name), join(folder, 'node_modules/@lastro', name))
  }
  return folder
}

const rulesOf = (violations: readonly string[]) => violations.map((line) => line.split(': ')[1])

test('the model breaks no rule', async () => {
  expect(await checkImports(model())).toMatchObject({ violations: [] })
})

test.each(VIOLATIONS)('%s is caught: %s imports %s', async (rule, file, imports) => {
  const folder = model({ [file]: `${MODEL[file]}\n${use(imports)}` })
  expect(rulesOf((await checkImports(folder)).violations)).toContain(rule)
})

test('a cycle made of types is caught', async () => {
  const folder = model({
    'packages/core/src/books/ledger/store.ts': "import type { A } from './index.ts'\nexport type B = A",
    'packages/core/src/books/ledger/index.ts': "import type { B } from './store.ts'\nexport type A = B",
  })
  expect(rulesOf((await checkImports(folder)).violations)).toContain('no-cycles')
})

test('every rule has a violation here', () => {
  const planted = new Set(VIOLATIONS.map(([rule]) => rule))
  const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as {
    forbidden: { name: string }[]
  }
  expect(forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([])
})
