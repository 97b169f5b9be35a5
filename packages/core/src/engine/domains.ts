import { createRates, type RatesDomain } from '../books/rates/index.ts'
import { createReconciliation, type ReconciliationDomain } from '../operations/reconciliation/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import { createTrades, type TradesDomain } from '../products/trades/index.ts'
import { createOnchain, type Onchain } from '../rails/onchain/index.ts'
import { createPayments, type Payments } from '../rails/payments/index.ts'
import { createPayouts, type Payouts } from '../rails/payouts/index.ts'
import { createRelayer, type Relayer } from '../rails/relayer/index.ts'
import type { Clock, Ids } from '../spec/index.ts'
import type { LastroStorage, LastroTx } from '../storage.ts'
import type { LastroOptions } from './options.ts'
import type { Wired } from './rails.ts'

/** What every domain gets. */
export interface Base {
  readonly storage: LastroStorage
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
}

/** The domains, wired to each other. */
export interface Domains {
  readonly payments: Payments<LastroTx>
  readonly payouts: Payouts<LastroTx>
  readonly onchain: Onchain<LastroTx>
  readonly relayer: Relayer<LastroTx>
  readonly rates: RatesDomain
  readonly products: TradesDomain<LastroTx>
  readonly operations: ReconciliationDomain
}

/** Rails tell products of what happened to them; products ask rails. The knot is tied here and nowhere else. */
export function wireDomains(
  base: Base,
  {
    options,
    wired,
  }: {
    options: Pick<
      LastroOptions,
      'payments' | 'payouts' | 'onchain' | 'relayer' | 'rates' | 'trades' | 'reconciliation'
    >
    wired: Wired
  },
): Domains {
  const relayer = createRelayer<LastroTx>({
    ...base,
    sources: wired.contractEvents,
    ...(options.relayer === undefined ? {} : { options: options.relayer }),
  })
  const rates = createRates({
    ...base,
    sources: wired.rateSources,
    ...(options.rates === undefined ? {} : { options: options.rates }),
  })
  const payments: Payments<LastroTx> = createPayments<LastroTx>({
    ...base,
    rails: wired.payments,
    rates,
    ...(options.payments === undefined ? {} : { options: options.payments }),
  })
  const payouts: Payouts<LastroTx> = createPayouts<LastroTx>({
    ...base,
    rails: wired.payouts,
    onPayout: (tx, payout, change) => products.onPayout(tx, payout, change),
    ...(options.payouts === undefined ? {} : { times: options.payouts }),
  })
  const onchain: Onchain<LastroTx> = createOnchain<LastroTx>({
    ...base,
    chains: wired.chains,
    rails: wired.rails,
    signer: wired.signer,
    onDeposit: (tx, deposit, change) => products.onDeposit(tx, deposit, change),
    onTransfer: (tx, transfer, change) => products.onTransfer(tx, transfer, change),
    ...(options.onchain === undefined ? {} : { options: options.onchain }),
  })
  const products = createTrades<LastroTx>({
    ...base,
    chains: wired.chains,
    rates,
    payouts,
    onchain,
    ...(options.trades === undefined ? {} : { options: options.trades }),
  })
  const operations = createReconciliation<LastroTx>({
    ...base,
    statements: wired.statements,
    payments,
    payouts,
    ...(options.reconciliation === undefined ? {} : { options: options.reconciliation }),
  })
  return { payments, payouts, onchain, relayer, rates, products, operations }
}
