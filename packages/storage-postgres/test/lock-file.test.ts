import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pglite } from '../src/index.ts'
import { lockDatabase } from '../src/lock-file.ts'

let home: string
const children: ChildProcess[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lastro-lock-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(home, { recursive: true, force: true })
})

const lockOf = (name: string) => join(home, `${name}.lock`)
const database = (name = 'data') => ({ dataDir: join(home, name) })
const inUse = (holder: unknown) => expect.objectContaining({ code: 'storage_in_use', details: { holder } })

/** Another process that does nothing. */
async function someProcess(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'])
  children.push(child)
  await once(child.stdout, 'data')
  return child as ChildProcess & { readonly pid: number }
}

test('the lock stands beside the folder, names this process, and goes when released', async () => {
  const release = lockDatabase(database())
  expect(await readFile(lockOf('data'), 'utf8')).toBe(`${process.pid}\n`)
  expect(await readdir(home)).toEqual(['data.lock'])
  release()
  release()
  expect(await readdir(home)).toEqual([])
})

test('a folder that a living process holds is refused', async () => {
  const other = await someProcess()
  await writeFile(lockOf('data'), `${other.pid}\n`)
  expect(() => lockDatabase(database())).toThrow(inUse(`process ${other.pid}`))
  expect(await readFile(lockOf('data'), 'utf8')).toBe(`${other.pid}\n`)
})

test('the lock of a process that is gone is taken over', async () => {
  const other = await someProcess()
  other.kill('SIGKILL')
  await once(other, 'exit')
  await writeFile(lockOf('data'), `${other.pid}\n`)
  lockDatabase(database())()
})

test('a lock with our own id that we did not write was left by a process before us', async () => {
  await writeFile(lockOf('data'), `${process.pid}\n`)
  lockDatabase(database())()
})

test('two openers in this process are refused; two storages on one opener are not', () => {
  const one = database()
  const first = lockDatabase(one)
  const second = lockDatabase(one)
  expect(() => lockDatabase(database())).toThrow(inUse(`this process, ${process.pid}`))
  first()
  expect(() => lockDatabase(database())).toThrow(inUse(`this process, ${process.pid}`))
  second()
  lockDatabase(database())()
})

test('of many processes that find a lock of the dead, one takes it over', async () => {
  await writeFile(lockOf('data'), '999999999\n')
  const source = new URL('../src/lock-file.ts', import.meta.url).href
  const program = `
    const { lockDatabase } = await import(${JSON.stringify(source)})
    process.stdin.once('data', () => {
      try { lockDatabase({ dataDir: ${JSON.stringify(join(home, 'data'))} }); console.log('mine') }
      catch (error) { console.log(error.code) }
    })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const racers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--conditions=@lastro/source', '--input-type=module', '-e', program]),
  )
  children.push(...racers)
  await Promise.all(racers.map((racer) => once(racer.stdout, 'data')))
  const answers = racers.map(async (racer) => String((await once(racer.stdout, 'data'))[0]).trim())
  for (const racer of racers) racer.stdin.write('go\n')
  expect((await Promise.all(answers)).sort()).toEqual([
    'mine',
    'storage_in_use',
    'storage_in_use',
    'storage_in_use',
  ])
}, 60_000)

test.each([undefined, '', 'memory://', 'idb://data', 'opfs-ahp://data'])(
  'no folder, no lock: %s',
  async (dataDir) => {
    lockDatabase({ dataDir })()
    expect(await readdir(home)).toEqual([])
  },
)

test('the forms of a path that PGlite takes, and a path of your own', async () => {
  lockDatabase({ dataDir: `file://${join(home, 'a')}` })
  lockDatabase({ dataDir: join(home, 'b/') })
  lockDatabase({ dataDir: 'memory://' }, join(home, 'c'))
  expect((await readdir(home)).sort()).toEqual(['a.lock', 'b.lock', 'c'])
})

test('a storage on a folder holds the lock until it is closed', async () => {
  const opened = await PGlite.create(join(home, 'data'))
  const storage = pglite(opened)
  expect(() => pglite({ ...database(), query: opened.query } as never)).toThrow(inUse(expect.any(String)))
  await storage.close()
  pglite(opened)
  await opened.close()
})
