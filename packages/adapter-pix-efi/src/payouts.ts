import { type PayoutProvider, ProviderError } from '@lastro/core/spec'
import { readBalance } from './balance.ts'
import type { EfiClient } from './client.ts'
import { checkDestination } from './destination.ts'
import { END_TO_END_ID, idEnvioOf } from './id-envio.ts'
import { BRL, PROVIDER } from './map.ts'
import type { Settings } from './options.ts'
import { findSent } from './sent.ts'
import { submit } from './submit.ts'

/** Sends Pix to keys and bank accounts. `providerRef` is always Efí's `idEnvio`: our key without `_` and `-`. */
export function createPayouts(client: EfiClient, settings: Settings): Required<PayoutProvider> {
  return {
    specVersion: 1,
    assets: [BRL],
    destinations: ['pix_key', 'bank_account'],
    conclusiveAfterMs: settings.conclusiveAfterMs,
    concurrency: settings.concurrency,
    submit: (request) => submit({ client, settings }, request),
    async find({ idempotencyKey, providerRef, signal }) {
      const idEnvio = idEnvioOf(idempotencyKey)
      // A key Efí cannot hold was refused by `submit` before anything was sent.
      if (idEnvio === null) return null
      let sent = await findSent(client, { idEnvio, signal })
      if (sent === null && providerRef !== undefined && END_TO_END_ID.test(providerRef)) {
        sent = await findSent(client, { idEnvio, endToEndId: providerRef, signal })
      }
      return sent === null ? null : { idempotencyKey, ...sent }
    },
    async balance(asset) {
      if (asset === BRL) return readBalance(client)
      throw new ProviderError({
        provider: PROVIDER,
        kind: 'invalid_request',
        message: `there is no balance in ${asset}.`,
      })
    },
    // A key Efí cannot hold is never sent, so its ref only has to be none that Efí could tell.
    refFor: (idempotencyKey) => idEnvioOf(idempotencyKey) ?? idempotencyKey,
    checkDestination: (destination) => checkDestination(destination, settings),
  }
}
