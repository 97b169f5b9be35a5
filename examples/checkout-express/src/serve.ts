/** A shop that is open: its routes on a port, and its jobs. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type AppParts, createApp } from './app.ts'
import type { Config } from './config.ts'
import { createLive } from './live.ts'
import { openShop } from './shop.ts'

/** Opens the shop, listens and starts the worker. The webhook is not registered yet. */
export async function serveShop(config: Config, { playPayer }: Pick<AppParts, 'playPayer'> = {}) {
  const shop = await openShop(config)
  const live = createLive(shop.orders)
  await shop.lastro.worker.start()
  const server = createApp({ shop, live, playPayer }, config).listen(config.port)
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    shop,
    live,
    url: `http://localhost:${port}`,
    async close() {
      live.close()
      const closed = once(server, 'close')
      server.close()
      await closed
      await shop.close()
    },
  }
}
