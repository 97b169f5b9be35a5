import type { PgliteDatabase } from '../executors/pglite.ts'
import type { Listen } from './wakes.ts'

/** Listens on the one connection that a PGlite database is. */
export function listenOnPglite(database: PgliteDatabase, channel: string): Listen {
  return (wake) => {
    const subscription = database.listen(channel, wake)
    // Without it polling still finds every job.
    subscription.catch(() => {})
    return () => {
      subscription.then((end) => end()).catch(() => {})
    }
  }
}
