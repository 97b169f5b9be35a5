/** The world of the demo, all of it on this machine: a database in the process, a chain and a bank on loopback. */
import { PGlite } from '@electric-sql/pglite'
import { evm } from '@lastro/adapter-chains/evm'
import { createKeystore, localKeystore } from '@lastro/adapter-chains/keystore'
import { efi } from '@lastro/adapter-pix-efi'
import { fixedRates } from '@lastro/adapter-rates'
import { type ChainAssetRow, createLastro, type Money, NETWORKS, systemClock } from '@lastro/core'
import { pglite } from '@lastro/storage-postgres'
import { deployErc20, startAnvil } from '@lastro/testing/anvil'
import { createFakeEfi } from '@lastro/testing/efi'

const WEBHOOK_SECRET = 'demo-webhook-secret-0001'
const POLYGON_CHAIN_ID = 137

/** Starts everything and wires a Lastro on it. */
export async function startWorld() {
  const anvil = await startAnvil({ chainId: POLYGON_CHAIN_ID, slotsInAnEpoch: 1 })
  const token = await deployErc20(anvil, { decimals: 6 })
  const usdc: ChainAssetRow = {
    asset: 'USDC.polygon/6',
    network: 'polygon',
    symbol: 'USDC',
    contract: token.address,
  }

  const bank = createFakeEfi({
    timers: 'real',
    settleAfterMs: 300,
    // Efí calls this address; here the call goes straight into the engine, as a host's server would hand it on.
    webhookUrl: `https://desk.example/webhooks/efi?hmac=${WEBHOOK_SECRET}&ignorar=`,
    deliver: (request) => lastro.http.fetch(request),
  })
  const server = await bank.server()
  const { certificates } = server

  const passphrase = 'only for this demo'
  const database = await PGlite.create()
  const lastro = createLastro({
    storage: pglite(database),
    providers: {
      polygon: evm({ network: NETWORKS.polygon, rpcUrl: anvil.url, tokens: [usdc] }),
      keys: localKeystore({ json: await createKeystore({ passphrase }), passphrase }),
      efi: efi({
        environment: 'homologation',
        baseUrl: server.url,
        ...bank.credentials,
        certificate: { ...certificates.client, ca: certificates.ca },
        pixKey: bank.keys[0] ?? '',
        webhook: { mode: 'hmac', secrets: [WEBHOOK_SECRET], allowedAddresses: [] },
        clock: systemClock,
        timeoutMs: 2_000,
      }),
      rates: fixedRates({
        rates: { 'POL.polygon/18': { 'BRL/2': '2.4871' }, 'USDC.polygon/6': { 'BRL/2': '5.3312' } },
        clock: systemClock,
      }),
    },
    onchain: { chains: { polygon: { pollMs: 250 } }, freeAddresses: 4 },
    payouts: { askBaseMs: 500 },
    worker: { pollMs: 100 },
  })
  await lastro.migrate()
  await lastro.worker.start()

  return {
    lastro,
    bank,
    /** A customer's wallet pays: native value, or the token. Answers once the transaction is in the pool. */
    async pay(payment: { to: string; amount: Money }) {
      const { to, amount } = payment
      if (amount.asset === 'POL.polygon/18') return anvil.send({ to, value: amount.amount, gas: 21_000n })
      const customer = anvil.accounts[1] ?? ''
      await token.mint(customer, amount.amount)
      await anvil.mine()
      return token.transfer({ from: customer, to, amount: amount.amount })
    },
    mine: () => anvil.mine(),
    async stop() {
      await lastro.close()
      bank.close()
      await server.close()
      await anvil.stop()
      await database.close()
    },
  }
}

/** What `startWorld` starts. */
export type World = Awaited<ReturnType<typeof startWorld>>
