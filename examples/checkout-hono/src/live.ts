/**
 * Tells open pages that their order changed, by server-sent events. A message says only "look again": what there is to
 * see is the page itself. So nothing secret is sent, a lost message does no harm, and a page that connects again is as
 * good as new.
 */

/** How many pages one process keeps up to date. The others look for themselves when they try again. */
const MOST_STREAMS = 1_000
/** Rounds after which a quiet stream shows that it is alive, so that no proxy cuts it. */
const ALIVE_EVERY = 15

const bytes = (text: string) => new TextEncoder().encode(text)
const OPEN = bytes('retry: 2000\n\n')
const LOOK = bytes('data: look\n\n')
const ALIVE = bytes(': alive\n\n')

/** The headers of a stream. The last one is for nginx, which else holds messages back. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const

interface Watcher {
  readonly id: string
  readonly out: ReadableStreamDefaultController<Uint8Array>
  version: number | undefined
  quiet: number
}

/** How changes are found. */
export interface LiveOptions {
  /** How often each of these orders has changed. */
  readonly versions: (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>
  /** Between two questions. Default 1 s. */
  readonly everyMs?: number
}

/** One question to the database for all pages of this process, and none while nobody looks. */
export function createLive({ versions, everyMs = 1_000 }: LiveOptions) {
  const watchers = new Set<Watcher>()
  let isRunning = false
  let timer: NodeJS.Timeout | undefined

  const round = async () => {
    timer = undefined
    isRunning = watchers.size > 0
    if (!isRunning) return
    try {
      const found = await versions([...new Set([...watchers].map(({ id }) => id))])
      for (const watcher of watchers) tell(watcher, found.get(watcher.id))
    } catch (error) {
      console.error('the orders could not be asked for:', error)
    }
    timer = setTimeout(round, everyMs)
  }

  return {
    /** How many streams are open. */
    count: () => watchers.size,
    /** A stream of the messages about one order, which begins with one. Null: too many are open. */
    open(id: string): ReadableStream<Uint8Array> | null {
      if (watchers.size >= MOST_STREAMS) return null
      let watcher: Watcher | undefined
      return new ReadableStream({
        start(out) {
          out.enqueue(OPEN)
          watcher = { id, out, version: undefined, quiet: 0 }
          watchers.add(watcher)
          if (!isRunning) void round()
        },
        cancel() {
          if (watcher) watchers.delete(watcher)
        },
      })
    },
    /** Ends every stream: a server that stops waits for them. */
    close() {
      clearTimeout(timer)
      isRunning = false
      for (const { out } of watchers) out.close()
      watchers.clear()
    },
  }
}

/** The first round tells too: something may have changed since the page was made. */
function tell(watcher: Watcher, version: number | undefined): void {
  if (version !== undefined && version !== watcher.version) {
    watcher.version = version
    watcher.quiet = 0
    watcher.out.enqueue(LOOK)
  } else if (++watcher.quiet % ALIVE_EVERY === 0) {
    watcher.out.enqueue(ALIVE)
  }
}

/** What tells pages to look again. */
export type Live = ReturnType<typeof createLive>
