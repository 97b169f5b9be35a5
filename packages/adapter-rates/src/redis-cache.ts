/** The part of a Redis client that is needed: `ioredis` fits by `call`, `redis` (node-redis) by `sendCommand`. */
export type RedisClient =
  | { call(command: string, ...parts: string[]): Promise<unknown> }
  | { sendCommand(parts: string[]): Promise<unknown> }

/** A cache of texts with an age, as the engine's option `rates.cache` wants it. */
export interface TextCache {
  get(key: string): Promise<string | null>
  set(key: string, value: string, options: { readonly ttlMs: number }): Promise<unknown>
}

/**
 * Rates kept in Redis between processes: `createLastro({ rates: { cache: redisCache(client) } })`. The client stays the
 * host's. The engine waits a quarter of a second for it and then goes on without it.
 */
export function redisCache(client: RedisClient): TextCache {
  const send = (...parts: string[]): Promise<unknown> => {
    const [command = '', ...rest] = parts
    // ioredis has a `sendCommand` too, which takes something else.
    return 'call' in client ? client.call(command, ...rest) : client.sendCommand(parts)
  }
  return {
    async get(key) {
      const value = await send('GET', key)
      return typeof value === 'string' ? value : null
    },
    set: (key, value, { ttlMs }) => send('SET', key, value, 'PX', `${Math.max(1, Math.trunc(ttlMs))}`),
  }
}
