import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allSnippets, checkSnippets, findSnippets, MARKDOWN } from './snippets.ts'
import { listFiles, publishedPackages, readFiles, root } from './tree.ts'

const paths = listFiles()
const pages = readFiles(paths.filter((path) => MARKDOWN.test(path)))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

describe('code in the documentation', () => {
  test('is found where it stands, and left out only where it says so', () => {
    const text = [
      '# A page',
      '```ts',
      'one()',
      '```',
      '```ts no-check',
      'two()',
      '```',
      '```sh',
      'x',
      '```',
      '',
    ].join('\n')
    const source =
      '/**\n * Does.\n *\n * @example\n * three()\n * four()\n */\n/**\n * @example\n * five({ … })\n */\n'
    const files = [
      { path: 'docs/a.md', text },
      { path: 'packages/core/src/a.ts', text: source },
    ]
    expect(findSnippets(files)).toEqual([
      { file: 'docs/a.md', line: 3, code: 'one()\n' },
      { file: 'packages/core/src/a.ts', line: 5, code: 'three()\nfour()\n' },
    ])
  })

  test('compiles, and a mistake is told with its place', { timeout: 180_000 }, () => {
    const planted = [
      {
        file: 'docs/planted.md',
        line: 10,
        code: "import { efi } from '@lastro/adapter-pix-efi'\n\nefi({ nothing: 1 })\n",
      },
      {
        file: 'docs/planted.md',
        line: 20,
        code: 'await lastro.payouts.create(payout)\nawait lastro.payots.create()\n',
      },
      { file: 'docs/planted.md', line: 30, code: "import { gone } from '@lastro/core'\n" },
      { file: 'packages/core/src/planted.ts', line: 40, code: 'secret(1)\n' },
    ]
    const snippets = allSnippets(paths)
    expect(snippets.length).toBeGreaterThan(20)
    const mistakes = checkSnippets([...snippets, ...planted])
    const isPlanted = (mistake: string) => /planted\.(md|ts):/.test(mistake)
    expect(mistakes.filter((mistake) => !isPlanted(mistake))).toEqual([])
    expect(mistakes.filter(isPlanted).map((mistake) => mistake.split(' ')[0])).toEqual([
      'docs/planted.md:12',
      'docs/planted.md:21',
      'docs/planted.md:30',
      'packages/core/src/planted.ts:40',
    ])
  })

  test.each([
    ['README.md', 'examples/readme/src/host.ts'],
    ['docs/testing.md', 'examples/readme/test/lost-answer.test.ts'],
  ])('of %s is a file that runs', (page, file) => {
    const code = readFileSync(join(root, file), 'utf8')
    expect(readFileSync(join(root, page), 'utf8').includes(`\`\`\`ts\n${code}\`\`\``)).toBe(true)
  })

  test('of the host in the README has thirty lines at most', () => {
    const [host = ''] = /^```ts\n[\s\S]*?^```/m.exec(readme) ?? []
    expect(host.split('\n').length - 2).toBeLessThanOrEqual(30)
  })
})

describe('links in the documentation', () => {
  test.each(pages.map(({ path, text }) => [path, text] as const))('%s', (path, text) => {
    const broken = linksOf(text).filter((link) => !leadsSomewhere(path, link))
    expect(broken).toEqual([])
  })

  test('a broken one is found', () => {
    const [file, anchor, title, fine] = linksOf(
      '[a](gone.md) [b](README.md#gone) [c](scripts/tree.ts "gone") [d](README.md#packages)',
    )
    expect([file, anchor, title, fine].map((link) => link && leadsSomewhere('x.md', link))).toEqual([
      false,
      false,
      false,
      true,
    ])
  })
})

test('the README names every published package', () => {
  for (const { name, folder } of publishedPackages()) expect(readme).toContain(`[\`${name}\`](${folder}`)
})

interface Link {
  readonly to: string
  /** A title names a test in the file. */
  readonly title: string | undefined
}

/** Links outside of code. */
function linksOf(text: string): Link[] {
  const prose = text
    .replace(/^( *)```[\s\S]*?^\1```$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, '_'))
  return [...prose.matchAll(/\]\((?<to>[^()\s]+)(?: "(?<title>[^"]*)")?\)/g)].map(({ groups }) => ({
    to: groups?.to ?? '',
    title: groups?.title,
  }))
}

/** A relative link leads to a file, to a heading of it, and to the test that its title names. */
function leadsSomewhere(from: string, { to, title }: Link): boolean {
  if (/^[a-z]+:/.test(to)) return true
  const [path = '', anchor] = to.split('#')
  const file = path === '' ? join(root, from) : join(root, normalize(join(dirname(from), path)))
  if (!existsSync(file)) return false
  if (anchor === undefined && title === undefined) return true
  const text = readFileSync(file, 'utf8')
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slugOf(heading))
  return (anchor === undefined || headings.includes(anchor)) && (title === undefined || text.includes(title))
}

/** A heading's anchor, as code hosts make it. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}
