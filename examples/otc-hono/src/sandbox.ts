/** Polygon and Efí on this machine: for a first look, and in part for the tests. Needs nothing and touches nothing. */
import { createKeystore } from '@lastro/adapter-chains/keystore'
import { Money } from '@lastro/core'
import { deployErc20, startAnvil } from '@lastro/testing/anvil'
import { createFakeEfi } from '@lastro/testing/efi'
import { type Config, USDC } from './config.ts'

const PORT = 3000
const WEBHOOK_SECRET = 'sandbox-webhook-secret'
const CRON_TOKEN = 'sandbox-cron-token'

/** Starts a chain and a bank that move by themselves, and a configuration for them. */
export async function startSandbox() {
  const chain = await startChain({ mining: 'auto', args: ['--block-time', '1'] })
  const bank = createFakeEfi({ timers: 'real', allowHttpWebhooks: true })
  const server = await bank.server()
  const config: Config = {
    port: PORT,
    publicUrl: `http://127.0.0.1:${PORT}`,
    addressHeader: null,
    cronToken: CRON_TOKEN,
    database: { folder: null },
    ...chain.config,
    rates: { rates: { 'POL.polygon/18': { 'BRL/2': '2.4871' }, 'USDC.polygon/6': { 'BRL/2': '5.3312' } } },
    efi: {
      environment: 'homologation',
      baseUrl: server.url,
      ...bank.credentials,
      certificate: { ...server.certificates.client, ca: server.certificates.ca },
      pixKey: bank.keys[0] ?? '',
      webhook: { mode: 'hmac', secrets: [WEBHOOK_SECRET], allowedAddresses: [] },
    },
  }
  const stop = async () => {
    await server.close()
    bank.close()
    await chain.stop()
  }
  return { config, stop, howTo: howTo(chain.url, chain.customer) }
}

/** An empty Polygon with a USDC of its own, and a customer who has both. */
export async function startChain(options: Parameters<typeof startAnvil>[0] = {}) {
  const anvil = await startAnvil({ chainId: 137, slotsInAnEpoch: 1, ...options })
  const token = await deployErc20(anvil, { decimals: 6 })
  const customer = anvil.accounts[1] ?? ''
  await token.mint(customer, Money.parse('1000', 'USDC.polygon/6').amount)
  await anvil.mine()
  const passphrase = 'only for this machine'
  const keystore = { json: await createKeystore({ passphrase, scryptN: 2 ** 14 }), passphrase }
  return {
    url: anvil.url,
    customer,
    config: {
      polygon: { rpcUrl: anvil.url, tokens: USDC.map((row) => ({ ...row, contract: token.address })) },
      keystore,
    },
    /** The customer pays; the transaction waits for the next block. */
    pay: ({ to, amount }: { to: string; amount: Money }) =>
      amount.asset === 'POL.polygon/18'
        ? anvil.send({ from: customer, to, value: amount.amount, gas: 21_000n })
        : token.transfer({ from: customer, to, amount: amount.amount }),
    mine: () => anvil.mine(),
    stop: () => anvil.stop(),
  }
}

function howTo(chainUrl: string, customer: string): string {
  return `
Sell 22 POL:

  curl -s localhost:${PORT}/quotes -H 'content-type: application/json' -H 'idempotency-key: quote-1' \\
    -d '{"give":{"amount":"22000000000000000000","asset":"POL.polygon/18"}}'

  curl -s localhost:${PORT}/trades -H 'content-type: application/json' -H 'idempotency-key: trade-1' \\
    -d '{"customer":"ana","quoteId":"QUOTE","pixKey":"52998224725","refundAddress":"${customer}"}'

  curl -s ${chainUrl} -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction",
    "params":[{"from":"${customer}","to":"ADDRESS","value":"0x1314fb37062980000"}]}'

  curl -s localhost:${PORT}/trades/TRADE
  curl -s localhost:${PORT}/trades/TRADE/timeline
  curl -s -X POST localhost:${PORT}/cron/tick -H 'authorization: Bearer ${CRON_TOKEN}'
`
}
