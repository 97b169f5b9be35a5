/** What the distribution installed of PostgreSQL, such as Debian and Ubuntu do. */
import { existsSync, readdirSync } from 'node:fs'

const ROOT = '/usr/lib/postgresql'
/** The oldest version that Lastro supports. */
const OLDEST = 15

/** The folders of its programs, the newest version first. */
export function installedFolders(): readonly string[] {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).map(Number) : []
  return versions.sort((one, other) => other - one).map((version) => `${ROOT}/${version}/bin`)
}

/** A server to measure on: an installed one, which is compiled for speed as those that people run are. */
export function installedServer(): string | undefined {
  return installedFolders().find(
    (folder) => existsSync(`${folder}/postgres`) && Number(folder.split('/').at(-2)) >= OLDEST,
  )
}
