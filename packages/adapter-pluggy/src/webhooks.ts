import type { WebhookSource } from '@lastro/core/spec'
import type { PluggyClient } from './client.ts'
import { EVENT_TYPES } from './events.ts'
import { lookUp } from './look-up.ts'
import type { Settings } from './options.ts'
import { register } from './register.ts'
import { translate } from './translate.ts'
import { MAX_BODY_BYTES, verify } from './verify.ts'

/** What the port has here: any 2xx is fine with Pluggy, so nothing special is acknowledged. */
export type PluggyWebhooks = Required<Omit<WebhookSource, 'acknowledge'>>

/** Deliveries from Pluggy. */
export function createWebhooks(client: PluggyClient, settings: Settings): PluggyWebhooks {
  return {
    specVersion: 1,
    maxBodyBytes: MAX_BODY_BYTES,
    eventTypes: EVENT_TYPES.map(({ type, does, becomes }) => ({ type, does, becomes })),
    verify: async (delivery) => verify(delivery, settings),
    translate,
    lookUp: (event, options) => lookUp(event, { client, signal: options?.signal }),
    register: (options) => register({ client, settings }, options),
  }
}
