/** The account's balance: `GET /v2/gn/saldo`. */

import { formatAmount } from '../amount.ts'
import { json } from '../answers.ts'
import { blockedByClaims } from '../charges/claims.ts'
import type { Route } from '../route.ts'

/** The balance endpoint. Nothing is ever blocked by a court here. */
export const balanceRoutes: readonly Route[] = [
  {
    operation: 'balance.read',
    method: 'GET',
    path: '/v2/gn/saldo',
    scope: 'gn.balance.read',
    run: (context, call) => {
      const saldo = formatAmount(context.state.balance)
      if (call.query.get('bloqueios') !== 'true') return json(200, { saldo })
      const med = formatAmount(blockedByClaims(context))
      return json(200, { saldo, bloqueios: { judicial: '0.00', med, total: med } })
    },
  },
]
