import type { RawDelivery, WebhookSource } from '@lastro/core/spec'
import type { BankClient } from './client.ts'
import { lookUp } from './look-up.ts'
import type { Settings } from './options.ts'
import { RESOURCES } from './resources.ts'
import { translate } from './translate.ts'
import { MAX_BODY_BYTES, verify } from './verify.ts'

/** What the port has here. The address is registered with dynamic client registration, so there is no `register`. */
export type OpenFinanceWebhooks = Required<Omit<WebhookSource, 'register'>>

const HEADER = 'x-webhook-interaction-id'

/** 202 with the attempt's own id, as every notification wants it. What is no id is not sent back. */
function acknowledge({ headers }: RawDelivery): ReturnType<OpenFinanceWebhooks['acknowledge']> {
  const id = headers[HEADER]
  const isId = id !== undefined && /^[a-zA-Z0-9][a-zA-Z0-9-]{0,99}$/.test(id)
  return isId ? { status: 202, headers: { [HEADER]: id } } : { status: 202 }
}

/** Notifications from institutions. */
export function createWebhooks(clients: readonly BankClient[], settings: Settings): OpenFinanceWebhooks {
  return {
    specVersion: 1,
    maxBodyBytes: MAX_BODY_BYTES,
    eventTypes: RESOURCES.map(({ type, does, becomes }) => ({ type, does, becomes })),
    verify: async (delivery) => verify(delivery, settings),
    translate,
    lookUp: (event, options) => lookUp(event, { clients, settings, signal: options?.signal }),
    acknowledge,
  }
}
