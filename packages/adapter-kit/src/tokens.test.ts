import { secret } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { createTokenCache, type FreshToken } from './tokens.ts'

/** A token server that answers when told to, and counts how many calls were under way at once. */
function fakeServer() {
  const calls: PromiseWithResolvers<FreshToken>[] = []
  let open = 0
  let mostOpen = 0
  return {
    calls,
    mostOpen: () => mostOpen,
    fetchToken: () => {
      const call = Promise.withResolvers<FreshToken>()
      calls.push(call)
      open += 1
      mostOpen = Math.max(mostOpen, open)
      return call.promise.finally(() => {
        open -= 1
      })
    },
    give: (index: number, expiresInMs = 3_600_000) => {
      const token = secret(`token-${index}`)
      calls[index]?.resolve({ token, expiresInMs })
      return token
    },
  }
}

function setUp() {
  const server = fakeServer()
  let nowMs = 1_000_000
  const cache = createTokenCache({ clock: { now: () => new Date(nowMs) }, fetchToken: server.fetchToken })
  return {
    server,
    cache,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('createTokenCache', () => {
  it('makes one call for many callers, and keeps the token', async () => {
    const { server, cache } = setUp()
    const waiting = [cache.get(), cache.get(), cache.get()]
    const token = server.give(0)
    expect(await Promise.all(waiting)).toEqual([token, token, token])
    expect(await cache.get()).toBe(token)
    expect(server.calls).toHaveLength(1)
  })

  it('renews thirty seconds early, once for everybody', async () => {
    const { server, cache, pass } = setUp()
    const first = cache.get()
    server.give(0)
    await first
    pass(3_569_999)
    expect(await cache.get()).toBe(await first)
    pass(1)
    const renewed = [cache.get(), cache.get()]
    const token = server.give(1)
    expect(await Promise.all(renewed)).toEqual([token, token])
    expect(server.calls).toHaveLength(2)
    expect(server.mostOpen()).toBe(1)
  })

  it('uses a short-lived token for half of its life, counted from before the call', async () => {
    const { server, cache, pass } = setUp()
    const first = cache.get()
    pass(4_000)
    server.give(0, 20_000)
    await first
    pass(5_999)
    expect(await cache.get()).toBe(await first)
    pass(1)
    void cache.get()
    expect(server.calls).toHaveLength(2)
  })

  it('tells a failure to all who waited, and asks again afterwards', async () => {
    const { server, cache } = setUp()
    const waiting = [cache.get(), cache.get()]
    server.calls[0]?.reject(new Error('down'))
    for (const call of waiting) await expect(call).rejects.toThrow('down')
    const next = cache.get()
    const token = server.give(1)
    expect(await next).toBe(token)
  })

  it('lets one caller give up without stopping the call for the others', async () => {
    const { server, cache } = setUp()
    const controller = new AbortController()
    const impatient = cache.get(controller.signal)
    const patient = cache.get()
    controller.abort(new Error('gave up'))
    await expect(impatient).rejects.toThrow('gave up')
    const token = server.give(0)
    expect(await patient).toBe(token)
    expect(server.calls).toHaveLength(1)
  })

  it('forgets a refused token, but not the one that replaced it', async () => {
    const { server, cache } = setUp()
    const first = cache.get()
    server.give(0)
    const old = await first
    cache.drop(old)
    const second = cache.get()
    const fresh = server.give(1)
    await second
    cache.drop(old)
    expect(await cache.get()).toBe(fresh)
    expect(server.calls).toHaveLength(2)
  })
})
