'use strict'
// Starts `pnpm run inner:<task>` on a machine that may have nothing but an old Node and npm.
// Needs no dependency and runs on Node 14.18 or later. A tool found on the machine is used; a missing one is
// fetched once into .toolchain/.
const { spawnSync } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')

const NODE = '24.21.0'
const PNPM = '12.21.0'
const MIN = [22, 19]

const root = path.resolve(__dirname, '..')
const tools = path.join(root, '.toolchain')
const win = process.platform === 'win32'
const mac = process.platform === 'darwin'
const exe = win ? '.exe' : ''
const started = Date.now()
const say = (text) =>
  process.stderr.write(`[launch ${((Date.now() - started) / 1000).toFixed(1)}s] ${text}\n`)
const [task, ...rest] = process.argv.slice(2)

/** Runs a program in the foreground and answers its exit code. A quiet one leaves standard output to the task. */
function run([command, ...args], options = {}) {
  const done = spawnSync(command, args, {
    cwd: options.cwd || root,
    env: options.env || process.env,
    shell: win && (command === 'npm' || command === 'pnpm'),
    stdio: ['inherit', options.quiet ? 2 : 1, 2],
  })
  if (done.error) say(`${command}: ${done.error.message}`)
  return done.error || done.status === null ? 1 : done.status
}

/** The environment of the child: our tools first, and none of the settings of the npm that started us. */
function environment(binaries) {
  const env = { ...process.env, npm_config_user_agent: '' }
  const leaked =
    /^npm_(execpath|node_execpath|package_|lifecycle_|config_(prefix|local_prefix|global_prefix))/i
  for (const name of Object.keys(env)) if (leaked.test(name)) delete env[name]
  const key = Object.keys(env).find((name) => /^path$/i.test(name)) || 'PATH'
  env[key] = [...binaries.filter(path.isAbsolute).map((file) => path.dirname(file)), env[key]].join(
    path.delimiter,
  )
  return env
}

/** True when the pnpm on PATH has the major version we use. */
function pnpmOnPath(nodeBin) {
  const env = {
    ...environment([nodeBin]),
    COREPACK_ENABLE_NETWORK: '0',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  }
  const probe = spawnSync('pnpm', ['--version'], {
    cwd: root,
    env,
    encoding: 'utf8',
    shell: win,
    timeout: 20000,
  })
  return probe.status === 0 && probe.stdout.trim().split('.')[0] === PNPM.split('.')[0]
}

/** Paths of Node and pnpm, fetching what is missing. */
function findTools() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const nodeOk = major > MIN[0] || (major === MIN[0] && minor >= MIN[1])
  const nodePkg = `${mac && process.arch === 'arm64' ? 'node-bin' : 'node'}-${win ? 'win' : process.platform}-${process.arch}`
  const pnpmPkg = `@pnpm/exe.${process.platform}-${process.arch}`
  const nodeBin = nodeOk ? process.execPath : path.join(tools, 'node_modules', nodePkg, 'bin', `node${exe}`)
  const pnpmBin = path.join(tools, 'node_modules', ...pnpmPkg.split('/'), `pnpm${exe}`)
  const hasNode = fs.existsSync(nodeBin)
  const hasPnpm = fs.existsSync(pnpmBin)
  if (hasNode && hasPnpm) return { nodeBin, pnpmBin }
  if (nodeOk && pnpmOnPath(nodeBin)) return { nodeBin, pnpmBin: 'pnpm' }
  fetchTools([`${pnpmPkg}@${PNPM}`, ...(nodeOk ? [] : [`${nodePkg}@${mac ? '24' : NODE}`])])
  return { nodeBin, pnpmBin }
}

function fetchTools(wanted) {
  say(`one-time download of ${wanted.join(' and ')}`)
  fs.mkdirSync(tools, { recursive: true })
  fs.writeFileSync(path.join(tools, 'package.json'), '{"private":true}\n')
  const flags = [
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--fetch-retries=1',
  ]
  if (run(['npm', 'install', ...flags, ...wanted], { cwd: tools, quiet: true }) === 0) return
  say(`download failed. Install Node >= 24 and pnpm ${PNPM}, then: pnpm install && pnpm run inner:${task}`)
  process.exit(1)
}

/** Every file whose change asks for a new `pnpm install`. */
function installInputs() {
  const packages = ['packages', 'examples'].flatMap((folder) => {
    const parent = path.join(root, folder)
    const names = fs.existsSync(parent) ? fs.readdirSync(parent).sort() : []
    return names.map((name) => path.join(parent, name, 'package.json'))
  })
  const shared = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((name) =>
    path.join(root, name),
  )
  return [...shared, ...packages].filter((file) => fs.existsSync(file))
}

function installWhenStale({ nodeBin, pnpmBin }, env) {
  const stamp = path.join(root, 'node_modules', '.launch-stamp')
  const hashOf = () =>
    installInputs()
      .reduce((hash, file) => hash.update(fs.readFileSync(file)), crypto.createHash('sha256').update(nodeBin))
      .digest('hex')
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hashOf()) return
  say('pnpm install')
  const code = run([pnpmBin, 'install', '--frozen-lockfile'], { env, quiet: true })
  if (code) process.exit(code)
  fs.writeFileSync(stamp, hashOf())
}

const tool = findTools()
const env = environment([tool.nodeBin, tool.pnpmBin])
installWhenStale(tool, env)
process.exit(run([tool.pnpmBin, '--silent', 'run', `inner:${task}`, ...rest], { env }))
