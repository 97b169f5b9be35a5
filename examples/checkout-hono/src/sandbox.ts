/** Efí on this machine: for a first look, and for the test with a browser. Needs nothing and touches nothing. */
import { pixIdOf } from '@lastro/adapter-pix-efi'
import type { PaymentView } from '@lastro/core'
import { createFakeEfi } from '@lastro/testing/efi'
import type { Config } from './config.ts'

const OPERATOR_PASSWORD = 'sandbox-operator'

/** Starts a bank that moves by itself, and a configuration for it. */
export async function startSandbox({ port = 3000 } = {}) {
  const bank = createFakeEfi({ timers: 'real', allowHttpWebhooks: true })
  const server = await bank.server()
  const config: Config = {
    port,
    publicUrl: `http://127.0.0.1:${port}`,
    addressHeader: null,
    operatorPassword: OPERATOR_PASSWORD,
    database: { folder: null },
    efi: {
      environment: 'homologation',
      baseUrl: server.url,
      ...bank.credentials,
      certificate: { ...server.certificates.client, ca: server.certificates.ca },
      pixKey: bank.keys[0] ?? '',
      webhook: { mode: 'hmac', secrets: ['sandbox-webhook-secret'], allowedAddresses: [] },
    },
  }
  return {
    config,
    bank,
    /** Somebody scans the code and pays it. The bank then calls the shop's webhook. */
    playPayer: ({ id }: Pick<PaymentView, 'id'>) => {
      bank.payPix(pixIdOf(id))
    },
    async stop() {
      await server.close()
      bank.close()
    },
    howTo: `
Order something, and press "Pay as the customer would" on its page.
Refunds: http://localhost:${port}/operator with the name "operator" and the password "${OPERATOR_PASSWORD}".
`,
  }
}
