import type { WebhookSource } from '@lastro/core/spec'
import type { HeleketClient } from './client.ts'
import { EVENT_TYPES } from './event-types.ts'
import { lookUp } from './look-up.ts'
import type { Settings } from './options.ts'
import { translate } from './translate.ts'
import { MAX_BODY_BYTES, verify } from './verify.ts'

/** What the port has here. Nothing is registered: the address stands in each invoice, wallet and payout. */
export type HeleketWebhooks = Omit<WebhookSource, 'lookUp' | 'register' | 'acknowledge'> &
  Required<Pick<WebhookSource, 'lookUp'>>

/** Deliveries from Heleket. */
export function createWebhooks(client: HeleketClient, settings: Settings): HeleketWebhooks {
  return {
    specVersion: 1,
    maxBodyBytes: MAX_BODY_BYTES,
    eventTypes: EVENT_TYPES,
    verify: async (delivery) => verify(delivery, settings),
    translate,
    lookUp: (event, options) => lookUp(event, { client, settings, signal: options?.signal }),
  }
}
