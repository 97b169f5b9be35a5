import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LastroError } from '@lastro/core/storage'

interface Held {
  readonly path: string
  count: number
}

/** Which databases this process holds. Two storages on one PGlite are one opener. */
const heldByDatabase = new WeakMap<object, Held>()
const heldPaths = new Set<string>()

/** A takeover is a matter of milliseconds; what is older was left by a process that died in it. */
const TAKEOVER_MS = 5_000

/**
 * Keeps other processes out of a database's folder until the returned function is called. A lock whose process is
 * gone is taken over.
 * @throws LastroError `storage_in_use`
 */
export function lockDatabase(
  database: { readonly dataDir?: string | undefined },
  lockFile?: string,
): () => void {
  const path = lockFile === undefined ? lockPathOf(database.dataDir) : resolve(lockFile)
  if (path === null) return () => {}
  let held = heldByDatabase.get(database)
  if (held === undefined) {
    if (heldPaths.has(path))
      throw new LastroError('storage_in_use', { holder: `this process, ${process.pid}` })
    take(path)
    heldPaths.add(path)
    held = { path, count: 0 }
    heldByDatabase.set(database, held)
  }
  held.count += 1
  return releaseOnce(database, held)
}

function releaseOnce(database: object, held: Held): () => void {
  let isReleased = false
  return () => {
    if (isReleased) return
    isReleased = true
    held.count -= 1
    if (held.count > 0) return
    heldByDatabase.delete(database)
    heldPaths.delete(held.path)
    rmSync(held.path, { force: true })
  }
}

/** PGlite takes a path, a `file://` address, or the address of a store that is no folder. */
function lockPathOf(dataDir: string | undefined): string | null {
  if (dataDir === undefined || dataDir === '') return null
  if (dataDir.startsWith('file://')) return `${resolve(pathOf(dataDir))}.lock`
  return /^[a-z][a-z0-9+-]+:\/\//.test(dataDir) ? null : `${resolve(dataDir)}.lock`
}

/** PGlite reads `file://data` as the relative path `data`, which is no valid URL. */
function pathOf(address: string): string {
  return address.startsWith('file:///') ? fileURLToPath(address) : address.slice('file://'.length)
}

function take(path: string): void {
  if (createLock(path)) return
  const holder = holderOf(path)
  if (holder !== null && isAlive(holder))
    throw new LastroError('storage_in_use', { holder: `process ${holder}` })
  const takeover = `${path}.takeover`
  if (ageOf(takeover) > TAKEOVER_MS) rmSync(takeover, { force: true })
  // Of many processes that find the same stale lock, one removes it: a second one would remove the first one's new lock.
  if (!createLock(takeover))
    throw new LastroError('storage_in_use', { holder: 'another process, just starting' })
  try {
    if (holderOf(path) === holder) rmSync(path, { force: true })
    if (!createLock(path)) throw new LastroError('storage_in_use', { holder: `process ${holderOf(path)}` })
  } finally {
    rmSync(takeover, { force: true })
  }
}

/** False when the file is there. It appears with its content: a process id half written would look stale. */
function createLock(path: string): boolean {
  const aside = `${path}.${process.pid}`
  writeFileSync(aside, `${process.pid}\n`)
  try {
    linkSync(aside, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function holderOf(path: string): number | null {
  try {
    const holder = Number.parseInt(readFileSync(path, 'utf8'), 10)
    return Number.isNaN(holder) ? null : holder
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  // Our own id in a file that we did not write: a process before us had it, as in a container that started again.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function ageOf(path: string): number {
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  // tidy-allow: clock the age of a file is by the machine's clock, which dated it
  return modified === undefined ? 0 : Date.now() - modified
}
