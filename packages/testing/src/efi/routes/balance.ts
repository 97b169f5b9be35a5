/** The account's balance: `GET /v2/gn/saldo`. */

import { formatAmount } from '../amount.ts'
import { json } from '../answers.ts'
import type { Route } from '../route.ts'

/** The balance endpoint. Nothing is ever blocked by a court or by a fraud claim here. */
export const balanceRoutes: readonly Route[] = [
  {
    operation: 'balance.read',
    method: 'GET',
    path: '/v2/gn/saldo',
    scope: 'gn.balance.read',
    run: ({ state }, call) => {
      const saldo = formatAmount(state.balance)
      if (call.query.get('bloqueios') !== 'true') return json(200, { saldo })
      return json(200, { saldo, bloqueios: { judicial: '0.00', med: '0.00', total: '0.00' } })
    },
  },
]
