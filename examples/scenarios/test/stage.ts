/** What every scenario does with its engine: lets time pass, asks what was told, and closes the books. */
import type { Lastro } from '@lastro/core'
import type { LastroStorage } from '@lastro/core/storage'
import type { TestDatabase } from '@lastro/testing/storage'
import { expect } from 'vitest'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The breaker rests in real time, which these tests do not wait for. */
export const NO_BREAKER = { failuresToOpen: 1_000_000 }

/** A delivery to the host, as it was made. */
export interface Mail {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly peer?: { readonly address?: string; readonly certificateVerified?: boolean }
}

/** What stands between a fake's webhooks and the engine. */
export type Post = ReturnType<typeof createPost>

/** Brings webhooks to the engine, or keeps them until they are delivered by hand. Remembers all of them. */
export function createPost(provider: string, engine: () => Pick<Lastro, 'webhooks'>) {
  const kept: Mail[] = []
  const all: Mail[] = []
  const bring = async ({ body, ...mail }: Mail): Promise<number> =>
    (await engine().webhooks.receive(provider, { ...mail, body: new TextEncoder().encode(body) })).status
  const post = {
    isHeld: false,
    all,
    bring,
    /** What was kept back, in the order in which it arose. */
    takeKept: () => kept.splice(0),
    async deliver(request: Request, peer?: Mail['peer']): Promise<Response> {
      const { pathname, search } = new URL(request.url)
      const headers = Object.fromEntries(request.headers)
      const mail = { url: pathname + search, headers, body: await request.text(), ...(peer && { peer }) }
      all.push(mail)
      if (!post.isHeld) return new Response(null, { status: await bring(mail) })
      kept.push(mail)
      return new Response(null, { status: 200 })
    },
  }
  return post
}

/** Shorthands over one engine. */
export function createStage(
  db: TestDatabase,
  engine: () => Pick<Lastro, 'tick' | 'events' | 'ledger' | 'audit'>,
) {
  return {
    /**
     * Lets time pass, doing what falls due at each step. Nobody helps besides. Steps begin at two seconds and double, as
     * the waits of the engine do.
     */
    async pass(ms: number, firstMs = 2_000) {
      let stepMs = firstMs
      for (let left = ms; left > 0; left -= stepMs, stepMs *= 2) {
        await db.clock.advance(Math.min(stepMs, left))
        await engine().tick()
      }
    },
    /** The types of all events about a payment, in order, without their prefix. */
    async told(subject: string) {
      const events = await engine().events.read({ limit: 1_000 })
      return events
        .filter((event) => event.subject === subject)
        .map(({ type }) => type.replace('payment.', ''))
    },
    async audits() {
      return (await engine().audit.list()).items.map(({ action }) => action)
    },
    /** Every account that is not empty. The trial balance is zero, and as much is held as the caller says. */
    async books(held = 0n): Promise<Record<string, bigint>> {
      const { ledger } = engine()
      expect(await ledger.verify()).toEqual([])
      let pending = 0n
      for (const row of await ledger.trialBalance()) {
        expect(row.debitsPosted).toEqual(row.creditsPosted)
        expect(row.debitsPending).toEqual(row.creditsPending)
        pending += row.debitsPending.amount
      }
      expect(pending).toBe(held)
      const balances: Record<string, bigint> = {}
      for (const { id } of (await ledger.accounts.list({ limit: 200 })).items) {
        const { amount } = (await ledger.balance(id)).posted
        if (amount !== 0n) balances[id] = amount
      }
      return balances
    },
  }
}

/** A storage whose process can die: from then on nothing it asks for happens. */
export function createMortal(storage: LastroStorage): { readonly storage: LastroStorage; die(): void } {
  let isDead = false
  const alive = () => {
    if (isDead) throw new Error('this process has died')
  }
  const { queue } = storage
  return {
    die: () => {
      isDead = true
    },
    storage: {
      ...storage,
      transaction: async (work, options) => {
        alive()
        return storage.transaction(work, options)
      },
      read: async (work, options) => {
        alive()
        return storage.read(work, options)
      },
      queue: {
        ...queue,
        claim: async (query) => (isDead ? [] : queue.claim(query)),
        complete: async (job) => !isDead && queue.complete(job),
        fail: async (job, failure) => !isDead && queue.fail(job, failure),
      },
    },
  }
}

/** A `fetch` through which nothing listens. */
export function unreachable(): TypeError {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  })
  return new TypeError('fetch failed', { cause: refused })
}
