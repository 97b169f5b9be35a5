// Plants one violation of every rule and expects exactly that one to be found.
import { expect, test } from 'vitest'
import { tidy } from './tidy.ts'

const CORE = 'packages/core/src/rails/payouts/create.ts'
const lines = (count: number) => 'x\n'.repeat(count)
const body = (count: number) => `export function f() {\n${'  f()\n'.repeat(count)}}\n`

/** Rule, file, text that breaks it once. */
const VIOLATIONS: [rule: string, file: string, text: string][] = [
  ['class', CORE, 'export class Payout {}'],
  ['enum', CORE, 'export enum State { open }'],
  ['decorator', 'packages/core/src/spec/errors.ts', 'export class A { @log method() {} }'],
  ['default-export', CORE, 'export default 1'],
  ['default-export', CORE, 'export default function f() {}'],
  ['clock', CORE, 'const at = Date.now()'],
  ['clock', CORE, 'const at = new Date()'],
  ['random', CORE, 'const chance = Math.random()'],
  ['random', CORE, 'const id = crypto.randomUUID()'],
  ['random', CORE, 'const id = randomUUID()'],
  ['timer', CORE, 'setTimeout(next, 10)'],
  ['timer', 'packages/storage-postgres/src/queue.ts', 'globalThis.setInterval(next, 10)'],
  ['environment', CORE, 'const key = process.env.KEY'],
  ['fetch', CORE, "await fetch('/')"],
  ['fetch', 'packages/adapter-a/src/client.ts', 'const send = options.fetch ?? fetch'],
  ['fetch', CORE, 'const send = globalThis.fetch'],
  ['number', CORE, 'const amount = Number(text)'],
  ['number', 'packages/adapter-a/src/map.ts', 'const amount = parseFloat(text)'],
  ['number', CORE, 'const amount = Number.parseFloat(text)'],
  ['number', CORE, 'const text = amount.toFixed(2)'],
  ['number', CORE, 'f() // tidy-allow: number of another line\nconst amount = Number(text)'],
  ['parameters', CORE, 'export const f = (a, b, c) => a'],
  ['parameters', CORE, 'export interface Port { submit(a: string, b: string, c: string): void }'],
  ['parameters', CORE, 'export function f(tx, a, b, c) {}'],
  ['function-lines', CORE, body(69)],
  ['file-lines', CORE, lines(301)],
  ['file-lines', 'packages/core/src/money.test.ts', lines(601)],
  ['file-name', 'packages/core/src/bookKeeping.ts', ''],
  ['file-name', 'packages/core/src/book_keeping.ts', ''],
  ['words', CORE, '// TODO later'],
  ['words', 'docs/guide.md', 'A stub.'],
  ['words', CORE, '// an assistant'],
  ['session', 'README.md', 'In this session'],
  ['machine-path', 'README.md', 'See /root/x.'],
  ['lockfile-host', 'pnpm-lock.yaml', '  tarball: https://example.test/x.tgz'],
]

/** File and text that break nothing. */
const FINE: [file: string, text: string][] = [
  [CORE, body(68)],
  [CORE, lines(300)],
  ['packages/core/src/money.test.ts', `${lines(500)}Date.now(); class A {}; Number('1')`],
  ['packages/testing/src/clock.ts', 'Date.now(); setTimeout(next, 1); process.env.X; Number(x)'],
  [
    'packages/core/src/spec/errors.ts',
    'export class ProviderError extends Error { constructor(a, b, c) { super() } }',
  ],
  ['packages/core/src/platform/node.ts', 'Date.now(); setTimeout(next, 1)'],
  [CORE, 'export function f(a, b, { c, d }) {}\nexport function g(a: A, b: B, options: RunOptions) {}'],
  [CORE, 'export function f(tx, a, b, { c }) {}'],
  [CORE, 'export function f(tx, a, b) {}\nitems.reduce((sum, item, index) => sum, 0)'],
  [CORE, 'const at = new Date(text)'],
  [CORE, 'export function send({ fetch }) { return fetch(url) }'],
  [CORE, 'const blocks = Number(height) // tidy-allow: number a block height'],
  [CORE, '// tidy-allow: number a block height\nconst blocks = Number(height)'],
  [CORE, '// Date.now() and Number() in a comment'],
  ['packages/core/src/rails/payouts/submit.job.ts', ''],
  ['packages/storage-postgres/src/migrate.ts', '// no session state'],
  ['README.md', 'https://example.test/home/x'],
]

test.each(VIOLATIONS)('%s is found in %s: %s', (rule, path, text) => {
  expect(tidy([{ path, text }]).map((finding) => finding.rule)).toEqual([rule])
})

test.each(FINE)('nothing is found in %s: %s', (path, text) => {
  expect(tidy([{ path, text }])).toEqual([])
})

test('a finding names its line', () => {
  expect(tidy([{ path: CORE, text: '\n\nconst at = Date.now()\n' }])).toMatchObject([{ file: CORE, line: 3 }])
})
