import type { Secret, WebhookSource } from '@lastro/core/spec'
import { createClient } from './client.ts'
import { EVENT_TYPES } from './event-types.ts'
import { lookUp } from './look-up.ts'
import type { Settings } from './options.ts'
import { translate } from './translate.ts'
import { createVerify, MAX_BODY_BYTES } from './verify.ts'

const hasKey = (settings: Settings): settings is Settings & { readonly apiKey: Secret } =>
  settings.apiKey !== undefined

/** Deliveries from Stripe. Without a key nothing can be looked up, and then the port has no `lookUp`. */
export function createWebhooks(settings: Settings): WebhookSource {
  const verify = createVerify(settings)
  const client = hasKey(settings) ? createClient(settings) : null
  return {
    specVersion: 1,
    maxBodyBytes: MAX_BODY_BYTES,
    eventTypes: EVENT_TYPES,
    verify: async (delivery) => verify(delivery),
    translate,
    ...(client === null ? {} : { lookUp: (event, options) => lookUp(client, event, options) }),
  }
}
