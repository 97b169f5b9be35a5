import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

it('shows the example that runs, word for word', () => {
  const shown = /<!-- proving\.test\.ts -->\n```ts\n(.*?)```/s.exec(read('../README.md'))?.[1]
  expect(shown).toBe(read('./proving.test.ts'))
})
