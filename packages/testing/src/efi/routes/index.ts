import { recurringChargeRoutes } from '../automatic/charges.ts'
import { recurrenceRoutes } from '../automatic/routes.ts'
import { claimRoutes } from '../charges/claims.ts'
import { locationRoutes } from '../charges/locations.ts'
import { chargeReadRoutes } from '../charges/read.ts'
import { receivedRoutes } from '../charges/received.ts'
import { refundRoutes } from '../charges/refunds.ts'
import { chargeWriteRoutes } from '../charges/write.ts'
import type { Route } from '../route.ts'
import { balanceRoutes } from './balance.ts'
import { oauthRoutes } from './oauth.ts'
import { sendRoutes } from './pix-send.ts'
import { sentRoutes } from './pix-sent.ts'
import { webhookRoutes } from './webhook-config.ts'
import { resendRoutes } from './webhook-resend.ts'

/** Every route of the fake. Another part of the API is another file and another line here. */
export const ROUTES: readonly Route[] = [
  ...oauthRoutes,
  ...sendRoutes,
  ...sentRoutes,
  ...balanceRoutes,
  ...webhookRoutes,
  ...resendRoutes,
  ...chargeWriteRoutes,
  ...chargeReadRoutes,
  ...locationRoutes,
  ...receivedRoutes,
  ...refundRoutes,
  ...claimRoutes,
  ...recurrenceRoutes,
  ...recurringChargeRoutes,
]
