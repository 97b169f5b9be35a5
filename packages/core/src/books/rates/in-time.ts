import { sleep } from '../../platform/node.ts'

/** What a call answers, or a failure once it has taken so long. The signal tells the call to stop. */
export async function inTime<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = sleep(ms, done.signal).then((): never => {
    throw new Error(`no answer within ${ms} ms`)
  })
  // Whoever loses the race may still fail: that is nobody's trouble any more.
  late.catch(() => undefined)
  try {
    return await Promise.race([call(AbortSignal.timeout(ms)), late])
  } finally {
    done.abort()
  }
}
