import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { undocumented } from './docs-comments.ts'

const FILES = {
  'index.ts':
    "export { told, untold } from './a.ts'\nexport * from './b.ts'\nexport type { Untold as Renamed } from './a.ts'\n",
  'a.ts': '/** Told. */\nexport const told = 1\nexport const untold = 2\nexport interface Untold {}\n',
  'b.ts':
    '/** A type and a value may share a comment. */\nexport interface Both {}\nexport const Both = 1\n// not a doc comment\nexport function f() {}\n',
}

test('every exported name without a doc comment is found, through re-exports', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lastro-docs-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
  expect(undocumented(['index.ts'], folder)).toEqual({
    names: 5,
    missing: ['a.ts:3 untold', 'a.ts:4 Untold', 'b.ts:5 f'],
  })
})
