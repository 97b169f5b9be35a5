/** Serves the desk and runs its jobs, until told to stop. `--sandbox` brings its own chain, bank and database. */
import { createApp } from './app.ts'
import { readConfig } from './config.ts'
import { openDesk } from './lastro.ts'

const isSandbox = process.argv.includes('--sandbox')
const sandbox = isSandbox ? await (await import('./sandbox.ts')).startSandbox() : null
const config = sandbox?.config ?? readConfig()

const desk = await openDesk(config)
await desk.lastro.worker.start()
const server = createApp(desk, config).listen(config.port, () => {
  console.log(`The desk listens on http://localhost:${config.port}`)
  desk.registerWebhook().then(
    () => console.log(sandbox?.howTo ?? `Efí calls ${config.publicUrl}/webhooks/efi`),
    (error) => console.error('Efí did not take the webhook, so it will not pay:', error.message),
  )
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close()
    await desk.close()
    await sandbox?.stop()
  })
}
