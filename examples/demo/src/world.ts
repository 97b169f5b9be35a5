/** The world of the demo, all of it on this machine: a database in the process, a chain and a bank on loopback. */
import { PGlite } from '@electric-sql/pglite'
import { evm } from '@lastro/adapter-chains/evm'
import { createKeystore, localKeystore } from '@lastro/adapter-chains/keystore'
import { efi } from '@lastro/adapter-pix-efi'
import { fixedRates } from '@lastro/adapter-rates'
import { type ChainAssetRow, createLastro, type Money, systemClock } from '@lastro/core'
import { pglite } from '@lastro/storage-postgres'
import { deployErc20, startAnvil } from '@lastro/testing/anvil'
import { createFakeEfi } from '@lastro/testing/efi'

const WEBHOOK_SECRET = 'demo-webhook-secret-0001'
const PASSPHRASE = 'only for this demo'
const POLYGON_CHAIN_ID = 137

/** Starts everything, wires a Lastro on it, and lets one worker run. */
export async function startWorld() {
  const receiver: { call?: (request: Request) => Promise<Response> } = {}
  const [chain, { bank, server }, database, keystore] = await Promise.all([
    startChain(),
    // Efí calls the host's address; here the call goes straight into the engine, as a host's server would hand it on.
    startBank(async (request) => receiver.call?.(request) ?? new Response(null, { status: 503 })),
    PGlite.create(),
    createKeystore({ passphrase: PASSPHRASE }),
  ])
  const { certificates } = server
  const lastro = createLastro({
    storage: pglite(database),
    providers: {
      polygon: evm({ network: 'polygon', rpcUrl: chain.anvil.url, tokens: [chain.usdc] }),
      keys: localKeystore({ json: keystore, passphrase: PASSPHRASE }),
      efi: efi({
        environment: 'homologation',
        baseUrl: server.url,
        ...bank.credentials,
        certificate: { ...certificates.client, ca: certificates.ca },
        pixKey: bank.keys[0] ?? '',
        webhook: { mode: 'hmac', secrets: [WEBHOOK_SECRET], allowedAddresses: [] },
        clock: systemClock,
      }),
      rates: fixedRates({
        rates: { 'POL.polygon/18': { 'BRL/2': '2.4871' }, 'USDC.polygon/6': { 'BRL/2': '5.3312' } },
        clock: systemClock,
      }),
    },
    // The demo is in a hurry; a real host leaves these at their defaults.
    onchain: { chains: { polygon: { pollMs: 250 } }, freeAddresses: 4 },
    payouts: { askBaseMs: 500 },
    worker: { pollMs: 100 },
  })
  receiver.call = (request) => lastro.http.fetch(request)
  await lastro.migrate()
  await lastro.worker.start()

  const stop = async () => {
    await lastro.close()
    bank.close()
    await server.close()
    await chain.anvil.stop()
    await database.close()
  }
  return { lastro, bank, pay: chain.pay, mine: () => chain.anvil.mine(), stop }
}

/** What `startWorld` starts. */
export type World = Awaited<ReturnType<typeof startWorld>>

/** A real EVM node that believes it is Polygon, with a dollar token on it. */
async function startChain() {
  const anvil = await startAnvil({ chainId: POLYGON_CHAIN_ID, slotsInAnEpoch: 1 })
  const token = await deployErc20(anvil, { decimals: 6 })
  const asset = 'USDC.polygon/6'
  const usdc: ChainAssetRow = { asset, network: 'polygon', symbol: 'USDC', contract: token.address }
  /** A customer's wallet pays: native value, or the token. The next block holds it. */
  const pay = async ({ to, amount }: { to: string; amount: Money }) => {
    if (amount.asset !== asset) return anvil.send({ to, value: amount.amount, gas: 21_000n })
    const customer = anvil.accounts[1] ?? ''
    await token.mint(customer, amount.amount)
    await anvil.mine()
    return token.transfer({ from: customer, to, amount: amount.amount })
  }
  return { anvil, usdc, pay }
}

/** A fake Efí that listens with mutual TLS, and keeps a balance. */
async function startBank(deliver: (request: Request) => Promise<Response>) {
  const webhookUrl = `https://desk.example/webhooks/efi?hmac=${WEBHOOK_SECRET}&ignorar=`
  const bank = createFakeEfi({ timers: 'real', settleAfterMs: 300, webhookUrl, deliver })
  return { bank, server: await bank.server() }
}
