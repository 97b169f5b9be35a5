/** Serves the shop and runs its jobs, until told to stop. `--sandbox` brings its own bank and database. */
import { readConfig } from './config.ts'
import { serveShop } from './serve.ts'

const isSandbox = process.argv.includes('--sandbox')
const sandbox = isSandbox ? await (await import('./sandbox.ts')).startSandbox() : null
const config = sandbox?.config ?? readConfig()

const shop = await serveShop(config, { playPayer: sandbox?.playPayer })
console.log(`The shop is open: ${shop.url}`)
shop.shop.registerWebhook().then(
  () => console.log(sandbox?.howTo ?? `Efí calls ${config.publicUrl}/webhooks/efi`),
  (error) => console.error('Efí did not take the webhook, so nobody tells of payments:', error.message),
)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await shop.close()
    await sandbox?.stop()
  })
}
